// Negative trust anchors while the program runs (RFC 7646): workers see for themselves when one ends;
// here it is told, and what was answered under it is forgotten.

import type { Config } from '../config/config.ts'
import type { Logger } from '../observe/log.ts'
import type { Clock } from '../upstream/clock.ts'

/** Milliseconds between two looks at the most: the system's clock may be set meanwhile. */
const INTERVAL = 3_600_000

/** Domains that are forgotten one by one; when more of them change, all names are. */
const MAX_FLUSHES = 32

export interface NegativeAnchorWatchOptions {
  readonly log: Logger
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Forgets what is known of a domain and all names below. */
  readonly flush: (domain: string) => void
}

type Sections = Pick<Config, 'dnssec' | 'routes'>

export class NegativeAnchorWatch {
  readonly #options: NegativeAnchorWatchOptions
  /** By domain, in milliseconds since 1970: of those that had not ended at the last look. */
  #ends = new Map<string, number>()
  #isFirst = true
  #timer: unknown = null

  constructor(options: NegativeAnchorWatchOptions) {
    this.#options = options
  }

  /** The configuration is in force. */
  follow({ dnssec, routes }: Sections): void {
    const now = this.#options.now()
    const before = this.#ends
    const all: ReadonlyMap<string, number> =
      dnssec.mode === 'validate' ? endsOf({ dnssec, routes }) : new Map()
    const ended = [...all].filter(([, until]) => until <= now).map(([domain]) => domain)
    this.#ends = new Map([...all].filter(([, until]) => until > now))
    const changed = [
      // What a snapshot of the cache brings back may have been answered under those.
      ...(this.#isFirst ? ended : []),
      ...(this.#isFirst ? [] : [...this.#ends.keys()].filter((domain) => !before.has(domain))),
      ...[...before.keys()].filter((domain) => !this.#ends.has(domain)),
    ]
    this.#isFirst = false
    this.#flush(changed)
    this.#wait()
  }

  stop(): void {
    if (this.#timer !== null) this.#options.clock.stopTimer(this.#timer)
    this.#timer = null
  }

  #wait(): void {
    this.stop()
    const next = Math.min(...this.#ends.values())
    if (next === Infinity) return
    const { clock, now } = this.#options
    const delay = Math.min(Math.max(next - now(), 0), INTERVAL)
    this.#timer = clock.startTimer(() => this.#look(), delay)
  }

  #look(): void {
    const { now, log } = this.#options
    const ended = [...this.#ends].filter(([, until]) => until <= now()).map(([domain]) => domain)
    for (const domain of ended) {
      this.#ends.delete(domain)
      log.warn('a negative trust anchor has ended: names there are validated again', { domain })
    }
    this.#flush(ended)
    this.#wait()
  }

  #flush(domains: readonly string[]): void {
    const targets = domains.length > MAX_FLUSHES ? ['.'] : domains
    for (const domain of targets) this.#options.flush(domain)
  }
}

function endsOf({ dnssec, routes }: Sections): Map<string, number> {
  const lasting = routes.flatMap((route) => (route.dnssec === 'insecure' ? route.domains : []))
  return new Map([
    ...dnssec.negativeTrustAnchors.map(({ domain, until }) => [domain, until] as const),
    ...lasting.map((domain) => [domain, Infinity] as const),
  ])
}
