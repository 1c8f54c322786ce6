// Public keys of DNSKEY records for node:crypto: raw on the wire, in DER as SubjectPublicKeyInfo
// for OpenSSL (RFC 5280 §4.1.2.7). Keys whose sizes make them weak, or dear to use, are refused.

import { createPublicKey, type KeyObject } from 'node:crypto'

import { readUint16 } from '../wire/header.ts'
import { Algorithm } from './algorithms.ts'

/** Why a key cannot be used. */
export const KeyFault = {
  /** Nobody here can check its signatures: it counts as if it were not there. */
  Algorithm: 'algorithm is not supported',
  Size: 'size is not supported',
  Malformed: 'is malformed',
} as const
export type KeyFault = (typeof KeyFault)[keyof typeof KeyFault]

/**
 * Bits of an RSA modulus: what RFC 3110 §2 and RFC 5702 §2 allow. Shorter ones are no obstacle to
 * anybody, and longer ones take time that is ours (RFC 5702 §2.2: 1024 at the least with SHA-512).
 */
const RSA_BITS = { min: 512, minSha512: 1_024, max: 4_096 } as const

/**
 * Bits of an RSA exponent. In use are 3, 17, 257, 65537 and 2^32 + 1; the time that a signature takes
 * grows with it, so that one as long as the modulus would cost a hundred times as much.
 */
const MAX_EXPONENT_BITS = 35

/** DER before the octets of a key of fixed length. */
interface Curve {
  readonly prefix: Buffer
  readonly length: number
}

const curves: Readonly<Record<number, Curve>> = {
  // RFC 5480 §2: id-ecPublicKey with secp256r1 and secp384r1, the point uncompressed. RFC 6605 §4.
  [Algorithm.EcdsaP256]: curve('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 64),
  [Algorithm.EcdsaP384]: curve('3076301006072a8648ce3d020106052b8104002203620004', 96),
  // RFC 8410 §4: id-Ed25519 and id-Ed448. RFC 8080 §3.
  [Algorithm.Ed25519]: curve('302a300506032b6570032100', 32),
  [Algorithm.Ed448]: curve('3043300506032b6571033a00', 57),
}

function curve(prefix: string, length: number): Curve {
  return { prefix: Buffer.from(prefix, 'hex'), length }
}

/**
 * @param algorithm one of `Algorithm`
 * @param octets the public key field of DNSKEY
 */
export function readPublicKey(algorithm: number, octets: Uint8Array): KeyObject | KeyFault {
  const known = curves[algorithm]
  const info = known === undefined ? rsaKey(algorithm, octets) : curveKey(known, octets)
  if (typeof info === 'string') return info
  try {
    return createPublicKey({ key: info, format: 'der', type: 'spki' })
  } catch {
    // A point that is not on its curve.
    return KeyFault.Malformed
  }
}

function curveKey({ prefix, length }: Curve, octets: Uint8Array): Buffer | KeyFault {
  return octets.length === length ? Buffer.concat([prefix, octets]) : KeyFault.Malformed
}

/** rsaEncryption without parameters (RFC 8017 A.1). */
const RSA_ALGORITHM = Buffer.from('300d06092a864886f70d0101010500', 'hex')

/** Length of the exponent in one octet, or in two behind a zero; exponent; modulus (RFC 3110 §2). */
function rsaKey(algorithm: number, octets: Uint8Array): Buffer | KeyFault {
  if (octets.length < 3) return KeyFault.Malformed
  const long = octets[0] === 0
  const exponentAt = long ? 3 : 1
  const modulusAt = exponentAt + (long ? readUint16(octets, 1) : octets[0]!)
  if (modulusAt >= octets.length) return KeyFault.Malformed
  const exponent = withoutZeros(octets.subarray(exponentAt, modulusAt))
  const modulus = withoutZeros(octets.subarray(modulusAt))
  // With 1 for an exponent everybody can sign; even ones have no inverse.
  if (isOneOrEven(exponent) || isOneOrEven(modulus)) return KeyFault.Malformed
  const bits = bitLength(modulus)
  const min = algorithm === Algorithm.RsaSha512 ? RSA_BITS.minSha512 : RSA_BITS.min
  if (bits < min || bits > RSA_BITS.max || bitLength(exponent) > MAX_EXPONENT_BITS) {
    return KeyFault.Size
  }
  const key = der(0x30, der(0x02, positive(modulus)), der(0x02, positive(exponent)))
  return der(0x30, RSA_ALGORITHM, der(0x03, Buffer.of(0), key))
}

function withoutZeros(octets: Uint8Array): Uint8Array {
  let at = 0
  while (at < octets.length && octets[at] === 0) at++
  return octets.subarray(at)
}

function isOneOrEven(number: Uint8Array): boolean {
  const last = number.at(-1) ?? 0
  return (last & 1) === 0 || (number.length === 1 && last === 1)
}

function bitLength(number: Uint8Array): number {
  return number.length * 8 - Math.clz32(number[0]!) + 24
}

/** An integer of DER is signed: what begins with a set bit gets a zero before it (X.690 §8.3). */
function positive(number: Uint8Array): Uint8Array {
  return number[0]! < 0x80 ? number : Buffer.concat([Buffer.of(0), number])
}

/** One element of DER: tag, length, content (X.690 §8.1). */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), ...content])
}
