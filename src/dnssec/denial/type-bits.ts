// Which types there are at a name, by the bitmap at the end of NSEC and NSEC3 (RFC 4034 §4.1.2), read
// where it stands.

import { NXNAME, RecordType } from '../../wire/record-type.ts'
import { type Name, ROOT } from '../name.ts'

/** What is at every name that has an NSEC or NSEC3, whether there are data or not. */
const PROOFS: ReadonlySet<number> = new Set([RecordType.RRSIG, RecordType.NSEC, NXNAME])

export class TypeBits {
  readonly #rdata: Uint8Array
  readonly #at: number

  /** @param at offset of the bitmap; the RDATA must have been checked by `checkRdata` */
  constructor(rdata: Uint8Array, at: number) {
    this.#rdata = rdata
    this.#at = at
  }

  has(type: number): boolean {
    const rdata = this.#rdata
    const window = type >>> 8
    const octet = (type & 0xff) >>> 3
    // window(1) length(1) bits(length), windows ascending
    for (let at = this.#at; at + 1 < rdata.length; at += 2 + rdata[at + 1]!) {
      if (rdata[at]! < window) continue
      if (rdata[at] !== window || octet >= rdata[at + 1]!) return false
      return (rdata[at + 2 + octet]! & (0x80 >>> (type & 7))) !== 0
    }
    return false
  }

  /** Of a zone cut in the parent's words: what is there and below is for another zone to say. */
  get isDelegation(): boolean {
    return this.has(RecordType.NS) && !this.has(RecordType.SOA)
  }

  /** Whether names below are none of this record's business (RFC 6840 §4.1). */
  get endsHere(): boolean {
    return this.isDelegation || this.has(RecordType.DNAME)
  }

  /** Whether the name does not exist although it has a record (RFC 9824 §3). */
  get isNoName(): boolean {
    return this.has(NXNAME)
  }

  /** Whether this denies a type at its own name (RFC 4035 §5.4, RFC 6840 §4.1, §4.3). */
  denies(name: Name, type: number): boolean {
    if (type === RecordType.DS) {
      // Only the parent knows of DS, and the root has no parent.
      if (this.has(RecordType.SOA) && name !== ROOT) return false
    } else if (this.isDelegation) return false
    if (type === RecordType.ANY) return this.#isBare()
    return !this.has(type) && !this.has(RecordType.CNAME)
  }

  /** Whether there is nothing but what proves that there is nothing. */
  #isBare(): boolean {
    const rdata = this.#rdata
    for (let at = this.#at; at + 1 < rdata.length; at += 2 + rdata[at + 1]!) {
      for (let octet = 0; octet < rdata[at + 1]!; octet++) {
        for (let bit = 0; bit < 8; bit++) {
          const type = (rdata[at]! << 8) | (octet << 3) | bit
          if (this.has(type) && !PROOFS.has(type)) return false
        }
      }
    }
    return true
  }
}
