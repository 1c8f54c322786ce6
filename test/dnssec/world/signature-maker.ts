// Makes the signatures that no signer would: by any key, with any field as a test wants it. Written
// from RFC 4034 §3.1.8.1 apart from the product's own signer.

import { sign } from 'node:crypto'
import { canonicalRdata, writeRdata } from '../../../src/wire/codec/rdata-codec.ts'
import type { ResourceRecord } from '../../../src/wire/codec/message.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { lowerCaseName, parseName } from '../../../src/wire/text/name-text.ts'
import type { ZoneKey } from './zone-key.ts'

/** Fields of the RRSIG that differ from what is right. */
export interface Twist {
  readonly algorithm?: number
  readonly labels?: number
  readonly originalTtl?: number
  /** Seconds since 1970. */
  readonly expiration?: number
  readonly inception?: number
  readonly keyTag?: number
  /** With a final dot. */
  readonly signer?: string
  /** Whose name is signed in place of the set's owner: a wildcard's, in wire form. */
  readonly signedOwner?: Uint8Array
}

const HASHES: Readonly<Record<number, string | null>> = {
  5: 'sha1',
  7: 'sha1',
  8: 'sha256',
  10: 'sha512',
  13: 'sha256',
  14: 'sha384',
  15: null,
  16: null,
}

export const DAY = 86_400

/** @param set at least one record; all of one owner, type and class */
export function makeSignature(
  set: readonly ResourceRecord[],
  key: ZoneKey,
  twist: Twist = {},
): ResourceRecord {
  const { name, type, ttl, class: recordClass } = set[0]!
  const now = Math.floor(Date.now() / 1000)
  const owner = lowerCaseName(twist.signedOwner ?? name)
  const fields = {
    typeCovered: type,
    algorithm: twist.algorithm ?? key.algorithm,
    labels: twist.labels ?? labelsOf(owner),
    originalTtl: twist.originalTtl ?? ttl,
    expiration: twist.expiration ?? now + 14 * DAY,
    inception: twist.inception ?? now - DAY,
    keyTag: twist.keyTag ?? key.tag,
    signer: parseName(twist.signer ?? key.zone) as Uint8Array,
  }
  const head = writeRdata('RRSIG', { ...fields, signature: new Uint8Array(0) })
  const datas = set.map((record) => Buffer.from(canonicalRdata(type, record.rdata)))
  const parts: Uint8Array[] = [head]
  for (const data of datas.sort((a, b) => Buffer.compare(a, b))) {
    const fixed = Buffer.alloc(10)
    fixed.writeUInt16BE(type, 0)
    fixed.writeUInt16BE(recordClass, 2)
    fixed.writeUInt32BE(fields.originalTtl, 4)
    fixed.writeUInt16BE(data.length, 8)
    parts.push(owner, fixed, data)
  }
  const secret = { key: key.privateKey(), dsaEncoding: 'ieee-p1363' as const }
  const signature = sign(HASHES[key.algorithm] ?? null, Buffer.concat(parts), secret)
  const rdata = writeRdata('RRSIG', { ...fields, signature })
  return { name, type: RecordType.RRSIG, class: recordClass, ttl, rdata }
}

/** RFC 4034 §3.1.3. */
function labelsOf(owner: Uint8Array): number {
  let count = 0
  for (let at = 0; owner[at] !== 0; at += owner[at]! + 1) count++
  return owner[0] === 1 && owner[1] === 0x2a ? count - 1 : count
}
