// A proven set with its signatures as octets, to be put into messages again and again.

import { writeUint16, writeUint32 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { type Name, nameOctets, ROOT } from '../name.ts'
import type { Rrset } from '../rrset.ts'

/** Octets of a set at the most: those of denials are far smaller, and large ones are dear to keep. */
const MAX_LENGTH = 2_048

/** Octets of a record between owner and RDATA: type(2) class(2) TTL(4) RDLENGTH(2). */
const FIXED_LENGTH = 10

const POINTER = 0xc000

export class HeldSet {
  /** Records as on the wire; their owners end in room for a pointer to the zone's name. */
  readonly #octets: Uint8Array
  /** Where each record begins, those of the set first. */
  readonly #starts: readonly number[]
  /** How many of them are no signatures. */
  readonly #count: number
  /** Octets of owners before that pointer. */
  readonly #prefix: number
  /** Octets of that pointer: the root is not pointed to. */
  readonly #pointer: number

  private constructor({ owner, type, class: recordClass, records, signatures }: Rrset, zone: Name) {
    this.#prefix = owner.length - zone.length
    this.#pointer = zone === ROOT ? 1 : 2
    this.#count = records.length
    const prefix = nameOctets(owner).subarray(0, this.#prefix)
    const all = [...records, ...signatures.map(rdataOf)]
    const header = this.#prefix + this.#pointer + FIXED_LENGTH
    const octets = new Uint8Array(all.reduce((sum, { length }) => sum + header + length, 0))
    let at = 0
    this.#starts = all.map((rdata, i) => {
      const start = at
      octets.set(prefix, at)
      at += this.#prefix + this.#pointer
      writeUint16(octets, at, i < records.length ? type : RecordType.RRSIG)
      writeUint16(octets, at + 2, recordClass)
      writeUint16(octets, at + 8, rdata.length)
      octets.set(rdata, at + FIXED_LENGTH)
      at += FIXED_LENGTH + rdata.length
      return start
    })
    this.#octets = octets
  }

  /** Copies a set out of a message; null when it is too long to be kept. @param zone that signed it */
  static of(set: Rrset, zone: Name): HeldSet | null {
    let length = 0
    for (const { length: rdata } of set.records) length += rdata
    for (const { head, signature } of set.signatures) length += head.length + signature.length
    const count = set.records.length + set.signatures.length
    length += count * (set.owner.length + FIXED_LENGTH)
    return length > MAX_LENGTH ? null : new HeldSet(set, zone)
  }

  get length(): number {
    return this.#octets.length
  }

  /** Of its first record. */
  get rdata(): Uint8Array {
    const at = this.#prefix + this.#pointer + FIXED_LENGTH
    return this.#octets.subarray(at, this.#starts[1] ?? this.#octets.length)
  }

  /** Whether it holds the same single record, which is of its owner and type. */
  isOf({ records }: Rrset): boolean {
    return this.#count === 1 && records.length === 1 && isSame(this.rdata, records[0]!)
  }

  /** How many records `write` writes. */
  countOf(withSignatures: boolean): number {
    return withSignatures ? this.#starts.length : this.#count
  }

  /**
   * @param at offset in the message, which starts with `into`
   * @param zoneAt offset of the zone's name in it
   * @param ttl in seconds
   * @returns the offset behind
   */
  write(
    into: Uint8Array,
    at: number,
    zoneAt: number,
    ttl: number,
    withSignatures: boolean,
  ): number {
    const count = this.countOf(withSignatures)
    const end = this.#starts[count] ?? this.#octets.length
    for (let i = 0; i < end; i++) into[at + i] = this.#octets[i]!
    for (let i = 0; i < count; i++) {
      const behind = at + this.#starts[i]! + this.#prefix + this.#pointer
      if (this.#pointer === 2) writeUint16(into, behind - 2, POINTER | zoneAt)
      writeUint32(into, behind + 4, ttl)
    }
    return at + end
  }
}

function rdataOf({ head, signature }: Rrset['signatures'][number]): Uint8Array {
  const rdata = new Uint8Array(head.length + signature.length)
  rdata.set(head)
  rdata.set(signature, head.length)
  return rdata
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
