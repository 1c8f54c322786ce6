// How clients that ask without encryption find our encrypted doors: `_dns.resolver.arpa` (RFC 9462
// §4), and `_dns` below the name that a client knows us by (RFC 9461 §3). All else under
// resolver.arpa ends here as well: that zone is every resolver's own (RFC 9462 §6.4, RFC 6303).

import { isIPv4 } from 'node:net'
import type { Message } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { HEADER_LENGTH, writeUint16 } from '../wire/header.ts'
import { equalIgnoringCase } from '../wire/name.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import { RecordClass, RecordType } from '../wire/record-type.ts'
import { parseName } from '../wire/text/name-text.ts'
import { parseZone } from '../wire/text/zone-text.ts'
import { emptyAnswer } from './finish.ts'
import { type LocalAnswers, MAX_LOCAL_ANSWER } from './local-answers.ts'

/** An encrypted door. Everything in it can be cloned. */
export interface Designation {
  /** The name that its certificate carries, without the final dot. */
  readonly name: string
  /** Protocols by ALPN: `dot`, or those of HTTP. */
  readonly alpn: readonly string[]
  readonly port: number
  /** Where DoH is served; null for DoT. */
  readonly path: string | null
  /** IPv4 and IPv6 text; none when it listens on every local address. */
  readonly addresses: readonly string[]
}

/** Seconds that clients may keep what they learn here: a reload may change it. */
const TTL = 300

const ARPA = nameOf('resolver.arpa')
const DNS_LABEL = nameOf('_dns').subarray(0, 5)

/** An empty zone's (RFC 6303 §3). */
const SOA = `resolver.arpa. ${TTL} IN SOA resolver.arpa. nobody.invalid. 1 3600 1200 604800 ${TTL}`
const NS = `resolver.arpa. ${TTL} IN NS resolver.arpa.`

/** Octets kept free for the question and what `Finish` appends. */
const APPENDIX = 320

/** The records of an answer: their numbers by section, then they themselves, uncompressed. */
interface Sections {
  readonly answers: number
  readonly authorities: number
  readonly additionals: number
  readonly octets: Uint8Array
}

interface OwnName {
  /** `_dns` and the name behind it. */
  readonly name: Uint8Array
  readonly designated: Sections
}

export class Discovery implements LocalAnswers {
  /** That of resolver.arpa; null when there is no encrypted door that has a name. */
  readonly #designated: Sections | null
  readonly #ownNames: readonly OwnName[]
  readonly #soa = sections(SOA, '', '')
  readonly #ns = sections(NS, '', '')
  readonly #nothing = sections('', SOA, '')

  /** @param designations the preferred first */
  constructor(designations: readonly Designation[]) {
    this.#designated =
      designations.length === 0 ? null : designated('_dns.resolver.arpa', designations)
    this.#ownNames = [...new Set(designations.map(({ name }) => name))].map((name) => ({
      name: nameOf(`_dns.${name}`),
      designated: designated(
        `_dns.${name}`,
        designations.filter((one) => one.name === name),
      ),
    }))
  }

  answer(query: QueryScan, out: Uint8Array, outStart: number): number {
    const found = query.class === RecordClass.IN ? this.#find(query) : null
    return found === null ? 0 : compose(query, found, out, outStart)
  }

  #find(query: QueryScan): Sections | null {
    const above = query.nameLength - ARPA.length
    if (above >= 0 && endsIn(query, ARPA, above)) return this.#underArpa(query, above)
    // Who wants signatures gets what the owner of the name has published.
    if (query.type !== RecordType.SVCB || query.dnssecOk) return null
    for (const { name, designated: found } of this.#ownNames) {
      if (query.nameLength === name.length && endsIn(query, name, 0)) return found
    }
    return null
  }

  /** @param above octets of labels before resolver.arpa */
  #underArpa(query: QueryScan, above: number): Sections {
    const { type } = query
    if (above === 0 && type === RecordType.SOA) return this.#soa
    if (above === 0 && type === RecordType.NS) return this.#ns
    const isDns = above === DNS_LABEL.length && startsWith(query, DNS_LABEL)
    return (isDns && type === RecordType.SVCB ? this.#designated : null) ?? this.#nothing
  }
}

/** Whether the queried name is `name`, with labels of `above` octets before it. */
function endsIn(query: QueryScan, name: Uint8Array, above: number): boolean {
  const { bytes } = query
  const start = query.start + HEADER_LENGTH
  if (!equalIgnoringCase(bytes, start + above, name, 0, name.length)) return false
  let at = 0
  while (at < above) at += bytes[start + at]! + 1
  return at === above
}

function startsWith(query: QueryScan, label: Uint8Array): boolean {
  return equalIgnoringCase(query.bytes, query.start + HEADER_LENGTH, label, 0, label.length)
}

function compose(query: QueryScan, found: Sections, out: Uint8Array, start: number): number {
  const length = emptyAnswer(out, start, query)
  writeUint16(out, start + 6, found.answers)
  writeUint16(out, start + 8, found.authorities)
  writeUint16(out, start + 10, found.additionals)
  out.set(found.octets, start + length)
  return length + found.octets.length
}

/** As many as there is room for: what comes last is needed least. */
function designated(owner: string, designations: readonly Designation[]): Sections {
  for (let count = designations.length; ; count--) {
    const some = designations.slice(0, count)
    const services = some.map((one, i) => serviceText(owner, one, i + 1)).join('\n')
    const addresses = [...new Set(some.flatMap(addressTexts))].join('\n')
    // The addresses spare clients two queries (RFC 9462 §4), but the hints tell the same.
    for (const additionals of [addresses, '']) {
      const found = sections(services, '', additionals)
      if (found.octets.length <= MAX_LOCAL_ANSWER - APPENDIX) return found
    }
  }
}

function serviceText(owner: string, designation: Designation, priority: number): string {
  const { name, alpn, port, path, addresses } = designation
  const ipv4 = addresses.filter(isIPv4)
  const ipv6 = addresses.filter((one) => !isIPv4(one))
  const params = [`alpn=${alpn.join(',')}`, `port=${port}`]
  if (ipv4.length > 0) params.push(`ipv4hint=${ipv4.join(',')}`)
  if (ipv6.length > 0) params.push(`ipv6hint=${ipv6.join(',')}`)
  if (path !== null) params.push(`dohpath="${path}{?dns}"`)
  return `${owner}. ${TTL} IN SVCB ${priority} ${name}. ${params.join(' ')}`
}

function addressTexts({ name, addresses }: Designation): string[] {
  return addresses.map((one) => `${name}. ${TTL} IN ${isIPv4(one) ? 'A' : 'AAAA'} ${one}`)
}

/** @param answers records as a zone file has them, as the other two */
function sections(answers: string, authorities: string, additionals: string): Sections {
  const message: Message = {
    id: 0,
    flags: 0,
    opcode: 0,
    rcode: 0,
    questions: [],
    answers: recordsOf(answers),
    authorities: recordsOf(authorities),
    additionals: recordsOf(additionals),
    edns: null,
  }
  return {
    answers: message.answers.length,
    authorities: message.authorities.length,
    additionals: message.additionals.length,
    octets: encodeMessage(message, { compress: false }).slice(HEADER_LENGTH),
  }
}

function recordsOf(text: string): Message['answers'] {
  const { records, errors } = parseZone(text)
  if (errors.length > 0) throw new Error(`${errors[0]!.message}: ${text}`)
  return records
}

function nameOf(text: string): Uint8Array {
  const name = parseName(text)
  if (typeof name === 'string') throw new Error(`${text}: ${name}`)
  return name
}
