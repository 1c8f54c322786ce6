// What an answer says, in a few words.

import { ExtendedError, OptionCode } from '../../wire/edns.ts'
import { Flag, Rcode, readUint16 } from '../../wire/header.ts'
import type { Message } from '../../wire/codec/message.ts'
import { formatRdata } from '../../wire/text/rdata-text.ts'
import { RecordType } from '../../wire/record-type.ts'
import { formatRcode } from '../../wire/text/type-text.ts'

/** What is longer is told by its length. */
const MAX_WIDTH = 30

/** @param message null when no answer came */
export function answerText(message: Message | null): string {
  if (message === null) return 'no answer'
  if ((message.flags & Flag.TC) !== 0) return 'truncated (TC): ask over TCP'
  const why = explanationOf(message)
  if (message.rcode === Rcode.ServFail && why !== null) return `SERVFAIL: ${why.reason}`
  const soa = message.authorities.some(({ type }) => type === RecordType.SOA)
  const proof = soa ? ', with SOA' : ''
  if (message.rcode !== Rcode.NoError) return formatRcode(message.rcode) + proof
  const aliases = message.answers.filter(({ type }) => type === RecordType.CNAME)
  const records = message.answers.filter(({ type }) => type !== RecordType.CNAME)
  const way = wayText(aliases.length)
  if (records.length === 0) return `${way}no such record${proof}`
  const text = way + records.map(({ type, rdata }) => formatRdata(type, rdata)).join(', ')
  if (text.length <= MAX_WIDTH) return text
  const octets = records.reduce((sum, { rdata }) => sum + rdata.length, 0)
  return `${way}${octets.toLocaleString('en')} octets`
}

function wayText(aliases: number): string {
  if (aliases === 0) return ''
  return aliases === 1 ? '1 alias to ' : `${aliases} aliases to `
}

export interface Explanation {
  /** What its code means: "signature expired". */
  readonly reason: string
  /** What it says besides: the record, the key and more. */
  readonly text: string
}

/** The extended error that came with an answer (RFC 8914 §2); null when there is none. */
export function explanationOf(message: Message): Explanation | null {
  const option = message.edns?.options.find(({ code }) => code === OptionCode.ExtendedError)
  if (option === undefined || option.data.length < 2) return null
  const code = readUint16(option.data, 0)
  const name = Object.entries(ExtendedError).find(([, number]) => number === code)?.[0]
  const reason = name?.replaceAll(/(?<=.)[A-Z]/g, ' $&').toLowerCase() ?? `extended error ${code}`
  return { reason, text: Buffer.from(option.data.subarray(2)).toString('utf8') }
}
