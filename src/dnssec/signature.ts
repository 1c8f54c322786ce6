// What a signature is made over, and when it holds (RFC 4034 §3.1.5, §3.1.8.1; RFC 4035 §5.3).

import { writeUint16, writeUint32 } from '../wire/header.ts'
import { ancestorWith, countLabels, type Name } from './name.ts'
import type { Rrset, Rrsig } from './rrset.ts'

/**
 * Seconds that a clock may be wrong, ours or the signer's. Signatures live for days, and those made
 * while they are asked for begin at least as much in the past; what is over for longer is over.
 */
const MAX_SKEW = 300

/** When a signature holds. */
export const Validity = {
  Now: 0,
  Expired: 1,
  NotYet: 2,
  /** It ends before it begins (RFC 8914 §4.26). */
  Never: 3,
} as const
export type Validity = (typeof Validity)[keyof typeof Validity]

/**
 * Whether a signature holds now. Both ends belong to its life (RFC 4035 §5.3.1).
 * @param now seconds since 1970
 */
export function validityOf(sig: Rrsig, now: number): Validity {
  const life = serialDistance(sig.inception, sig.expiration)
  if (life < 0) return Validity.Never
  // A tenth of a life that is short, so that what was meant to be over soon is.
  const tenth = life / 10
  const skew = tenth < MAX_SKEW ? tenth : MAX_SKEW
  if (serialDistance(now, sig.expiration) < -skew) return Validity.Expired
  return serialDistance(sig.inception, now) < -skew ? Validity.NotYet : Validity.Now
}

/**
 * How much later the second time is, in seconds: below 0 when it is the earlier one. Times are 32 bits
 * that turn over, of which none is further than 68 years from the other (RFC 4034 §3.1.5, RFC 1982).
 */
export function serialDistance(from: number, to: number): number {
  return (to - from) | 0
}

/** @param seconds since 1970 */
export function timeText(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`
}

/** The name that was signed: the wildcard where labels are missing (RFC 4035 §5.3.2). */
export function signedOwner(owner: Name, sig: Rrsig): Name {
  return sig.labels < countLabels(owner) ? `\x01*${ancestorWith(sig.labels, owner)}` : owner
}

/** Octets of a record without its owner and RDATA: type(2) class(2) TTL(4) RDLENGTH(2). */
const FIXED_LENGTH = 10

/** Octets of what was signed. */
export function signedLength(set: Rrset, sig: Rrsig): number {
  const owner = signedOwner(set.owner, sig).length
  let length = sig.head.length
  for (const { length: rdata } of set.records) length += owner + FIXED_LENGTH + rdata
  return length
}

/**
 * Writes what was signed: RDATA of the signature up to the signature itself, then the records in
 * canonical form and order, each with the original TTL (RFC 4034 §3.1.8.1).
 * @param into must have room for `signedLength` octets
 * @returns how many were written
 */
export function writeSignedData(set: Rrset, sig: Rrsig, into: Uint8Array): number {
  const owner = signedOwner(set.owner, sig)
  const { head } = sig
  let at = 0
  for (; at < head.length; at++) into[at] = head[at]!
  for (const rdata of set.records) {
    for (let i = 0; i < owner.length; i++) into[at++] = owner.charCodeAt(i)
    writeUint16(into, at, set.type)
    writeUint16(into, at + 2, set.class)
    writeUint32(into, at + 4, sig.originalTtl)
    writeUint16(into, at + 8, rdata.length)
    at += FIXED_LENGTH
    for (let i = 0; i < rdata.length; i++) into[at++] = rdata[i]!
  }
  return at
}

/** What was signed. It lies in a pool that much else shares: who keeps it for long copies it. */
export function signedData(set: Rrset, sig: Rrsig): Uint8Array {
  const octets = Buffer.allocUnsafe(signedLength(set, sig))
  writeSignedData(set, sig, octets)
  return octets
}
