// Which of an upstream's addresses each attempt to connect goes to: no two at once to the same while
// there is another (RFC 8305 §5), and none twice before every other was tried.

import type { AddressSource } from './address-source.ts'

export class AddressChoice {
  readonly #source: AddressSource
  /** Where attempts are under way, and where they failed since the last that did not. */
  readonly #trying: string[] = []
  #failed: string[] = []

  constructor(source: AddressSource) {
    this.#source = source
  }

  /** Whether there is more than one address, or may be. */
  get several(): boolean {
    return this.#source.addresses()?.length !== 1
  }

  /** Whether there is an address that may be better than those that failed. */
  get untried(): boolean {
    return this.#source.addresses()?.some((address) => this.#isFresh(address)) ?? false
  }

  /** See `AddressSource`. */
  whenKnown(callback: (fault: string | null) => void): void {
    this.#source.whenKnown(callback)
  }

  /** An address for an attempt, which must be released or proven; null while none is known. */
  claim(): string | null {
    const addresses = this.#source.addresses()
    if (addresses === null) return null
    let address = addresses.find((one) => this.#isFresh(one))
    if (address === undefined) {
      // A round is over; in the next, all are as good as each other.
      this.#failed = []
      address = addresses.find((one) => this.#isFresh(one)) ?? addresses[0]!
    }
    this.#trying.push(address)
    return address
  }

  /** The attempt is over. */
  release(address: string, failed: boolean): void {
    this.#forget(address)
    if (!failed) return
    this.#failed.push(address)
    this.#source.onFailed(address)
  }

  /** The attempt led to the right server. */
  proven(address: string): void {
    this.#forget(address)
    this.#failed = []
    this.#source.onUsed(address)
  }

  #isFresh(address: string): boolean {
    return !this.#failed.includes(address) && !this.#trying.includes(address)
  }

  #forget(address: string): void {
    const at = this.#trying.indexOf(address)
    if (at !== -1) this.#trying.splice(at, 1)
  }
}
