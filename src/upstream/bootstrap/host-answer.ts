// The question for a host's addresses, and what an answer says about them.

import { formatAddress } from '../../wire/text/prefix.ts'
import type { AnswerScan } from '../../wire/answer-scan.ts'
import { Rcode } from '../../wire/header.ts'
import { decodeMessage, type Message } from '../../wire/codec/message.ts'
import { equalIgnoringCase } from '../../wire/name.ts'
import { lowerCaseName, parseName } from '../../wire/text/name-text.ts'
import { RecordType } from '../../wire/record-type.ts'
import type { UpstreamQuestion } from '../exchange.ts'

export type AddressType = typeof RecordType.A | typeof RecordType.AAAA

export interface HostAnswer {
  /** Never empty. */
  readonly addresses: readonly string[]
  /** Seconds. */
  readonly ttl: number
}

const CLASS_IN = 1

/** Longer chains of aliases are mistakes. */
const MAX_ALIASES = 8

/** More are not needed, and each may cost an attempt. */
const MAX_ADDRESSES = 16

/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
const MAX_TTL = 0x7fff_ffff

/** @throws when the host is no domain name, which whoever configured it should have checked */
export function hostQuestion(host: string, type: AddressType): UpstreamQuestion {
  const name = parseName(host)
  if (typeof name === 'string') throw new Error(`${host} is no host name: ${name}`)
  return {
    question: Uint8Array.of(...lowerCaseName(name), 0, type, 0, CLASS_IN),
    dnssecOk: false,
    checkingDisabled: false,
    options: null,
    subnet: null,
  }
}

/** @returns null when the answer holds no address that one could connect to */
export function hostAnswer(answer: AnswerScan, type: AddressType): HostAnswer | null {
  if (answer.rcode !== Rcode.NoError) return null
  const { bytes, start, length } = answer
  const message = decodeMessage(bytes.slice(start, start + length))
  return typeof message === 'string' ? null : readAnswer(message, type)
}

/** Only what the question leads to counts; whatever else was put in does not. */
function readAnswer(message: Message, type: AddressType): HostAnswer | null {
  let owner = message.questions[0]!.name
  let ttl = MAX_TTL
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
    const own = message.answers.filter((one) => one.class === CLASS_IN && same(one.name, owner))
    const found = own.filter((one) => one.type === type)
    const alias = own.find((one) => one.type === RecordType.CNAME)
    for (const record of found.length > 0 || alias === undefined ? found : [alias]) {
      ttl = Math.min(ttl, record.ttl > MAX_TTL ? 0 : record.ttl)
    }
    if (found.length > 0) {
      const usable = found.filter(({ rdata }) => isHostAddress(rdata)).slice(0, MAX_ADDRESSES)
      const addresses = usable.map(({ rdata }) => formatAddress(rdata))
      return addresses.length === 0 ? null : { addresses, ttl }
    }
    if (alias === undefined) return null
    owner = alias.rdata
  }
  return null
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalIgnoringCase(a, 0, b, 0, a.length)
}

/** Not "any", multicast or broadcast, nor IPv4 in disguise or an address that needs a zone. */
function isHostAddress(octets: Uint8Array): boolean {
  if (octets.length === 4) return octets[0] !== 0 && octets[0]! < 224
  const linkLocal = octets[0] === 0xfe && (octets[1]! & 0xc0) === 0x80
  const embedded = octets.subarray(0, 12).every((octet, i) => octet === (i < 10 ? 0 : 0xff))
  const unspecified = octets.every((octet) => octet === 0)
  return octets[0] !== 0xff && !linkLocal && !embedded && !unspecified
}
