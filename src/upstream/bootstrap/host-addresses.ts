// Where a host is, as the bootstrap servers say: asked when a connection is wanted and what is known
// has run out. Meanwhile, and when nobody answers, what was known last goes on being used: a
// certificate decides who the server is, so an old address does no harm.

import { RecordType } from '../../wire/record-type.ts'
import type { AddressSource } from './address-source.ts'
import type { Clock } from '../clock.ts'
import { Timer, type TimerWheel } from '../timer-wheel.ts'
import type { UpstreamTransport } from '../transport.ts'
import type { AddressType } from './host-answer.ts'
import { type RaceResult, raceServers } from './server-race.ts'

/** Milliseconds that an answer is used for, whatever its TTL. */
const MIN_LIFETIME = 30_000
const MAX_LIFETIME = 86_400_000

/** Milliseconds until servers that knew nothing are asked again: doubled each time. */
const FIRST_RETRY = 250
const LAST_RETRY = 2_000

/** Of that time so much is left to chance, so that many of us do not ask at once. */
const JITTER = 0.2

/** Milliseconds that one family's addresses wait for the other's (RFC 8305 §3). */
const RESOLUTION_DELAY = 50

/** Milliseconds between look-ups because no address leads to the upstream. */
const MIN_INTERVAL = 1_000

export interface HostAddressesOptions {
  readonly host: string
  /** The bootstrap servers, at least one. */
  readonly servers: readonly UpstreamTransport[]
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** From 0 to less than 1. */
  readonly random?: () => number
}

/** What is known of one family. */
interface Family {
  readonly type: AddressType
  addresses: readonly string[]
}

export class HostAddresses implements AddressSource {
  readonly #options: HostAddressesOptions
  /** IPv6 first (RFC 8305 §4). */
  readonly #families: readonly Family[] = [
    { type: RecordType.AAAA, addresses: [] },
    { type: RecordType.A, addresses: [] },
  ]
  /** In the order to try them. */
  #order: string[] = []
  /** The address of the last good connection. */
  #winner: string | null = null
  /** Addresses where connections failed since the last that did not. */
  #failed: string[] = []
  #waiting: ((fault: string | null) => void)[] = []
  readonly #delay = new Timer(() => this.#publish())
  #underWay = 0
  #lookedUpAt = -Infinity
  #dueAt = -Infinity
  #retryAfter = 0
  #fault = 'not looked up yet'
  /** Index of the server to ask first: the last that knew. */
  #first = 0
  /** Of the look-up under way: seconds, and what the servers said that knew nothing. */
  #ttl = Infinity
  #faults: string[] = []

  constructor(options: HostAddressesOptions) {
    this.#options = options
  }

  addresses(): readonly string[] | null {
    if (this.#order.length === 0) return null
    if (this.#options.clock.now() >= this.#dueAt) this.#lookUp()
    return this.#order
  }

  whenKnown(callback: (fault: string | null) => void): void {
    if (this.#order.length > 0) {
      callback(null)
    } else if (this.#underWay === 0 && this.#options.clock.now() < this.#dueAt) {
      callback(this.#fault)
    } else {
      this.#waiting.push(callback)
      this.#lookUp()
    }
  }

  onUsed(address: string): void {
    this.#winner = address
    this.#failed = []
    this.#prefer(address)
  }

  onFailed(address: string): void {
    const at = this.#order.indexOf(address)
    if (at === -1) return
    this.#order.push(...this.#order.splice(at, 1))
    if (this.#winner === address) this.#winner = null
    if (!this.#failed.includes(address)) this.#failed.push(address)
    if (!this.#order.every((one) => this.#failed.includes(one))) return
    // It may have moved, or what we were told may be wrong: another server is asked first.
    this.#failed = []
    this.#first = (this.#first + 1) % this.#options.servers.length
    this.#dueAt = Math.min(this.#dueAt, this.#lookedUpAt + MIN_INTERVAL)
  }

  #lookUp(): void {
    if (this.#underWay > 0) return
    const { host, servers, clock, wheel } = this.#options
    const first = this.#first
    this.#lookedUpAt = clock.now()
    this.#ttl = Infinity
    this.#faults = []
    this.#underWay = this.#families.length
    for (const family of this.#families) {
      const { type } = family
      void raceServers({ host, type, servers, first, clock, wheel }).then((result) => {
        this.#onResult(family, result)
      })
    }
  }

  #onResult(family: Family, result: RaceResult): void {
    const { clock, wheel } = this.#options
    this.#underWay--
    if (result.answer !== null) {
      family.addresses = result.answer.addresses
      this.#ttl = Math.min(this.#ttl, result.answer.ttl)
      this.#first = result.server
    } else {
      this.#faults.push(result.fault)
      // Where nobody answered, what was known stands.
      if (result.denied) family.addresses = []
    }
    if (this.#underWay > 0) wheel.schedule(this.#delay, clock.now() + RESOLUTION_DELAY)
    else this.#onEnd()
  }

  #onEnd(): void {
    const { clock, wheel, host, random = Math.random } = this.#options
    wheel.cancel(this.#delay)
    const now = clock.now()
    if (this.#ttl < Infinity) {
      this.#retryAfter = 0
      const lifetime = Math.min(Math.max(this.#ttl * 1_000, MIN_LIFETIME), MAX_LIFETIME)
      this.#dueAt = now + lifetime
    } else {
      this.#retryAfter = Math.min(Math.max(this.#retryAfter * 2, FIRST_RETRY), LAST_RETRY)
      this.#dueAt = now + this.#retryAfter * (1 - JITTER * random())
      this.#fault = `no address found for ${host}: ${[...new Set(this.#faults)].join('; ')}`
    }
    this.#publish()
    if (this.#order.length === 0) this.#tell(this.#fault)
  }

  /** Puts what was found in force; a look-up that found nothing changes nothing. */
  #publish(): void {
    if (this.#ttl === Infinity) return
    const [six, four] = this.#families.map(({ addresses }) => addresses) as [string[], string[]]
    this.#order = interleave(six, four)
    this.#failed = this.#failed.filter((one) => this.#order.includes(one))
    if (this.#winner !== null) this.#prefer(this.#winner)
    this.#tell(null)
  }

  #prefer(address: string): void {
    const at = this.#order.indexOf(address)
    if (at > 0) this.#order.unshift(...this.#order.splice(at, 1))
  }

  #tell(fault: string | null): void {
    for (const callback of this.#waiting.splice(0)) callback(fault)
  }
}

/** One of each in turn (RFC 8305 §4). */
function interleave(a: readonly string[], b: readonly string[]): string[] {
  const all: string[] = []
  for (let i = 0; i < Math.max(a.length, b.length); i++)
    all.push(...a.slice(i, i + 1), ...b.slice(i, i + 1))
  return all
}
