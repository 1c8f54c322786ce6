// Which group of upstreams a question goes to: that of the longest domain that its name lies below,
// or the default group. Of DS records the parent zone has the say (RFC 4035 §3.1.4.1), so that those of a
// domain itself are asked for where its parent's names are.

import { readUint16 } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { DomainTable } from './domain-table.ts'
import type { Exchange } from './exchange.ts'

/** A group of upstreams, or whoever else takes questions. */
export interface Forwards {
  /** The exchange hears once, perhaps before this returns. */
  forward(exchange: Exchange): void
  /** Whether somebody who could be asked is in use, as far as is known. */
  reachable(): boolean
  /** Whether somebody in use could be asked who is none of these. */
  hasOther(than: readonly string[]): boolean
}

export interface Route {
  /** As people write them. */
  readonly domains: readonly string[]
  readonly to: Forwards
}

/** Knows questions that we asked ourselves and that came back to us. */
export interface Turnstile {
  /** Takes the exchange, and sees to its end, when it is one that must not go on. */
  turnsBack(exchange: Exchange): boolean
}

export interface RouterOptions {
  readonly routes: readonly Route[]
  /** For names that no route takes. */
  readonly fallback: Forwards
  readonly turnstile?: Turnstile
}

const NO_ROUTE = -1

export class Router {
  readonly #table: DomainTable
  readonly #targets: readonly Forwards[]
  readonly #fallback: Forwards
  readonly #turnstile: Turnstile | null

  /** @throws RangeError when a domain is none, or stands twice */
  constructor({ routes, fallback, turnstile }: RouterOptions) {
    this.#table = new DomainTable(
      routes.flatMap(({ domains }, value) => domains.map((domain) => ({ domain, value }))),
    )
    this.#targets = routes.map(({ to }) => to)
    this.#fallback = fallback
    this.#turnstile = turnstile ?? null
  }

  forward(exchange: Exchange): void {
    if (this.#turnstile !== null && this.#turnstile.turnsBack(exchange)) return
    this.#targetFor(exchange.question.question).forward(exchange)
  }

  /** Whether a question could be asked of somebody who is in use. */
  reachable(question: Uint8Array): boolean {
    return this.#targetFor(question).reachable()
  }

  /** Whether a question could be asked of somebody in use who is none of these. */
  hasOther(question: Uint8Array, than: readonly string[]): boolean {
    return this.#targetFor(question).hasOther(than)
  }

  #targetFor(question: Uint8Array): Forwards {
    if (this.#table.size === 0) return this.#fallback
    const route = this.#table.find(nameOfZone(question))
    return route === NO_ROUTE ? this.#fallback : this.#targets[route]!
  }
}

/** What the zone is at or above that has the say. @param question its section */
function nameOfZone(question: Uint8Array): Uint8Array {
  const isDs = readUint16(question, question.length - 4) === RecordType.DS
  return isDs && question[0] !== 0 ? question.subarray(question[0]! + 1) : question
}
