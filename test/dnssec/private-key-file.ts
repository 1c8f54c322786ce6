// Private keys as files of BIND have them, and RFCs that print examples: for node:crypto.

import type { JsonWebKey } from 'node:crypto'

/**
 * @param key the public key field of DNSKEY
 * @param field what the file has, in Base64url
 */
export function jwkOf(
  algorithm: number,
  key: Uint8Array,
  field: (name: string) => string,
): JsonWebKey {
  const text = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')
  if (algorithm === 15 || algorithm === 16) {
    const crv = algorithm === 15 ? 'Ed25519' : 'Ed448'
    return { kty: 'OKP', crv, x: text(key), d: field('PrivateKey') }
  }
  if (algorithm === 13 || algorithm === 14) {
    const half = key.length / 2
    const crv = algorithm === 13 ? 'P-256' : 'P-384'
    const [x, y] = [text(key.subarray(0, half)), text(key.subarray(half))]
    return { kty: 'EC', crv, x, y, d: field('PrivateKey') }
  }
  return {
    kty: 'RSA',
    n: field('Modulus'),
    e: field('PublicExponent'),
    d: field('PrivateExponent'),
    p: field('Prime1'),
    q: field('Prime2'),
    dp: field('Exponent1'),
    dq: field('Exponent2'),
    qi: field('Coefficient'),
  }
}
