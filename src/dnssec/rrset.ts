// Sets of records with the signatures over them (RFC 9499 §5, RFC 4034 §3): what is validated.

import type { Name } from './name.ts'

/** All records of a message's section with one owner, type and class. */
export interface Rrset {
  readonly owner: Name
  readonly type: number
  readonly class: number
  /** Seconds: the shortest of its records. */
  readonly ttl: number
  /** RDATA in canonical form and order, none twice (RFC 4034 §6.2, §6.3; RFC 6840 §5.1). */
  readonly records: readonly Uint8Array[]
  /** Those that cover this set and have its owner. */
  readonly signatures: readonly Rrsig[]
  /** Which records of the message these are, their signatures included: see `SignedMessage`. */
  readonly places: readonly number[]
}

/** A signature over a set (RFC 4034 §3.1). */
export interface Rrsig {
  readonly typeCovered: number
  readonly algorithm: number
  /** Of the owner that was signed, without a leading asterisk. */
  readonly labels: number
  /** Seconds. */
  readonly originalTtl: number
  /** Seconds since 1970 modulo 2^32, to be compared by serial number arithmetic (RFC 1982). */
  readonly expiration: number
  readonly inception: number
  readonly keyTag: number
  readonly signer: Name
  readonly signature: Uint8Array
  /** RDATA up to the signature, the signer's name in canonical form: what the signed data begin with. */
  readonly head: Uint8Array
  /** Of the RRSIG record itself, in seconds. */
  readonly ttl: number
}

/**
 * A message as the validator sees it. Records are counted from 0 over the answer and the authority
 * section, as they stand on the wire.
 */
export interface SignedMessage {
  readonly name: Name
  readonly type: number
  readonly class: number
  /** All 12 bits. */
  readonly rcode: number
  readonly answer: readonly Rrset[]
  readonly authority: readonly Rrset[]
  /**
   * Signatures over sets that their section does not hold, such as the answers to a question for
   * RRSIG: each as a set of the type covered, without records. Nothing can prove them (RFC 4035 §2.2).
   */
  readonly loose: readonly Rrset[]
  /** Records of both sections. */
  readonly count: number
}
