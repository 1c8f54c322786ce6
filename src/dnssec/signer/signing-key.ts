// Keys to sign zones with: made, or got as a private key. What stands in the zone of them is a DNSKEY
// record (RFC 4034 §2), and in its parent a DS record (RFC 4034 §5).

import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'

import { readUint16 } from '../../wire/header.ts'
import { writeRdata } from '../../wire/codec/rdata-codec.ts'
import { type Name, nameOctets } from '../name.ts'

/** Bits of a DNSKEY's flags (RFC 4034 §2.1.1, RFC 5011 §7). */
export const KeyFlag = { Zone: 0x0100, Revoked: 0x0080, EntryPoint: 0x0001 } as const

interface SigningAlgorithm {
  readonly hash: string | null
  readonly generate: (bits: number) => KeyObject
  /** The public key as a DNSKEY record has it. */
  readonly publicKey: (key: KeyObject) => Uint8Array
}

const rsa = (name: string): SigningAlgorithm => ({
  hash: name,
  generate: (modulusLength) => generateKeyPairSync('rsa', { modulusLength }).privateKey,
  // RFC 3110 §2
  publicKey: (key) => {
    const exponent = jwkOctets(key, 'e')
    const length = exponent.length < 256 ? [exponent.length] : [0, ...uint16(exponent.length)]
    return Buffer.concat([Buffer.from(length), exponent, jwkOctets(key, 'n')])
  },
})

const ecdsa = (namedCurve: string, name: string): SigningAlgorithm => ({
  hash: name,
  generate: () => generateKeyPairSync('ec', { namedCurve }).privateKey,
  // RFC 6605 §4
  publicKey: (key) => Buffer.concat([jwkOctets(key, 'x'), jwkOctets(key, 'y')]),
})

/** By number (RFC 5702, RFC 6605, RFC 8080); 5 and 7 are for those who must still read them. */
const algorithms: Readonly<Record<number, SigningAlgorithm>> = {
  5: rsa('sha1'),
  7: rsa('sha1'),
  8: rsa('sha256'),
  10: rsa('sha512'),
  13: ecdsa('P-256', 'sha256'),
  14: ecdsa('P-384', 'sha384'),
  15: {
    hash: null,
    generate: () => generateKeyPairSync('ed25519').privateKey,
    publicKey: (key) => jwkOctets(key, 'x'),
  },
  16: {
    hash: null,
    generate: () => generateKeyPairSync('ed448').privateKey,
    publicKey: (key) => jwkOctets(key, 'x'),
  },
}

/** Digests of DS records by number (RFC 3658 §2.4, RFC 4509 §2.1, RFC 6605 §2). */
const digests: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' }

export interface SigningKeyOptions {
  /** 5, 7, 8, 10, 13, 14, 15 or 16. */
  readonly algorithm: number
  /** A key that signs keys (RFC 4034 §2.1.1) has `EntryPoint` too. `Zone` alone by default. */
  readonly flags?: number
  /** Of the algorithm's kind; made when there is none. */
  readonly privateKey?: KeyObject
  /** Of an RSA key that is made; 2048 by default. */
  readonly bits?: number
}

/** Throws for an algorithm that cannot sign. */
export class SigningKey {
  readonly algorithm: number
  readonly flags: number
  readonly privateKey: KeyObject
  /** RDATA of the DNSKEY record. */
  readonly rdata: Uint8Array
  readonly tag: number

  constructor({ algorithm, flags = KeyFlag.Zone, privateKey, bits = 2_048 }: SigningKeyOptions) {
    const how = algorithms[algorithm]
    if (how === undefined) throw new RangeError(`algorithm ${algorithm} cannot sign`)
    this.algorithm = algorithm
    this.flags = flags
    this.privateKey = privateKey ?? how.generate(bits)
    const key = how.publicKey(createPublicKey(this.privateKey))
    this.rdata = writeRdata('DNSKEY', { flags, protocol: 3, algorithm, key })
    this.tag = keyTag(this.rdata)
  }

  get isEntryPoint(): boolean {
    return (this.flags & KeyFlag.EntryPoint) !== 0
  }

  /** The same key with other flags, such as `Revoked`: its tag is another one then. */
  withFlags(flags: number): SigningKey {
    return new SigningKey({ algorithm: this.algorithm, flags, privateKey: this.privateKey })
  }

  /** The signature field over these octets. */
  sign(data: Uint8Array): Uint8Array {
    const key = { key: this.privateKey, dsaEncoding: 'ieee-p1363' } as const
    return sign(algorithms[this.algorithm]!.hash, data, key)
  }

  /** RDATA of a DS record (RFC 4034 §5.1.4). @param digestType 1, 2 or 4 */
  ds(zone: Name, digestType = 2): Uint8Array {
    const name = digests[digestType]
    if (name === undefined) throw new RangeError(`digest ${digestType} cannot be made`)
    const digest = hash(name, Buffer.concat([nameOctets(zone), this.rdata]), 'buffer')
    const { algorithm, tag } = this
    return writeRdata('DS', { keyTag: tag, algorithm, digestType, digest })
  }
}

/** RFC 4034 appendix B. */
function keyTag(rdata: Uint8Array): number {
  let sum = 0
  for (let at = 0; at + 1 < rdata.length; at += 2) sum += readUint16(rdata, at)
  if (rdata.length % 2 !== 0) sum += rdata.at(-1)! << 8
  return (sum + (sum >>> 16)) & 0xffff
}

function jwkOctets(key: KeyObject, field: 'e' | 'n' | 'x' | 'y'): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' })[field] ?? '', 'base64url')
}

function uint16(value: number): number[] {
  return [value >>> 8, value & 0xff]
}
