// Keys made of a text: the same in every run, so that an input that was found once is found again.
// Nobody may ever trust them.

import {
  checkPrimeSync,
  createECDH,
  createHash,
  createPrivateKey,
  type KeyObject,
} from 'node:crypto'

import { SigningKey } from '../src/dnssec/signer/signing-key.ts'

const made = new Map<string, KeyObject>()

/** RSA keys have 1024 bits. */
export function madeKey(algorithm: number, flags: number, text: string): SigningKey {
  const id = `${algorithm} ${text}`
  const known = made.get(id)
  if (known !== undefined) return new SigningKey({ algorithm, flags, privateKey: known })
  const privateKey = privateKeyOf(algorithm, id)
  made.set(id, privateKey)
  return new SigningKey({ algorithm, flags, privateKey })
}

function privateKeyOf(algorithm: number, id: string): KeyObject {
  switch (algorithm) {
    case 13:
      return ecKey('P-256', 'prime256v1', octetsOf(id, 32))
    case 14:
      return ecKey('P-384', 'secp384r1', octetsOf(id, 48))
    case 15:
      return edKey('302e020100300506032b657004220420', octetsOf(id, 32))
    case 16:
      return edKey('3047020100300506032b6571043b0439', octetsOf(id, 57))
    default:
      return rsaKey(id)
  }
}

function octetsOf(id: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(id).digest()
}

function ecKey(crv: string, curve: string, secret: Buffer): KeyObject {
  // Below the order of the curve, whatever the octets are.
  secret[0]! &= 0x7f
  const ecdh = createECDH(curve)
  ecdh.setPrivateKey(secret)
  const point = ecdh.getPublicKey().subarray(1)
  const [x, y] = [point.subarray(0, secret.length), point.subarray(secret.length)]
  const text = (octets: Buffer): string => octets.toString('base64url')
  const key = { kty: 'EC', crv, x: text(x), y: text(y), d: text(secret) }
  return createPrivateKey({ key, format: 'jwk' })
}

/** @param head of a PKCS #8 structure (RFC 8410 §7), in hexadecimal */
function edKey(head: string, secret: Buffer): KeyObject {
  const key = Buffer.concat([Buffer.from(head, 'hex'), secret])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

const EXPONENT = 65_537n

function rsaKey(id: string): KeyObject {
  const [p, q] = [primeOf(`${id} p`), primeOf(`${id} q`)]
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n))
  const numbers = {
    n: p * q,
    e: EXPONENT,
    d,
    p,
    q,
    dp: d % (p - 1n),
    dq: d % (q - 1n),
    qi: inverse(q, p),
  }
  const fields = Object.entries(numbers).map(([field, number]) => [field, base64url(number)])
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(fields) }, format: 'jwk' })
}

/** A prime of 512 bits, its upper two set: two of them make 1024. */
function primeOf(id: string): bigint {
  const octets = octetsOf(id, 64)
  octets[0]! |= 0xc0
  octets[63]! |= 1
  let candidate = BigInt(`0x${octets.toString('hex')}`)
  while (candidate % EXPONENT === 1n || !checkPrimeSync(candidate)) candidate += 2n
  return candidate
}

/** Euclid's algorithm; both must have no divisor in common. */
function inverse(of: bigint, modulus: bigint): bigint {
  let [a, b] = [of % modulus, modulus]
  let [x, y] = [1n, 0n]
  while (b !== 0n) {
    const times = a / b
    ;[a, b] = [b, a - times * b]
    ;[x, y] = [y, x - times * y]
  }
  return ((x % modulus) + modulus) % modulus
}

function base64url(number: bigint): string {
  const hex = number.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}
