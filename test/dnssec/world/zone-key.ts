// Keys as BIND's tools write them, which ldns and Knot read too, and what only tests do with them:
// read their private halves, count tags and digests, make two that share a tag.

import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lowerCaseName, parseName } from '../../../src/wire/text/name-text.ts'
import { runProgram } from '../../support/processes.ts'
import { jwkOf } from '../private-key-file.ts'
import { SIGNING_TIMEOUT_MS } from './signers/signing.ts'
import type { DsSpec, KeySpec } from './zone-spec.ts'

const MNEMONICS: Readonly<Record<number, string>> = {
  5: 'RSASHA1',
  7: 'NSEC3RSASHA1',
  8: 'RSASHA256',
  10: 'RSASHA512',
  13: 'ECDSAP256SHA256',
  14: 'ECDSAP384SHA384',
  15: 'ED25519',
  16: 'ED448',
}

const ECDSAP256SHA256 = 13

export const DNSKEY_TTL = 3600

/** Flags of a zone key with the REVOKE bit and that of a secure entry point (RFC 5011 §7). */
export const REVOKED = 0x181

export class ZoneKey {
  readonly spec: KeySpec
  /** With a final dot. */
  readonly zone: string
  /** The path that `.key` and `.private` are appended to. */
  readonly path: string
  /** RDATA of the DNSKEY record. */
  readonly rdata: Uint8Array

  constructor(spec: KeySpec, zone: string, path: string) {
    this.spec = spec
    this.zone = zone
    this.path = path
    const [, flags, protocol, algorithm, key] =
      /DNSKEY (\d+) (\d+) (\d+) (.*)/.exec(readFileSync(`${path}.key`, 'utf8')) ?? []
    const head = [Number(flags) >> 8, Number(flags) & 255, Number(protocol), Number(algorithm)]
    this.rdata = Buffer.concat([Buffer.from(head), Buffer.from(key!, 'base64')])
  }

  get algorithm(): number {
    return this.spec.algorithm
  }

  get tag(): number {
    return keyTag(this.rdata)
  }

  get signs(): boolean {
    return this.spec.signs ?? true
  }

  /** The DNSKEY record as its file has it. */
  get record(): string {
    return `${this.zone} ${DNSKEY_TTL} IN DNSKEY ${/DNSKEY (.*)/.exec(readFileSync(`${this.path}.key`, 'utf8'))![1]}`
  }

  /** Whether it may sign the DNSKEY set for a DS record. */
  get isEntryPoint(): boolean {
    return this.spec.flags === 257
  }

  privateKey(): KeyObject {
    const text = readFileSync(`${this.path}.private`, 'utf8')
    const field = (name: string): string => {
      const value = new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
      return Buffer.from(value, 'base64').toString('base64url')
    }
    return createPrivateKey({
      key: jwkOf(this.algorithm, this.rdata.subarray(4), field),
      format: 'jwk',
    })
  }

  /** @param digestType 1, 2 or 4 (RFC 4034 §5.1.4, RFC 4509, RFC 6605) */
  ds(digestType: 1 | 2 | 4 = 2, rdata: Uint8Array = this.rdata): DsSpec {
    const hash = createHash({ 1: 'sha1', 2: 'sha256', 4: 'sha384' }[digestType])
    hash.update(lowerCaseName(parseName(this.zone) as Uint8Array)).update(rdata)
    return { keyTag: keyTag(rdata), algorithm: rdata[3]!, digestType, digest: hash.digest() }
  }
}

/** RFC 4034 Appendix B, without the exception for algorithm 1. */
export function keyTag(rdata: Uint8Array): number {
  let sum = 0
  for (const [index, octet] of rdata.entries()) sum += index % 2 === 0 ? octet << 8 : octet
  return (sum + (sum >>> 16)) & 0xffff
}

/** The RDATA of a DNSKEY record with other flags. */
export function flagged(rdata: Uint8Array, flags: number): Uint8Array {
  return Uint8Array.of(flags >> 8, flags & 255, ...rdata.subarray(2))
}

