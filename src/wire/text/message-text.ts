// Records and messages as text for people, in the manner that DNS tools print them.

import { DNSSEC_OK } from '../edns.ts'
import { Flag } from '../header.ts'
import type { Edns, Message, ResourceRecord } from '../codec/message.ts'
import { formatName } from './name-text.ts'
import { formatHex } from './octet-text.ts'
import { formatRdata } from './rdata-text.ts'
import { formatClass, formatOpcode, formatRcode, formatType } from './type-text.ts'

/** One record on one line of a zone file, names absolute. */
export function formatRecord(record: ResourceRecord): string {
  const { name, ttl, type } = record
  const words = [formatName(name), String(ttl), formatClass(record.class), formatType(type)]
  return `${words.join(' ')} ${formatRdata(type, record.rdata)}`.trimEnd()
}

/** A whole message, with a comment line before each section that has something. */
export function formatMessage(message: Message): string {
  const flags = Object.entries(Flag).filter(([, bit]) => (message.flags & bit) !== 0)
  const lines = [
    `;; ${formatOpcode(message.opcode)} ${formatRcode(message.rcode)} id ${message.id}` +
      ` flags ${flags.map(([name]) => name.toLowerCase()).join(' ')}`.trimEnd(),
  ]
  if (message.edns !== null) lines.push(formatEdns(message.edns))
  const questions = message.questions.map(
    (question) =>
      `;${formatName(question.name)} ${formatClass(question.class)} ${formatType(question.type)}`,
  )
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['question', questions],
    ['answer', message.answers.map(formatRecord)],
    ['authority', message.authorities.map(formatRecord)],
    ['additional', message.additionals.map(formatRecord)],
  ]
  for (const [name, entries] of sections) {
    if (entries.length > 0) lines.push(`;; ${name}`, ...entries)
  }
  return `${lines.join('\n')}\n`
}

function formatEdns(edns: Edns): string {
  const words = [`;; edns version ${edns.version} udp ${edns.udpSize}`]
  if ((edns.flags & DNSSEC_OK) !== 0) words.push('do')
  for (const { code, data } of edns.options) words.push(`option ${code}=${formatHex(data)}`)
  return words.join(' ')
}
