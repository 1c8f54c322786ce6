// One signature, one key: the cryptography. Whatever is wrong with a signature, it is only not good.

import { type KeyObject, verify } from 'node:crypto'

import { Algorithm, traitsOf } from './algorithms.ts'

/**
 * Checks a signature at once.
 * @param algorithm one of `Algorithm`
 */
export function isGoodSignature(
  algorithm: number,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const octets = signatureFor(algorithm, signature)
  const traits = traitsOf(algorithm)
  if (octets === null || traits === undefined) return false
  try {
    return verify(traits.digest, data, key, octets)
  } catch {
    return false
  }
}

/**
 * Checks a signature off the event loop.
 * @param algorithm one of `Algorithm`
 * @param done called later, never at once
 */
export function checkSignature(
  algorithm: number,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  done: (isGood: boolean) => void,
): void {
  const octets = signatureFor(algorithm, signature)
  const traits = traitsOf(algorithm)
  if (octets === null || traits === undefined) {
    process.nextTick(done, false)
    return
  }
  // Node keeps what it calls back until the next full collection of garbage, and all that hangs on it:
  // tens of megabytes in a flood, that each scavenge would copy. So nothing hangs on it any more then.
  const waiting: { done: typeof done | null } = { done }
  try {
    verify(traits.digest, data, key, octets, (error, isGood) => {
      const call = waiting.done!
      waiting.done = null
      call(error === null && isGood)
    })
  } catch {
    process.nextTick(done, false)
  }
}

/** The signature as OpenSSL takes it; null when it has not its algorithm's length. */
function signatureFor(algorithm: number, signature: Uint8Array): Uint8Array | null {
  switch (algorithm) {
    case Algorithm.EcdsaP256:
      return signature.length === 64 ? derSignature(signature) : null
    case Algorithm.EcdsaP384:
      return signature.length === 96 ? derSignature(signature) : null
    case Algorithm.Ed25519:
      return signature.length === 64 ? signature : null
    case Algorithm.Ed448:
      return signature.length === 114 ? signature : null
    default:
      return signature
  }
}

/** The two halves of an ECDSA signature (RFC 6605 §4) as a sequence of integers (RFC 3279 §2.2.3). */
function derSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2
  // The headers of sequence and integers, and a zero before either half.
  const octets = Buffer.allocUnsafe(raw.length + 8)
  octets[0] = 0x30
  const middle = writeInteger(raw, 0, half, octets, 2)
  const end = writeInteger(raw, half, raw.length, octets, middle)
  octets[1] = end - 2
  return octets.subarray(0, end)
}

function writeInteger(
  raw: Uint8Array,
  start: number,
  end: number,
  octets: Uint8Array,
  into: number,
): number {
  let from = start
  while (from < end - 1 && raw[from] === 0) from++
  const sign = raw[from]! >>> 7
  let at = into
  octets[at++] = 0x02
  octets[at++] = end - from + sign
  if (sign === 1) octets[at++] = 0
  while (from < end) octets[at++] = raw[from++]!
  return at
}
