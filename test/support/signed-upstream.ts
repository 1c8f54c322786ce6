// DoT upstreams over a world of signed zones: root, `example` and below it zones that are right, broken
// or unsigned. What an upstream does to its answers is up to the test.

import { formatRecord } from '../../src/wire/text/message-text.ts'
import type { Message, ResourceRecord } from '../../src/wire/codec/message.ts'
import { decodeMessage } from '../../src/wire/codec/message.ts'
import { encodeMessage } from '../../src/wire/codec/message-encode.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { parseZone } from '../../src/wire/text/zone-text.ts'
import { readName } from '../../src/dnssec/name.ts'
import type { Nsec3Options } from '../../src/dnssec/signer/nsec3-chain.ts'
import { SignedWorld } from '../../src/dnssec/signer/signed-world.ts'
import { SignedZone } from '../../src/dnssec/signer/signed-zone.ts'
import { KeyFlag, SigningKey } from '../../src/dnssec/signer/signing-key.ts'
import type { TestCertificate } from './certificates.ts'
import { DotServer } from './dot-server.ts'

const ECDSA = 13
const DAY = 86_400

interface ZoneSpec {
  readonly origin: string
  readonly text: string
  readonly children?: readonly SignedZone[]
  readonly keys?: readonly SigningKey[]
  /** Days from now. */
  readonly from?: number
  readonly until?: number
  /** How existence is denied: NSEC by default. */
  readonly nsec3?: Nsec3Options
}

function keysOf(): SigningKey[] {
  return [
    new SigningKey({ algorithm: ECDSA, flags: KeyFlag.Zone | KeyFlag.EntryPoint }),
    new SigningKey({ algorithm: ECDSA }),
  ]
}

export function zoneOf({
  origin,
  text,
  children = [],
  keys = keysOf(),
  from = -1,
  until = 1,
  nsec3,
}: ZoneSpec) {
  const head = `$ORIGIN ${origin}\n$TTL 300\n@ SOA ns.example. admin.example. 1 2 3 4 60\n@ NS ns.example.\n`
  const { records, errors } = parseZone(head + text)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  const delegations = children.flatMap((child) => child.ds())
  const now = Math.floor(Date.now() / 1000)
  return new SignedZone({
    records: [...records, ...delegations],
    keys,
    inception: now + from * DAY,
    expiration: now + until * DAY,
    ...(nsec3 && { nsec3 }),
  })
}

/** Below `example.` zones that are right, broken or unsigned, each with `www` and an address. */
function usualZones(): SignedZone[] {
  const www = 'www A 192.0.2.1\nwww TXT "text"\n*.wild A 192.0.2.2\n'
  const secure = zoneOf({ origin: 'secure.example.', text: www })
  const expired = zoneOf({ origin: 'expired.example.', text: www, from: -10, until: -2 })
  const unsigned = zoneOf({ origin: 'unsigned.example.', text: www, keys: [] })
  const lame = zoneOf({ origin: 'lame.example.', text: www })
  const example = zoneOf({
    origin: 'example.',
    text: 'ns A 192.0.2.53\nsecure NS ns\nexpired NS ns\nunsigned NS ns\nlame NS ns\n',
    children: [secure, expired, lame],
  })
  const root = zoneOf({ origin: '.', text: 'example. NS ns.example.\n', children: [example] })
  // Signed with other keys than those that its parent knows.
  const other = zoneOf({ origin: 'lame.example.', text: www })
  return [root, example, secure, expired, unsigned, other]
}

export class SignedUpstreams {
  readonly world: SignedWorld
  /** The root's DS record as a file of trust anchors has it. */
  readonly anchors: string

  /** @param zones the root first */
  constructor(zones = usualZones()) {
    this.world = new SignedWorld(zones)
    this.anchors = zones[0]!.ds().map(formatRecord).join('\n') + '\n'
  }

  /** @param change what becomes of each answer on its way */
  start(
    certificate: TestCertificate,
    change: (message: Message) => Message = (message) => message,
  ): Promise<DotServer> {
    return DotServer.start({
      certificate,
      react: (query) => {
        const asked = decodeMessage(query.message)
        if (typeof asked === 'string') throw new Error(asked)
        query.connection.sendMessage(encodeMessage(change(this.answer(asked))))
      },
    })
  }

  answer({ id, questions, edns }: Message): Message {
    const [question] = questions as [Message['questions'][0]]
    const { rcode, answer, authority } = this.world.answer(
      readName(question.name, 0, 0),
      question.type,
    )
    const asked = edns !== null && (edns.flags & 0x8000) !== 0
    const keep = (records: readonly ResourceRecord[]) =>
      asked ? records : records.filter(({ type }) => type === question.type || !isDnssec(type))
    return {
      id,
      // A liar's AD.
      flags: 0x81a0,
      opcode: 0,
      rcode,
      questions,
      answers: keep(answer),
      authorities: keep(authority),
      additionals: [],
      edns: { udpSize: 1232, version: 0, flags: asked ? 0x8000 : 0, options: [] },
    }
  }
}

export function isDnssec(type: number): boolean {
  return type === RecordType.RRSIG || type === RecordType.NSEC || type === RecordType.NSEC3
}

/** As an upstream answers that knows nothing of DNSSEC. */
export function stripped(message: Message): Message {
  const without = (records: Message['answers']) => records.filter(({ type }) => !isDnssec(type))
  return {
    ...message,
    answers: without(message.answers),
    authorities: without(message.authorities),
  }
}
