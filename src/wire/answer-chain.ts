// Whether the answer section answers the question: its records belong to the name that was asked
// for, or to one that CNAMEs lead to from there (RFC 1034 §3.6.2). Others have no business there, and
// a client that takes them would take what nobody asked for (RFC 2181 §5.4.1). Allocates nothing once
// constructed.

import { HEADER_LENGTH, readUint16 } from './header.ts'
import { isAtOrBelow, sameName, skipName } from './name.ts'
import { RecordType } from './record-type.ts'

/** Resolvers follow about a dozen CNAMEs before they give up. */
const MAX_NAMES = 64

/**
 * Comparisons of names in one message. One for each record does, when they stand in the order of
 * the chain; what needs many times more was made to cost time.
 */
const MAX_COMPARISONS = 16_384

export class AnswerChain {
  /** Offsets of the names reached so far, the first the question's. */
  readonly #names = new Uint16Array(MAX_NAMES)
  #count = 0
  #comparisons = 0
  /** Whether CNAMEs are what was asked for, which then lead nowhere (RFC 1034 §3.6.2). */
  #isAliasWanted = false
  #bytes: Uint8Array = new Uint8Array(0)
  #start = 0

  /**
   * @param from offset of the answer section, absolute as `end` is, right behind the question; its
   *   records were checked before
   * @returns false when a record belongs elsewhere, or CNAMEs lead back to where they came from
   */
  holds(bytes: Uint8Array, start: number, from: number, records: number, end: number): boolean {
    this.#bytes = bytes
    this.#start = start
    this.#names[0] = HEADER_LENGTH
    this.#count = 1
    this.#comparisons = 0
    const wanted = readUint16(bytes, from - 4)
    this.#isAliasWanted = wanted === RecordType.CNAME || wanted === RecordType.ANY
    // Mostly CNAMEs stand before what they lead to, but they need not: as long as there is a new
    // name, what was not reached yet may be now.
    for (let reached = 0; reached < this.#count; ) {
      reached = this.#count
      const missed = this.#pass(from, records, end)
      if (missed === 0) return true
      if (missed === -1) return false
    }
    return false
  }

  /** @returns how many records belong to no name reached so far; -1 for a chain that leads nowhere */
  #pass(from: number, records: number, end: number): number {
    const bytes = this.#bytes
    let missed = 0
    let at = from
    for (let i = 0; i < records; i++) {
      const nameEnd = skipName(bytes, this.#start, at, end)
      const type = readUint16(bytes, nameEnd)
      if (!isProof(type)) {
        const owner = this.#find(at, type === RecordType.DNAME)
        if (this.#comparisons > MAX_COMPARISONS) return -1
        if (owner === -1) missed++
        else if (type === RecordType.CNAME && !this.#lead(owner, nameEnd + 10)) return -1
      }
      at = nameEnd + 10 + readUint16(bytes, nameEnd + 8)
    }
    return missed
  }

  /** @param orBelow whether the record also acts on names below its owner (RFC 6672 §2.2) */
  #find(owner: number, orBelow: boolean): number {
    for (let i = this.#count - 1; i >= 0; i--) {
      const name = this.#start + this.#names[i]!
      this.#comparisons++
      const found = orBelow
        ? isAtOrBelow(this.#bytes, this.#start, name, owner)
        : sameName(this.#bytes, this.#start, name, owner)
      if (found) return i
    }
    return -1
  }

  /** Takes the target of a CNAME whose owner is the name at `index`. */
  #lead(index: number, target: number): boolean {
    const known = this.#find(target, false)
    if (known !== -1) return known > index || this.#isAliasWanted
    if (this.#count === MAX_NAMES) return false
    this.#names[this.#count++] = target - this.#start
    return true
  }
}

/** DNSSEC proves by signatures, and with records of other names, too (RFC 4035 §3.1.3). */
function isProof(type: number): boolean {
  return type === RecordType.RRSIG || type === RecordType.NSEC || type === RecordType.NSEC3
}
