// Where trust begins (RFC 4033 §2, RFC 4035 §4.4) and where it is suspended (RFC 7646): zones whose
// keys are known without asking anybody, and domains that count as unsigned whatever they hold.

import { type Name, parentOf, ROOT } from '../name.ts'
import type { DelegationSigner } from '../ds.ts'

/** What is known of one zone's keys: any of these that signs its DNSKEY set proves all of it. */
export interface ZoneAnchors {
  readonly zone: Name
  readonly ds: readonly DelegationSigner[]
  /** RDATA of DNSKEY records. */
  readonly keys: readonly Uint8Array[]
}

/** A domain that counts as unsigned, with all names below (RFC 7646 §2). */
export interface NegativeAnchor {
  readonly domain: Name
  /** Seconds since 1970; Infinity for a private zone, which nobody could sign for the world. */
  readonly until: number
}

export interface TrustAnchorsOptions {
  /** One for each zone. */
  readonly anchors: readonly ZoneAnchors[]
  readonly negative: readonly NegativeAnchor[]
}

/** All of it can be looked up by name; what is longest decides. */
export class TrustAnchors {
  readonly #zones: ReadonlyMap<Name, ZoneAnchors>
  /** The root's, where no zone below it has any: then nothing has to be looked up. */
  readonly #only: ZoneAnchors | null
  readonly #negative: ReadonlyMap<Name, number>

  constructor({ anchors, negative }: TrustAnchorsOptions) {
    this.#zones = new Map(anchors.map((one) => [one.zone, one]))
    this.#only = anchors.length === 1 && anchors[0]!.zone === ROOT ? anchors[0]! : null
    this.#negative = latestEnds(negative)
  }

  /** The anchors of the longest zone that the name is at or below; null when none is above it. */
  closest(name: Name): ZoneAnchors | null {
    if (this.#only !== null) return this.#only
    for (let zone = name; ; zone = parentOf(zone)) {
      const found = this.#zones.get(zone)
      if (found !== undefined) return found
      if (zone === ROOT) return null
    }
  }

  /**
   * Until when the name counts as unsigned, in seconds since 1970: a negative anchor in force is at or
   * above it, and no positive one below that, for an island of trust may lie in such a domain. 0 when it
   * does not.
   * @param now seconds since 1970
   */
  negativeUntil(name: Name, now: number): number {
    if (this.#negative.size === 0) return 0
    for (let domain = name; ; domain = parentOf(domain)) {
      const until = this.#negative.get(domain) ?? 0
      if (until > now) return until
      if (domain === ROOT || this.#zones.has(domain)) return 0
    }
  }
}

function latestEnds(negative: readonly NegativeAnchor[]): Map<Name, number> {
  const ends = new Map<Name, number>()
  for (const { domain, until } of negative) {
    ends.set(domain, Math.max(until, ends.get(domain) ?? 0))
  }
  return ends
}
