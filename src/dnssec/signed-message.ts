// An answer as the validator sees it: the records of its answer and authority sections in sets, each
// with the signatures over it, in canonical form. One pass over what `AnswerScan` has checked.

import type { AnswerScan } from '../wire/answer-scan.ts'
import { HEADER_LENGTH, readUint16, readUint32 } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { canonicalForm, sortRecords } from './canonical.ts'
import { type Name, readName } from './name.ts'
import type { Rrset, Rrsig, SignedMessage } from './rrset.ts'

/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
const MAX_TTL = 0x7fff_ffff

/** RDATA of RRSIG before the signer's name (RFC 4034 §3.1). */
const SIGNER_AT = 18

/** From here on sets are found by hashing: in a message there may be thousands of them. */
const MANY_SETS = 16

/** A set while it is read. */
interface Draft extends Rrset {
  ttl: number
  readonly records: Uint8Array[]
  readonly signatures: Rrsig[]
  readonly places: number[]
}

/**
 * Reads the answer that was scanned last. The message is copied, so that its memory may be used again;
 * the copy lies in a pool that many messages share: who keeps octets of it for long copies them.
 */
export function readSigned(scan: AnswerScan): SignedMessage {
  return new SignedReader(scan).read()
}

class SignedReader {
  readonly #scan: AnswerScan
  readonly #name: Name
  /** The octets from the question's end to that of the authority section. */
  readonly #copy: Uint8Array
  readonly #loose: Rrset[] = []
  #at: number
  /** The pointer that the last owner was, and the name that it led to. */
  #pointer = 0xc000 | HEADER_LENGTH
  #owner: Name
  #sets: Draft[] = []
  #index: Map<string, Draft> | null = null

  constructor(scan: AnswerScan) {
    const { bytes, start, questionEnd, authorityEnd } = scan
    this.#scan = scan
    this.#name = readName(bytes, start, start + HEADER_LENGTH)
    this.#owner = this.#name
    this.#copy = Buffer.allocUnsafe(authorityEnd - questionEnd)
    this.#copy.set(bytes.subarray(start + questionEnd, start + authorityEnd))
    this.#at = start + questionEnd
  }

  read(): SignedMessage {
    const { bytes, start, questionEnd, rcode, answerCount, authorityCount } = this.#scan
    const count = answerCount + authorityCount
    const answer = this.#section(0, answerCount)
    const authority = this.#section(answerCount, count)
    const type = readUint16(bytes, start + questionEnd - 4)
    const recordClass = readUint16(bytes, start + questionEnd - 2)
    const loose = this.#loose
    return { name: this.#name, type, class: recordClass, rcode, answer, authority, loose, count }
  }

  #section(from: number, to: number): Rrset[] {
    this.#sets = []
    this.#index = null
    for (let place = from; place < to; place++) this.#record(place)
    let hasLoose = false
    for (const set of this.#sets) {
      if (set.records.length > 1) sortRecords(set.records)
      else if (set.records.length === 0) hasLoose = true
    }
    if (!hasLoose) return this.#sets
    this.#loose.push(...this.#sets.filter(({ records }) => records.length === 0))
    return this.#sets.filter(({ records }) => records.length > 0)
  }

  /** @param place of a record, of which those before were read */
  #record(place: number): void {
    const { bytes, start, questionEnd, ttlOffsets } = this.#scan
    const at = start + ttlOffsets[place]!
    const owner = this.#readOwner(this.#at)
    const type = readUint16(bytes, at - 4)
    const recordClass = readUint16(bytes, at - 2)
    const time = readUint32(bytes, at)
    const ttl = time > MAX_TTL ? 0 : time
    const rdata = at + 6
    const end = rdata + readUint16(bytes, at + 4)
    this.#at = end

    const form = canonicalForm(type, bytes, start, rdata, end)
    const shift = start + questionEnd
    const octets = form ?? this.#copy.subarray(rdata - shift, end - shift)
    const isSignature = type === RecordType.RRSIG
    const set = this.#setOf(owner, isSignature ? readUint16(octets, 0) : type, recordClass)
    if (ttl < set.ttl) set.ttl = ttl
    set.places.push(place)
    if (isSignature) set.signatures.push(readRrsig(octets, ttl))
    else set.records.push(octets)
  }

  #readOwner(at: number): Name {
    const { bytes, start } = this.#scan
    const first = bytes[at]!
    if (first < 0xc0) {
      this.#pointer = 0
      this.#owner = readName(bytes, start, at)
    } else {
      const pointer = (first << 8) | bytes[at + 1]!
      if (pointer !== this.#pointer) {
        this.#pointer = pointer
        this.#owner = readName(bytes, start, at)
      }
    }
    return this.#owner
  }

  #setOf(owner: Name, type: number, recordClass: number): Draft {
    const sets = this.#sets
    if (this.#index !== null) return this.#setByHash(this.#index, owner, type, recordClass)
    for (let i = sets.length - 1; i >= 0; i--) {
      const set = sets[i]!
      if (set.type === type && set.class === recordClass && set.owner === owner) return set
    }
    if (sets.length >= MANY_SETS) {
      const index = new Map(sets.map((set) => [hashKey(set.owner, set.type, set.class), set]))
      this.#index = index
      return this.#setByHash(index, owner, type, recordClass)
    }
    return this.#add(owner, type, recordClass)
  }

  #setByHash(index: Map<string, Draft>, owner: Name, type: number, recordClass: number): Draft {
    const key = hashKey(owner, type, recordClass)
    let set = index.get(key)
    if (set === undefined) {
      set = this.#add(owner, type, recordClass)
      index.set(key, set)
    }
    return set
  }

  #add(owner: Name, type: number, recordClass: number): Draft {
    const set: Draft = {
      owner,
      type,
      class: recordClass,
      ttl: MAX_TTL,
      records: [],
      signatures: [],
      places: [],
    }
    this.#sets.push(set)
    return set
  }
}

function hashKey(owner: Name, type: number, recordClass: number): string {
  return `${type} ${recordClass} ${owner}`
}

/**
 * @param rdata in canonical form
 * @param ttl of the record, in seconds
 */
export function readRrsig(rdata: Uint8Array, ttl: number): Rrsig {
  const signer = readName(rdata, 0, SIGNER_AT)
  const headLength = SIGNER_AT + signer.length
  return {
    typeCovered: readUint16(rdata, 0),
    algorithm: rdata[2]!,
    labels: rdata[3]!,
    originalTtl: readUint32(rdata, 4),
    expiration: readUint32(rdata, 8),
    inception: readUint32(rdata, 12),
    keyTag: readUint16(rdata, 16),
    signer,
    signature: rdata.subarray(headLength),
    head: rdata.subarray(0, headLength),
    ttl,
  }
}
