// Signatures that held, so that they need no second check: what a zone says with every negative answer
// (SOA, NSEC, NSEC3), and wildcards and DNAMEs that many names are made of. Whole octets are compared:
// key, signature and all that was signed.
//
// A chained hash table of fixed width and a list through its entries, for the reason in
// pipeline/under-way.ts: a Map would grow old with what passes through it.

import { RecordType } from '../wire/record-type.ts'
import type { Dnskey } from './dnskey.ts'
import { countLabels } from './name.ts'
import type { Rrset, Rrsig } from './rrset.ts'
import { signedLength, writeSignedData } from './signature.ts'

/** Buckets, a power of two. */
const BUCKETS = 2_048

/** Sets that are longer are rare, and dear to keep. */
const MAX_LENGTH = 2_048

/** Octets of an entry besides the signature and what was signed. */
const ENTRY_OVERHEAD = 250

interface Entry {
  readonly hash: number
  readonly key: Dnskey
  readonly signature: Uint8Array
  readonly data: Uint8Array
  /** Whether it was asked for since the list came to it last. */
  isUsed: boolean
  /** The next one of its bucket. */
  next: Entry | null
  /** The one that was added after it. */
  newer: Entry | null
}

export interface HeldSignaturesOptions {
  /** Octets that all entries may take. */
  readonly memory: number
  /** 32 random bits, so that nobody outside knows which signatures share a bucket. */
  readonly seed: number
}

export class HeldSignatures {
  readonly #buckets: (Entry | null)[] = Array.from({ length: BUCKETS }, () => null)
  readonly #scratch = new Uint8Array(MAX_LENGTH)
  readonly #seed: number
  #room: number
  #oldest: Entry | null = null
  #newest: Entry | null = null

  constructor({ memory, seed }: HeldSignaturesOptions) {
    this.#room = memory
    this.#seed = seed
  }

  /** Whether the signature was checked with the key over the same set before, and held. */
  has(set: Rrset, sig: Rrsig, key: Dnskey): boolean {
    const hash = this.#hash(sig.signature)
    let entry = this.#buckets[hash & (BUCKETS - 1)] ?? null
    for (; entry !== null; entry = entry.next) {
      if (entry.hash === hash && this.#isFor(entry, set, sig, key)) {
        entry.isUsed = true
        return true
      }
    }
    return false
  }

  /**
   * Keeps that the signature held, if it is of a kind that comes again.
   * @param data what was signed; it is copied
   */
  add(set: Rrset, sig: Rrsig, key: Dnskey, data: Uint8Array): void {
    if (!comesAgain(set, sig) || data.length > MAX_LENGTH) return
    const octets = new Uint8Array(sig.signature.length + data.length)
    octets.set(sig.signature)
    octets.set(data, sig.signature.length)
    const hash = this.#hash(sig.signature)
    const bucket = hash & (BUCKETS - 1)
    const entry: Entry = {
      hash,
      key,
      signature: octets.subarray(0, sig.signature.length),
      data: octets.subarray(sig.signature.length),
      isUsed: false,
      next: this.#buckets[bucket] ?? null,
      newer: null,
    }
    this.#buckets[bucket] = entry
    this.#append(entry)
    this.#room -= lengthOf(entry)
    while (this.#room < 0) this.#dropOne()
  }

  #isFor(entry: Entry, set: Rrset, sig: Rrsig, key: Dnskey): boolean {
    if (entry.key !== key && !isSame(entry.key.rdata, key.rdata, key.rdata.length)) return false
    if (!isSame(entry.signature, sig.signature, sig.signature.length)) return false
    const length = signedLength(set, sig)
    if (entry.data.length !== length) return false
    writeSignedData(set, sig, this.#scratch)
    return isSame(entry.data, this.#scratch, length)
  }

  /** The end of a signature is as random as any other part of it. */
  #hash(signature: Uint8Array): number {
    let hash = this.#seed
    for (let at = Math.max(0, signature.length - 8); at < signature.length; at++) {
      hash = Math.imul(hash ^ signature[at]!, 0x0100_0193)
      hash ^= hash >>> 15
    }
    return hash
  }

  #append(entry: Entry): void {
    if (this.#newest === null) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  /** Drops the oldest that was not used; those that were get to the end, once. */
  #dropOne(): void {
    const entry = this.#oldest!
    this.#oldest = entry.newer
    if (this.#oldest === null) this.#newest = null
    entry.newer = null
    if (entry.isUsed) {
      entry.isUsed = false
      this.#append(entry)
      return
    }
    this.#room += lengthOf(entry)
    const bucket = entry.hash & (BUCKETS - 1)
    let before = this.#buckets[bucket]!
    if (before === entry) this.#buckets[bucket] = entry.next
    else {
      while (before.next !== entry) before = before.next!
      before.next = entry.next
    }
    entry.next = null
  }
}

function comesAgain(set: Rrset, sig: Rrsig): boolean {
  switch (set.type) {
    case RecordType.SOA:
    case RecordType.NS:
    case RecordType.NSEC:
    case RecordType.NSEC3:
    case RecordType.DNAME:
      return true
    default:
      return sig.labels < countLabels(set.owner)
  }
}

function lengthOf({ signature, data, key }: Entry): number {
  return ENTRY_OVERHEAD + signature.length + data.length + key.rdata.length
}

/** Whether the first array is as the other one's beginning. */
function isSame(a: Uint8Array, b: Uint8Array, length: number): boolean {
  if (a.length !== length) return false
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false
  return true
}