/** Makes a key, in `folder`. */
export async function generateKey(zone: string, spec: KeySpec, folder: string): Promise<ZoneKey> {
  const { algorithm, flags, bits = 2048 } = spec
  // Most keys of the world are of this kind, and processes take their time.
  if (algorithm === ECDSAP256SHA256) return makeEcdsaKey(zone, spec, folder)
  const size = algorithm <= 10 ? ['-b', `${bits}`] : []
  const role = flags === 257 ? ['-f', 'KSK'] : []
  const args = ['-q', '-K', folder, '-L', `${DNSKEY_TTL}`, '-a', MNEMONICS[algorithm]!]
  const made = await runProgram('dnssec-keygen', [...args, ...size, ...role, zone], {
    timeoutMs: SIGNING_TIMEOUT_MS,
  })
  const name = /^K\S+$/m.exec(made.output)?.[0]
  if (made.code !== 0 || name === undefined) throw new Error(`dnssec-keygen: ${made.output}`)
  return new ZoneKey(spec, zone, join(folder, name))
}

function makeEcdsaKey(zone: string, spec: KeySpec, folder: string): ZoneKey {
  for (;;) {
    const key = randomEcdsaKey()
    const path = ecdsaPath(zone, ecdsaRdata(spec.flags, key), folder)
    if (!existsSync(`${path}.key`)) return writeEcdsaKey(zone, spec, key, folder)
  }
}

/**
 * Makes ECDSA P-256 keys until two have one tag, which takes some 300 of them. They go into folders of
 * their own, for the names of their files are the same.
 */
export function collidingKeys(
  zone: string,
  specs: readonly [KeySpec, KeySpec],
  folder: string,
): [ZoneKey, ZoneKey] {
  const seen = specs.map(() => new Map<number, JsonWebKey>())
  for (let turn = 0; ; turn++) {
    const side = turn % 2
    const key = randomEcdsaKey()
    const tag = keyTag(ecdsaRdata(specs[side]!.flags, key))
    seen[side]!.set(tag, key)
    const other = seen[1 - side]!.get(tag)
    if (other === undefined) continue
    const [first, second] = side === 0 ? [key, other] : [other, key]
    return [
      writeEcdsaKey(zone, specs[0], first, join(folder, '1')),
      writeEcdsaKey(zone, specs[1], second, join(folder, '2')),
    ]
  }
}

function randomEcdsaKey(): JsonWebKey {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
}

function ecdsaRdata(flags: number, key: JsonWebKey): Buffer {
  const [x, y] = [Buffer.from(key.x!, 'base64url'), Buffer.from(key.y!, 'base64url')]
  return Buffer.concat([Buffer.from([flags >> 8, flags & 255, 3, ECDSAP256SHA256]), x, y])
}

function ecdsaPath(zone: string, rdata: Uint8Array, folder: string): string {
  return join(folder, `K${zone}+013+${`${keyTag(rdata)}`.padStart(5, '0')}`)
}

function writeEcdsaKey(zone: string, spec: KeySpec, key: JsonWebKey, folder: string): ZoneKey {
  const rdata = ecdsaRdata(spec.flags, key)
  const path = ecdsaPath(zone, rdata, folder)
  mkdirSync(folder, { recursive: true })
  const octets = rdata.subarray(4).toString('base64')
  writeFileSync(`${path}.key`, `${zone} ${DNSKEY_TTL} IN DNSKEY ${spec.flags} 3 13 ${octets}\n`)
  const secret = Buffer.from(key.d!, 'base64url').toString('base64')
  // Knot DNS lets a key without times do nothing.
  const times = ['Created', 'Publish', 'Activate'].map((event) => `${event}: 20200101000000\n`)
  const head = 'Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)'
  writeFileSync(`${path}.private`, `${head}\nPrivateKey: ${secret}\n${times.join('')}`)
  return new ZoneKey(spec, zone, path)
}
