// The hashed names of NSEC3 (RFC 5155 §5): SHA-1 over the name and a salt, and so many times again
// over the result and the salt.

import { hash } from 'node:crypto'

import type { Name } from '../name.ts'

/** The one hash algorithm that there is (RFC 5155 §11). */
export const NSEC3_SHA1 = 1

/** Octets of a hash. */
export const NSEC3_HASH_LENGTH = 20

/** Above this, answers count as not signed (RFC 9276 §3.2; other resolvers draw the same line). */
export const MAX_ITERATIONS = 50

/** Characters of a hash in an owner's name: Base32hex without padding (RFC 5155 §3.3). */
const LABEL_LENGTH = 32

/** A hash as a string with one code unit for each octet, in the order that `<` says. */
export type NameHash = string

/** What the hashes of a zone are made with (RFC 5155 §3.1). */
export interface HashParameters {
  /** How many times a hash is hashed again. */
  readonly iterations: number
  readonly salt: Uint8Array
}

/** Whether two sets of hashes can be compared (RFC 5155 §8.2). */
export function areAlike(a: HashParameters, b: HashParameters): boolean {
  return a.iterations === b.iterations && Buffer.compare(a.salt, b.salt) === 0
}

/** Rounds of hashing that one name takes: what it costs. */
export function roundsOf({ iterations }: HashParameters): number {
  return iterations + 1
}

/** Whether a hash is in the gap behind `owner`. The last one leads back to the first (RFC 5155 §3.1.7). */
export function isBetween(name: NameHash, owner: NameHash, next: NameHash): boolean {
  return owner < next ? owner < name && name < next : owner < name || name < next
}

export function hashName(name: Name, { iterations, salt }: HashParameters): NameHash {
  const input = Buffer.allocUnsafe(name.length + salt.length)
  input.write(name, 'latin1')
  input.set(salt, name.length)
  let digest = hash('sha1', input, 'binary')
  if (iterations === 0) return digest
  const again = Buffer.allocUnsafe(NSEC3_HASH_LENGTH + salt.length)
  again.set(salt, NSEC3_HASH_LENGTH)
  for (let i = 0; i < iterations; i++) {
    again.write(digest, 'latin1')
    digest = hash('sha1', again, 'binary')
  }
  return digest
}

/** The hash that the first label of an NSEC3 record's owner stands for; null when it is none. */
export function hashOfOwner(owner: Name): NameHash | null {
  if (owner.charCodeAt(0) !== LABEL_LENGTH) return null
  let text = ''
  let held = 0
  let bits = 0
  for (let i = 1; i <= LABEL_LENGTH; i++) {
    const digit = digitOf(owner.charCodeAt(i))
    if (digit === -1) return null
    held = ((held << 5) | digit) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    text += String.fromCharCode((held >>> bits) & 0xff)
  }
  return text
}

/** Of Base32hex in lower case, as names are. */
function digitOf(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30
  return character >= 0x61 && character <= 0x76 ? character - 0x61 + 10 : -1
}
