// The hashed names of NSEC3 (RFC 5155 §5): SHA-1 over the name and a salt, and so many times again
// over the result and the salt.

import { hash } from 'node:crypto'

import { type Name, nameOctets } from '../name.ts'

/** The one hash algorithm that there is (RFC 5155 §11). */
export const NSEC3_SHA1 = 1

/** Octets of a hash. */
export const NSEC3_HASH_LENGTH = 20

/** A hash as a string with one code unit for each octet: in the order that `<` says. */
export type NameHash = string

/** @param iterations how many times the hash is hashed again */
export function hashName(name: Name, iterations: number, salt: Uint8Array): NameHash {
  const input = Buffer.concat([nameOctets(name), salt])
  let digest = hash('sha1', input, 'buffer')
  if (iterations > 0) {
    const again = Buffer.concat([digest, salt])
    for (let i = 0; i < iterations; i++) {
      digest.copy(again)
      digest = hash('sha1', again, 'buffer')
    }
  }
  return digest.toString('latin1')
}
