// Where an upstream is: the addresses to connect to, in the order to try them (RFC 8305 §4).

import type { UpstreamOptions } from './options.ts'

export interface AddressSource {
  /** What to try, best first and never empty; null while nothing is known. */
  addresses(): readonly string[] | null
  /**
   * Calls back once: with null when there are addresses, at once if there are some already, or with
   * what kept them from being found, for people.
   */
  whenKnown(callback: (fault: string | null) => void): void
  /** A connection to it is open, and its server is who it should be. */
  onUsed(address: string): void
  /** A connection to it could not be opened. */
  onFailed(address: string): void
}

/** The source for an upstream given by its address. */
export class StaticAddress implements AddressSource {
  readonly #addresses: readonly string[]

  constructor(address: string) {
    this.#addresses = [address]
  }

  addresses(): readonly string[] {
    return this.#addresses
  }

  whenKnown(callback: (fault: null) => void): void {
    callback(null)
  }

  onUsed(): void {}

  onFailed(): void {}
}

/** Gives each upstream its source. Sources are kept for as long as the book. */
export interface AddressBook {
  sourceFor(upstream: Pick<UpstreamOptions, 'address'>): AddressSource
}
