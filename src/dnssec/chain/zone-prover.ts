// Finds out what one name on a chain of trust is: a zone with keys, one that is not signed, or no zone.
// Whoever wants to know while somebody finds out waits for the same.

import type { ZoneAnchors } from '../anchors/trust-anchors.ts'
import { ExtendedError } from '../../wire/edns.ts'
import { RecordType } from '../../wire/record-type.ts'
import { Budget, type WorkLimits } from '../budget.ts'
import { isSupported } from '../algorithms.ts'
import { usableDs } from '../ds.ts'
import { type Name, nameText } from '../name.ts'
import type { SignedMessage } from '../rrset.ts'
import type { Source, SourceAnswer } from '../source.ts'
import { run, type Steps } from '../steps.ts'
import type { Fault } from '../verdict.ts'
import { isOverload, type Verifier } from '../verifier.ts'
import { type Delegation, DelegationReader, unsupportedFault } from './delegation.ts'
import type { ChainMetrics } from './metrics.ts'
import { bogusTrust, type SecureTrust, type Trust } from './trust.ts'
import { type EntryPoints, type ZoneKeysFound, ZoneKeysReader } from './zone-keys.ts'
import type { ZoneNode } from './zone-table.ts'

/** Seconds that something proven is kept: not asked for more often, and not believed for longer. */
const LIFE = { min: 5, max: 86_400 } as const

/** Seconds that a fault is kept, so that it costs the upstream little and is soon over (RFC 9520 §3.2). */
const FAULT_LIFE = 5

/** Seconds between questions for keys because some do not fit. */
const REFRESH_INTERVAL = 60

/** Seconds for which an answer that was asked for ahead of need is good. */
const AHEAD_LIFE = 10

/** Names whose answers are there, or asked for, before they are needed: they may have 64 KB each. */
const MAX_AHEAD = 256

/** Of these, those that are looked at for one that has been used. */
const LOOKS = 8

/** The part of a life that is left when it is renewed. */
const LAST_PART = 0.1

/** Something found out, and for how many seconds it holds. */
interface Finding {
  readonly trust: Trust
  readonly ttl: number
  readonly isEmptyBelow: boolean
}

export interface ZoneProverOptions {
  readonly source: Source
  readonly verifier: Verifier
  readonly clock: { seconds(): number }
  readonly work: WorkLimits
  readonly metrics: ChainMetrics
}

export class ZoneProver {
  readonly #options: ZoneProverOptions
  readonly #delegations: DelegationReader
  readonly #keys: ZoneKeysReader
  /** A ring of those that answers were asked for ahead of need. */
  readonly #ahead: ZoneNode[] = []
  #next = 0

  constructor(options: ZoneProverOptions) {
    this.#options = options
    this.#delegations = new DelegationReader(options.verifier)
    this.#keys = new ZoneKeysReader(options.verifier)
  }

  /**
   * Finds out about a name by what the zone above says. `node` has it then. Rejects for a fault in the
   * program alone.
   * @returns the budget that it was done on, for whoever began to see what it took
   */
  prove(node: ZoneNode, parent: SecureTrust): Promise<Budget> {
    return this.#once(node, (budget) => this.#child(node, parent, budget))
  }

  /** Proves the keys of a trust anchor's zone. */
  proveAnchor(node: ZoneNode, anchors: ZoneAnchors): Promise<Budget> {
    return this.#once(node, (budget) => this.#anchor(node, anchors, budget))
  }

  /** Asks for what will soon be needed, unless there is too much of that already. */
  askAhead(node: ZoneNode, want: { readonly ds: boolean; readonly keys: boolean }): void {
    if (node.pending !== null) return
    const now = this.#options.clock.seconds()
    if (now >= node.askedAt + AHEAD_LIFE) {
      node.ds = null
      node.keys = null
    }
    if (!node.isAhead) {
      if (!this.#makeRoom(node, now)) return
      node.askedAt = now
    }
    if (want.ds) node.ds ??= this.#ask(node.name, RecordType.DS)
    if (want.keys) node.keys ??= this.#ask(node.name, RecordType.DNSKEY)
  }

  #makeRoom(node: ZoneNode, now: number): boolean {
    const ring = this.#ahead
    if (ring.length < MAX_AHEAD) {
      ring.push(node)
      return true
    }
    for (let looks = 0; looks < LOOKS; looks++) {
      const place = this.#next
      this.#next = (place + 1) % MAX_AHEAD
      const other = ring[place]!
      if (other.isAhead && now < other.askedAt + AHEAD_LIFE) continue
      other.ds = null
      other.keys = null
      ring[place] = node
      return true
    }
    return false
  }

