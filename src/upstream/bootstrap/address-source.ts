// Where an upstream is: the addresses to connect to, in the order to try them (RFC 8305 §4).

import { isIP } from 'node:net'
import type { UpstreamOptions } from '../options.ts'

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

/** The book of whoever has no upstream with a host name. */
export const NO_HOSTS: AddressBook = {
  sourceFor({ address }) {
    if (isIP(address) !== 0) return new StaticAddress(address)
    throw new Error(`${address} is a host name, and there is no bootstrap server to resolve it`)
  },
}
