// Answers as they lie in a store. A store is another trust domain: whoever can write there could
// answer for anybody, and whoever can read there would know who looks for what. So every record
// carries a keyed checksum that binds it to its key, and may be sealed whole.
//
//   schema     1 octet     1 in the clear, 129 sealed
//   in the clear:  body, then HMAC-SHA-256 over key, a zero octet, schema and body, cut to 16 octets
//   sealed:        nonce of 12 octets, body in AES-256-GCM with the key as associated data, tag
//
//   body:  variant (1), validation (1), extended error plus one (2), octets of the message (2),
//          asked and valid until in milliseconds since 1970 (8 each, IEEE 754), octets of the
//          upstream's name (1), that name, the message
//
// All numbers are in network order. What follows behind a record in the clear is for people.

import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { derive, type SecretOptions, seal, unseal } from './secrets.ts'

/** An answer with what is known of it. */
export interface AnswerRecord {
  /** `Variant` bits: DO and CD. */
  readonly variant: number
  /** See `Validation`. */
  readonly validation: number
  /** Info code (RFC 8914), or -1. */
  readonly extendedError: number
  /** Milliseconds since 1970. */
  readonly askedAt: number
  readonly validUntil: number
  /** At most 255 octets. */
  readonly upstream: string
  /** The wire answer, without OPT. */
  readonly message: Uint8Array
}

/** Why a record was not taken. */
export const RecordFault = {
  /** Of another version of this program, or no record at all. */
  Schema: 'schema',
  /** Not written under our key, or changed since, or moved here from under another key. */
  Checksum: 'checksum',
  Malformed: 'malformed',
  /** Asked for in the future: its writer's clock is ahead of ours. */
  Clock: 'clock',
} as const
export type RecordFault = (typeof RecordFault)[keyof typeof RecordFault]

/** Milliseconds by which the clocks of proxies may differ without harm. */
export const CLOCK_MARGIN = 1_000

/** Milliseconds that no answer is kept for: twice what settings allow. */
const MAX_LIFETIME = 14 * 86_400_000

const SCHEMA_CLEAR = 1
const SCHEMA_SEALED = 129

const MAC_LENGTH = 16
const BODY_HEADER = 23

/** Both of its bits. */
const MAX_VARIANT = 3

export class RecordCodec {
  readonly sealed: boolean
  readonly #macKey: KeyObject
  readonly #sealKey: KeyObject
  readonly #nameKey: KeyObject

  constructor({ secret, sealed }: SecretOptions) {
    this.sealed = sealed
    this.#macKey = derive(secret, 'checksum')
    this.#sealKey = derive(secret, 'seal')
    this.#nameKey = derive(secret, 'names')
  }

  /** The key to keep a record under. @param question readable, the same for all who ask the same */
  keyOf(question: string): string {
    if (!this.sealed) return question
    return createHmac('sha256', this.#nameKey).update(question).digest('base64url')
  }

  encode(key: string, record: AnswerRecord): Uint8Array {
    const body = encodeBody(record)
    return this.sealed ? this.#seal(key, body) : this.#sign(key, body)
  }

  decode(key: string, octets: Uint8Array): AnswerRecord | RecordFault {
    const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
    if (bytes[0] !== (this.sealed ? SCHEMA_SEALED : SCHEMA_CLEAR)) return RecordFault.Schema
    const body = this.sealed ? this.#unseal(key, bytes) : this.#verify(key, bytes)
    return typeof body === 'string' ? body : decodeBody(body)
  }

  #sign(key: string, body: Buffer): Uint8Array {
    const signed = Buffer.concat([Buffer.of(SCHEMA_CLEAR), body])
    return Buffer.concat([signed, this.#mac(key, signed)])
  }

  #verify(key: string, bytes: Buffer): Buffer | RecordFault {
    const length = bodyLength(bytes.subarray(1))
    if (length === null || 1 + length + MAC_LENGTH > bytes.length) return RecordFault.Malformed
    const signed = bytes.subarray(0, 1 + length)
    const mac = bytes.subarray(1 + length, 1 + length + MAC_LENGTH)
    if (!timingSafeEqual(mac, this.#mac(key, signed))) return RecordFault.Checksum
    return signed.subarray(1)
  }

  #mac(key: string, signed: Buffer): Buffer {
    const hmac = createHmac('sha256', this.#macKey)
    return hmac.update(key).update(ZERO).update(signed).digest().subarray(0, MAC_LENGTH)
  }

  #seal(key: string, body: Buffer): Uint8Array {
    return Buffer.concat([Buffer.of(SCHEMA_SEALED), seal(this.#sealKey, key, body)])
  }

  #unseal(key: string, bytes: Buffer): Buffer | RecordFault {
    return unseal(this.#sealKey, key, bytes.subarray(1)) ?? RecordFault.Checksum
  }
}

const ZERO = Buffer.of(0)

function encodeBody(record: AnswerRecord): Buffer {
  const upstream = Buffer.from(record.upstream).subarray(0, 255)
  const body = Buffer.allocUnsafe(BODY_HEADER + upstream.length + record.message.length)
  body[0] = record.variant
  body[1] = record.validation
  // 65535, which is nobody's, comes back as none.
  body.writeUInt16BE((record.extendedError + 1) & 0xffff, 2)
  body.writeUInt16BE(record.message.length, 4)
  body.writeDoubleBE(record.askedAt, 6)
  body.writeDoubleBE(record.validUntil, 14)
  body[22] = upstream.length
  body.set(upstream, BODY_HEADER)
  body.set(record.message, BODY_HEADER + upstream.length)
  return body
}

/** Octets of a body, by its own word; null when there is not even a header. */
function bodyLength(body: Buffer): number | null {
  return body.length < BODY_HEADER ? null : BODY_HEADER + body[22]! + body.readUInt16BE(4)
}

function decodeBody(body: Buffer): AnswerRecord | RecordFault {
  if (bodyLength(body) !== body.length) return RecordFault.Malformed
  const askedAt = body.readDoubleBE(6)
  const validUntil = body.readDoubleBE(14)
  const isSound = askedAt >= 0 && askedAt <= validUntil && validUntil - askedAt <= MAX_LIFETIME
  // Of an infinite time and what is no number, no difference is a number.
  if (!isSound || body[0]! > MAX_VARIANT) return RecordFault.Malformed
  const message = BODY_HEADER + body[22]!
  return {
    variant: body[0]!,
    validation: body[1]!,
    extendedError: body.readUInt16BE(2) - 1,
    askedAt,
    validUntil,
    upstream: body.toString('utf8', BODY_HEADER, message),
    message: body.subarray(message),
  }
}