  #once(node: ZoneNode, find: (budget: Budget) => Promise<Finding>): Promise<Budget> {
    node.pending ??= this.#find(node, find)
    return node.pending
  }

  async #find(node: ZoneNode, find: (budget: Budget) => Promise<Finding>): Promise<Budget> {
    const { clock, work } = this.#options
    const budget = new Budget(work)
    const now = clock.seconds()
    node.refreshAt = now + REFRESH_INTERVAL
    if (now >= node.askedAt + AHEAD_LIFE) {
      node.ds = null
      node.keys = null
    }
    try {
      keep(node, await find(budget), clock.seconds())
      return budget
    } finally {
      node.pending = null
      node.ds = null
      node.keys = null
    }
  }

  async #child(
    { name, ds, keys }: ZoneNode,
    parent: SecureTrust,
    budget: Budget,
  ): Promise<Finding> {
    const delegation = await this.#read<Delegation>(name, RecordType.DS, ds, (message) =>
      this.#delegations.read(message, name, parent, budget),
    )
    if (isFaulty(delegation)) return faulty(delegation, name)
    const { kind, ttl } = delegation
    if (kind === 'none') return { trust: parent, ttl, isEmptyBelow: delegation.isEmptyBelow }
    if (kind === 'unsigned') return unsigned(delegation.fault, name, ttl)
    return await this.#zone(name, keys, { ds: delegation.ds, keys: [] }, ttl, budget)
  }

  async #anchor({ name, keys }: ZoneNode, anchors: ZoneAnchors, budget: Budget): Promise<Finding> {
    const { policy } = this.#options.verifier
    const usable = {
      ds: usableDs(anchors.ds, policy),
      keys: anchors.keys.filter((rdata) => isSupported(rdata[3]!, policy)),
    }
    if (usable.ds.length + usable.keys.length === 0) {
      const known = anchors.ds.filter(({ algorithm }) => isSupported(algorithm, policy))
      return unsigned(unsupportedFault(name, known, anchors.ds), name, LIFE.max)
    }
    return await this.#zone(name, keys, usable, LIFE.max, budget)
  }

  /** @param ttl seconds that the entry points hold */
  async #zone(
    name: Name,
    ahead: Promise<SourceAnswer> | null,
    points: EntryPoints,
    ttl: number,
    budget: Budget,
  ): Promise<Finding> {
    const found = await this.#read<ZoneKeysFound>(name, RecordType.DNSKEY, ahead, (message) =>
      this.#keys.read(message, name, points, budget),
    )
    if (isFaulty(found)) return faulty(found, name)
    if (found.kind === 'unsupported') return unsigned(found.fault, name, ttl)
    const trust: SecureTrust = { security: 'secure', zone: name, keys: found.keys }
    return { trust, ttl: Math.min(ttl, found.ttl), isEmptyBelow: false }
  }

  /**
   * Asks, and once more when the answer is bad, at another upstream if there is one.
   * @param ahead the answer, when it was asked for ahead of need
   */
  async #read<T extends object>(
    name: Name,
    type: number,
    ahead: Promise<SourceAnswer> | null,
    read: (message: SignedMessage) => Steps<T | Fault>,
  ): Promise<T | Fault> {
    const answer = await (ahead ?? this.#ask(name, type))
    if ('failure' in answer) return noAnswer(name, type, answer.failure)
    const first = await run(read(answer.message))
    if (!isFaulty(first) || isOverload(first)) return first
    const other = await this.#ask(name, type, [answer.upstream])
    if ('failure' in other) return first
    const second = await run(read(other.message))
    return isFaulty(second) ? first : second
  }

  #ask(name: Name, type: number, avoid: readonly string[] = []): Promise<SourceAnswer> {
    this.#options.metrics.questionAsked()
    return this.#options.source.ask(name, type, avoid)
  }
}

/** What was found out replaces what was known, unless that still holds and is better. */
function keep(node: ZoneNode, { trust, ttl, isEmptyBelow }: Finding, now: number): void {
  if (trust.security === 'bogus') {
    if (node.isFresh(now) && node.trust!.security !== 'bogus') {
      node.renewAt = now + FAULT_LIFE
      return
    }
    node.trust = trust
    node.expiresAt = isOverload(trust.fault) ? now : now + FAULT_LIFE
    node.renewAt = node.expiresAt
    node.isEmptyBelow = false
    return
  }
  const life = Math.max(LIFE.min, Math.min(LIFE.max, ttl))
  node.trust = trust
  node.expiresAt = now + life
  node.renewAt = node.expiresAt - life * LAST_PART
  node.isEmptyBelow = isEmptyBelow
}

function isFaulty(found: object): found is Fault {
  return 'code' in found
}

function faulty(fault: Fault, name: Name): Finding {
  return { trust: bogusTrust(fault, name), ttl: 0, isEmptyBelow: false }
}

function unsigned(fault: Fault | null, name: Name, ttl: number): Finding {
  const at = fault === null ? null : name
  return { trust: { security: 'insecure', fault, at }, ttl, isEmptyBelow: false }
}

/** RFC 4035 §4.3: whether it should be signed cannot be told. With a DS it should (RFC 8914 §4.10). */
function noAnswer(name: Name, type: number, failure: string): Fault {
  const isDs = type === RecordType.DS
  const code = isDs ? ExtendedError.DnssecIndeterminate : ExtendedError.DnskeyMissing
  return { code, text: `${nameText(name)} ${isDs ? 'DS' : 'DNSKEY'}: no answer: ${failure}` }
}
