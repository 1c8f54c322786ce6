// Responses of HTTP/1.1 as octets (RFC 9112 §4).

import { copyOctets } from '../../../wire/copy.ts'
import { writeDecimal } from '../decimal.ts'
import { ALLOW, DNS_MESSAGE, Refusal } from '../refusal.ts'

/** Octets that the head of an answer has at the most. */
export const MAX_ANSWER_HEAD = 256

/** Tells a client to send the body it holds back (RFC 9110 §10.1.1). */
export const CONTINUE = octets('HTTP/1.1 100 Continue\r\n\r\n')

const OK = octets(`HTTP/1.1 200 OK\r\ncontent-type: ${DNS_MESSAGE}\r\ndate: `)
const MAX_AGE = octets('\r\ncache-control: max-age=')
const LENGTH = octets('\r\ncontent-length: ')
const CLOSE = octets('\r\nconnection: close')
const END = octets('\r\n\r\n')

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
}

/**
 * Writes the response that carries a DNS answer at `at`.
 *
 * @param freshness seconds that a cache may keep it
 * @param closes whether the connection ends behind it
 * @returns the offset behind it
 */
export function writeAnswer(
  out: Uint8Array,
  at: number,
  answer: Uint8Array,
  start: number,
  length: number,
  freshness: number,
  date: Uint8Array,
  closes: boolean,
): number {
  let end = put(out, at, OK)
  end = put(out, end, date)
  end = writeDecimal(out, put(out, end, MAX_AGE), freshness)
  end = writeDecimal(out, put(out, end, LENGTH), length)
  if (closes) end = put(out, end, CLOSE)
  end = put(out, end, END)
  copyOctets(answer, start, out, end, length)
  return end + length
}

/**
 * The response that carries a refusal.
 * @param bare whether its body is left out, for HEAD (RFC 9110 §9.3.2)
 */
export function refusalResponse(
  { status, text }: Refusal,
  date: Uint8Array,
  closes: boolean,
  bare: boolean,
): Uint8Array {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    `date: ${Buffer.from(date).toString('latin1')}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${text.length}`,
  ]
  if (status === Refusal.BadMethod.status) lines.push(`allow: ${ALLOW}`)
  if (closes) lines.push('connection: close')
  return octets(`${lines.join('\r\n')}\r\n\r\n${bare ? '' : text}`)
}

function put(out: Uint8Array, at: number, from: Uint8Array): number {
  copyOctets(from, 0, out, at, from.length)
  return at + from.length
}

function octets(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
