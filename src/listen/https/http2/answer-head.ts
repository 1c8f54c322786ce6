// Field sections of answers (RFC 7541 §6). Of all fields one is worth an entry in the client's table:
// `content-type`, which every answer has. The others differ or are in the static table.

import { ALLOW, DNS_MESSAGE } from '../refusal.ts'
import { DEFAULT_TABLE_SIZE } from './dynamic-table.ts'
import { STATIC_TABLE } from './static-table.ts'

/** Octets of the longest section that is written here. */
export const MAX_ANSWER_HEAD = 128

function indexOf(name: string, value = ''): number {
  return 1 + STATIC_TABLE.findIndex((entry) => entry[0] === name && entry[1] === value)
}

const STATUS_200 = 0x80 | indexOf(':status', '200')
const STATUS = indexOf(':status', '200')
const CONTENT_TYPE = indexOf('content-type')
const CONTENT_LENGTH = indexOf('content-length')
const CACHE_CONTROL = indexOf('cache-control')
const ALLOW_NAME = indexOf('allow')

/** The youngest entry of the dynamic table: ours has but one. */
const KEPT_CONTENT_TYPE = 0x80 | (STATIC_TABLE.length + 1)

const DNS_TYPE = Buffer.from(DNS_MESSAGE, 'latin1')
const TEXT_TYPE = Buffer.from('text/plain;charset=utf-8', 'latin1')
const ALLOWED = Buffer.from(ALLOW, 'latin1')
const MAX_AGE = Buffer.from('max-age=', 'latin1')

/** Writes the field sections of one connection's answers, in the order in which they are sent. */
export class AnswerHead {
  /** Whether the client's table has room for what we would keep there. */
  #mayKeep = true
  #kept = false
  /** Whether the client must be told that its table is empty from now on (RFC 7541 §4.2). */
  #shrink = false

  /** What the client's SETTINGS say of its table. Only the size that all begin with is made use of. */
  setTableSize(size: number): void {
    if (size >= DEFAULT_TABLE_SIZE) return
    this.#shrink = true
    this.#mayKeep = false
    this.#kept = false
  }

  /**
   * Writes the section for a DNS message.
   * @param length octets of the message
   * @param maxAge seconds that caches may keep it
   * @returns where the section ends
   */
  ok(out: Uint8Array, start: number, length: number, maxAge: number): number {
    let at = this.#begin(out, start)
    out[at++] = STATUS_200
    if (this.#kept) out[at++] = KEPT_CONTENT_TYPE
    else if (this.#mayKeep) {
      this.#kept = true
      out[at++] = 0x40 | CONTENT_TYPE
      at = text(out, at, DNS_TYPE)
    } else at = text(out, nameAt(out, at, CONTENT_TYPE), DNS_TYPE)
    at = decimal(out, nameAt(out, at, CONTENT_LENGTH), NO_PREFIX, length)
    return decimal(out, nameAt(out, at, CACHE_CONTROL), MAX_AGE, maxAge)
  }

  /** Writes the section for a refusal whose text has so many octets. @returns where it ends */
  refusal(out: Uint8Array, start: number, status: number, length: number): number {
    let at = this.#begin(out, start)
    at = decimal(out, nameAt(out, at, STATUS), NO_PREFIX, status)
    at = text(out, nameAt(out, at, CONTENT_TYPE), TEXT_TYPE)
    if (status === 405) at = text(out, nameAt(out, at, ALLOW_NAME), ALLOWED)
    return decimal(out, nameAt(out, at, CONTENT_LENGTH), NO_PREFIX, length)
  }

  #begin(out: Uint8Array, start: number): number {
    if (!this.#shrink) return start
    this.#shrink = false
    out[start] = 0x20
    return start + 1
  }
}

const NO_PREFIX = new Uint8Array(0)

/** The name of a literal field that is not kept (RFC 7541 §6.2.2); static indices are below 142. */
function nameAt(out: Uint8Array, at: number, index: number): number {
  if (index < 0x0f) {
    out[at] = index
    return at + 1
  }
  out[at] = 0x0f
  out[at + 1] = index - 0x0f
  return at + 2
}

/** A value of less than 127 octets, as it is: Huffman would save a few and cost more. */
function text(out: Uint8Array, at: number, value: Uint8Array): number {
  out[at] = value.length
  out.set(value, at + 1)
  return at + 1 + value.length
}

/** A value that ends in a number. */
function decimal(out: Uint8Array, at: number, prefix: Uint8Array, value: number): number {
  let digits = 1
  for (let rest = value; rest >= 10; rest = Math.trunc(rest / 10)) digits++
  const begin = at + 1 + prefix.length
  out[at] = prefix.length + digits
  for (let i = 0; i < prefix.length; i++) out[at + 1 + i] = prefix[i]!
  let rest = value
  for (let i = digits - 1; i >= 0; i--) {
    const tens = Math.trunc(rest / 10)
    out[begin + i] = 0x30 + rest - 10 * tens
    rest = tens
  }
  return begin + digits
}
