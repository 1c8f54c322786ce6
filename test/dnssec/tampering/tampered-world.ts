// A world of signed zones from the root down with two zones for each case of tampering, and DoT upstreams
// that serve it: honest ones, and those that tamper with all that is said about the case's zones.

import {
  decodeMessage,
  type Message,
  type ResourceRecord,
} from '../../../src/wire/codec/message.ts'
import { encodeMessage } from '../../../src/wire/codec/message-encode.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { formatRecord } from '../../../src/wire/text/message-text.ts'
import { type Name, nameOctets, parentOf, readName } from '../../../src/dnssec/name.ts'
import { SignedWorld } from '../../../src/dnssec/signer/signed-world.ts'
import type { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { nameOf } from '../attack/attack-world.ts'
import type { TestCertificate } from '../../support/certificates.ts'
import { DotServer } from '../../support/dot-server.ts'
import type { TamperCase } from './case.ts'
import { CaseZone, GOOD_HOSTS, makeZone, optOut, type ZoneVersion } from './case-zone.ts'

/** What clients ask first of a case's zone: checked data, or those that nobody checks. */
export const ORDERS = ['checked', 'unchecked'] as const
export type Order = (typeof ORDERS)[number]

/** QR, RD, RA, CD, and the AD that a liar sets. */
const FLAGS = 0x81b0

const DNSSEC_OK = 0x8000

interface Tampered {
  readonly zone: CaseZone
  readonly case: TamperCase
}

export class TamperedWorld {
  /** The root's DS record as a file of trust anchors has it. */
  readonly anchors: string
  readonly #world: SignedWorld
  readonly #zones: ReadonlyMap<Name, SignedZone>
  readonly #byApex = new Map<Name, Tampered>()
  readonly #byCase = new Map<TamperCase, Readonly<Record<Order, CaseZone>>>()

  constructor(cases: readonly TamperCase[]) {
    const made: CaseZone[] = []
    for (const [i, one] of cases.entries()) {
      const zones = ORDERS.map((order) => this.#zoneFor(one, `${order}-${i}`))
      made.push(...zones)
      this.#byCase.set(one, { checked: zones[0]!, unchecked: zones[1]! })
    }
    const good = makeZone('good.example.', { text: GOOD_HOSTS })
    const unsigned = makeZone('unsigned.example.', { text: GOOD_HOSTS, keys: [] })
    const example = parentZone('example.', [...made.map(({ zone }) => zone), good], ['unsigned'])
    const test = parentZone(
      'test.',
      made.map(({ zone }) => zone),
      ['unsigned'],
      optOut,
    )
    const root = makeZone('.', { text: cuts(['example', 'test']), children: [example, test] })
    this.anchors = `${root.ds().map(formatRecord).join('\n')}\n`
    const zones = [root, example, test, good, unsigned, ...made.map(({ zone }) => zone)]
    this.#zones = new Map(zones.map((zone) => [zone.apex, zone]))
    this.#world = new SignedWorld(zones)
  }

  zoneOf(one: TamperCase, order: Order): CaseZone {
    return this.#byCase.get(one)![order]
  }

  /** What an honest upstream says. */
  honest(name: Name, type: number): Message {
    const { rcode, answer, authority } = this.#world.answer(name, type)
    return {
      id: 0,
      flags: FLAGS,
      opcode: 0,
      rcode,
      questions: [{ name: nameOctets(name), type, class: 1 }],
      answers: answer,
      authorities: authority,
      additionals: [],
      edns: { udpSize: 1232, version: 0, flags: DNSSEC_OK, options: [] },
    }
  }

  /** What an upstream that tampers says. */
  tampered(name: Name, type: number): Message {
    const honest = this.honest(name, type)
    for (let at = name; ; at = parentOf(at)) {
      const found = this.#byApex.get(at)
      if (found !== undefined) return found.case.tamper(honest, { name, type }, found.zone)
      if (at.length === 1) return honest
    }
  }

  /** An upstream that tampers. */
  start(certificate: TestCertificate): Promise<DotServer> {
    return this.serve(certificate)
  }

  /** An upstream that says what it is told to; see `replyTo`. */
  serve(
    certificate: TestCertificate,
    say?: (name: Name, type: number) => Message,
  ): Promise<DotServer> {
    return DotServer.start({
      certificate,
      react: ({ message, connection }) => connection.sendMessage(this.replyTo(message, say)),
    })
  }

  /** The answer to a query, as octets; what an upstream says that tampers, unless told otherwise. */
  replyTo(
    query: Uint8Array,
    say = (name: Name, type: number): Message => this.tampered(name, type),
  ): Uint8Array {
    const { id, questions, edns } = decodeMessage(query) as Message
    const [{ name, type }] = questions as [Message['questions'][0]]
    const said = say(readName(name, 0, 0), type)
    const isDo = ((edns?.flags ?? 0) & DNSSEC_OK) !== 0
    const answer = isDo ? said : withoutDnssec(said)
    return encodeMessage({ ...answer, id, questions })
  }

  #zoneFor(one: TamperCase, label: string): CaseZone {
    const parent = one.kind === 'opt-out-parent' ? 'test.' : 'example.'
    const zone = new CaseZone(`${label}.${parent}`, one, {
      honest: (name, type) => this.honest(name, type),
      zone: (apex) => this.#zones.get(apex)!,
    })
    this.#byApex.set(zone.apex, { zone, case: one })
    return zone
  }
}

/** As it is for those who did not set DO (RFC 3225 §3). */
export function withoutDnssec(message: Message): Message {
  const [{ type }] = message.questions as [Message['questions'][0]]
  const keep = (records: readonly ResourceRecord[]) =>
    records.filter((record) => record.type === type || !DNSSEC_TYPES.has(record.type))
  const { answers, authorities, edns } = message
  return {
    ...message,
    answers: keep(answers),
    authorities: keep(authorities),
    edns: edns === null ? null : { ...edns, flags: 0 },
  }
}

const DNSSEC_TYPES: ReadonlySet<number> = new Set([
  RecordType.RRSIG,
  RecordType.NSEC,
  RecordType.NSEC3,
])

/** @param all of which those right below it are its children; `unsigned` has labels of others */
function parentZone(
  apex: string,
  all: readonly SignedZone[],
  unsigned: readonly string[],
  nsec3: ZoneVersion['nsec3'] = null,
): SignedZone {
  const children = all.filter((zone) => parentOf(zone.apex) === nameOf(apex))
  const labels = children.map((zone) => zone.apex.slice(1, 1 + zone.apex.charCodeAt(0)))
  return makeZone(apex, { text: cuts([...labels, ...unsigned]), children, nsec3 })
}

function cuts(labels: readonly string[]): string {
  return labels.map((label) => `${label} NS ns.good.example.\n`).join('')
}
