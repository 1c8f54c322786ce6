// Answers as an upstream would make them that knows DNSSEC, and has a signed zone of its own: beside the
// changes of signed-mutations.ts, sets and signatures in each other's place, answers to other questions
// under this one's name, and whatever the attacker's keys can sign.

import { isAtOrBelow, nameOctets, type Name, parentOf, readName, ROOT } from '../src/dnssec/name.ts'
import { SetSigner } from '../src/dnssec/signer/set-signer.ts'
import type { SignedZone } from '../src/dnssec/signer/signed-zone.ts'
import { canonicalRdata } from '../src/wire/codec/rdata-codec.ts'
import type { Message, ResourceRecord } from '../src/wire/codec/message.ts'
import { RecordType } from '../src/wire/record-type.ts'
import { hostileKeys, impostorsOf } from './hostile-keys.ts'
import type { Mutator } from './mutator.ts'
import { mutateAnswer } from './signed-mutations.ts'

type Below = Mutator['below']

const { A, AAAA, TXT, DS } = RecordType

export interface Attacker {
  /** Honest answers whose parts may be used. */
  readonly answers: readonly Message[]
  /** The zone whose keys it has. */
  readonly zone: SignedZone
  /** Apexes of the zones that it would like to speak for. */
  readonly victims: readonly Name[]
  /** Those zones that have keys, and what was or will be in them. */
  readonly signed: readonly SignedZone[]
  /** When its signatures hold, in seconds since 1970. */
  readonly inception: number
  readonly expiration: number
}

/** One to three lies made of an answer. */
export function hostileAnswer(honest: Message, attacker: Attacker, below: Below): Message {
  let message = honest
  for (let lies = 1 + below(3); lies > 0; lies--) message = lie(message, attacker, below)
  return message
}

function lie(message: Message, attacker: Attacker, below: Below): Message {
  const isOfKeys = message.questions[0]!.type === RecordType.DNSKEY
  if (isOfKeys && below(2) === 0) return hostileKeys(message, attacker, below)
  switch (below(10)) {
    case 0:
      return swapped(message, below)
    case 1:
      return doubled(message, below)
    case 2:
      return replayed(message, pick(attacker.answers, below), below)
    case 3:
    case 4:
      return forged(message, attacker, below)
    case 5:
      return outOfTime(message, attacker, below)
    case 6:
      // What is there says that there is nothing, or the other way round.
      return { ...message, rcode: 3 - (message.rcode & 3) }
    default:
      return mutateAnswer(message, attacker.answers, below)
  }
}

function pick<T>(all: readonly T[], below: Below): T {
  return all[below(all.length)]!
}

/** Two records' RDATA in each other's place: data, or the signatures over two sets. */
function swapped(message: Message, below: Below): Message {
  const all = [...message.answers, ...message.authorities]
  if (all.length < 2) return message
  const one = pick(all, below)
  const alike = all.filter(({ type }) => type === one.type)
  const other = pick(below(2) === 0 ? alike : all, below)
  const swap = (record: ResourceRecord): ResourceRecord => {
    if (record === one) return { ...one, rdata: other.rdata }
    return record === other ? { ...other, rdata: one.rdata } : record
  }
  const [answers, authorities] = [message.answers.map(swap), message.authorities.map(swap)]
  return { ...message, answers, authorities }
}

/** A signature many times over, half of them broken, in front of the others or behind them. */
function doubled(message: Message, below: Below): Message {
  const section = below(2) === 0 ? 'answers' : 'authorities'
  const signatures = message[section].filter(({ type }) => type === RecordType.RRSIG)
  if (signatures.length === 0) return message
  const one = pick(signatures, below)
  const copies = Array.from({ length: 1 + below(40) }, (_, i) => {
    const rdata = Uint8Array.from(one.rdata)
    if (i % 2 === 0) rdata[rdata.length - 1 - below(16)]! ^= 1 << below(8)
    return { ...one, rdata }
  })
  const records = message[section]
  return {
    ...message,
    [section]: below(2) === 0 ? [...copies, ...records] : [...records, ...copies],
  }
}

/** Another question's answer, its names made to fit this question. */
function replayed(message: Message, other: Message, below: Below): Message {
  const asked = message.questions[0]!.name
  const was = other.questions[0]!.name
  const isSame = (name: Uint8Array): boolean => Buffer.compare(name, was) === 0
  const renamed = (records: readonly ResourceRecord[]): ResourceRecord[] =>
    records.map((record) => (isSame(record.name) ? { ...record, name: asked } : record))
  const { rcode } = other
  const answers = renamed(other.answers)
  const authorities = below(2) === 0 ? other.authorities : message.authorities
  return { ...message, rcode, answers, authorities }
}

/** A set of somebody else's, changed or not, signed with the attacker's keys in anybody's name. */
function forged(message: Message, attacker: Attacker, below: Below): Message {
  const source = below(2) === 0 ? message : pick(attacker.answers, below)
  const all = [...source.answers, ...source.authorities]
  const model = all[below(all.length)]
  if (model === undefined || model.type === RecordType.RRSIG) return message
  const records = signedSet(model, attacker, below)
  const section = below(2) === 0 ? 'answers' : 'authorities'
  const owner = records[0]!.name
  const kept = message[section].filter(({ name }) => Buffer.compare(name, owner) !== 0)
  return { ...message, [section]: [...(below(2) === 0 ? kept : message[section]), ...records] }
}

function signedSet(model: ResourceRecord, attacker: Attacker, below: Below): ResourceRecord[] {
  const { zone, inception, expiration } = attacker
  const owner = ownerFor(model.name, attacker, below)
  const name = readName(owner, 0, 0)
  const rdata = Uint8Array.from(model.rdata)
  if (CHANGEABLE.has(model.type) && below(2) === 0) rdata[rdata.length - 1]! ^= 1
  const { type, class: recordClass, ttl } = model
  const signer = signerFor(name, attacker, below)
  const impostors = below(2) === 0 ? impostorsOf(signer, attacker, below) : []
  const keys = impostors.length > 0 ? impostors : zone.keys
  const set = { name, owner, type, class: recordClass, ttl, rdata: [canonicalRdata(type, rdata)] }
  const signatures = new SetSigner({ zone: signer, keys, inception, expiration }).sign(set)
  // A wildcard that was signed may stand for a name.
  const shown = below(4) === 0 ? expanded(name) : owner
  const common = { name: shown, class: recordClass, ttl }
  return [
    { ...common, type, rdata },
    ...signatures.map((one) => ({ ...common, type: RecordType.RRSIG, rdata: one })),
  ]
}

/** Types whose last octet may be any. */
const CHANGEABLE: ReadonlySet<number> = new Set([A, AAAA, TXT, DS])

/** The attacker's own zone, the one that the name is in, or any. */
function signerFor(name: Name, { zone, victims }: Attacker, below: Below): Name {
  switch (below(4)) {
    case 0:
      return pick(victims, below)
    case 1:
      return victims
        .filter((apex) => isAtOrBelow(name, apex))
        .reduce((found, apex) => (apex.length > found.length ? apex : found), ROOT)
    default:
      return zone.apex
  }
}

/** Seconds: a month. */
const MONTH = 30 * 86_400

/** Other data, rightly signed by a zone above them: a month ago for ten days, or a month from now. */
function outOfTime(message: Message, { signed, inception }: Attacker, below: Below): Message {
  const all = [...message.answers, ...message.authorities]
  const model = all[below(all.length)]
  if (model === undefined || model.type === RecordType.RRSIG) return message
  const { name: owner, type, class: recordClass, ttl } = model
  const name = readName(owner, 0, 0)
  const above = signed.filter(({ apex }) => isAtOrBelow(name, apex))
  const zone = above[below(above.length)]
  if (zone === undefined) return message
  const rdata = Uint8Array.from(model.rdata)
  rdata[below(rdata.length)]! ^= 1
  const from = inception + (below(2) === 0 ? -MONTH : MONTH)
  const validity = { inception: from, expiration: from + MONTH / 3 }
  const form = canonicalRdata(type, rdata)
  const set = { name, owner, type, class: recordClass, ttl, rdata: [form] }
  const signatures = new SetSigner({ zone: zone.apex, keys: zone.keys, ...validity }).sign(set)
  const common = { name: owner, class: recordClass, ttl }
  const records = [
    { ...common, type, rdata },
    ...signatures.map((one) => ({ ...common, type: RecordType.RRSIG, rdata: one })),
  ]
  const section = message.answers.includes(model) ? 'answers' : 'authorities'
  const isOther = (record: ResourceRecord): boolean => Buffer.compare(record.name, owner) !== 0
  return { ...message, [section]: [...message[section].filter(isOther), ...records] }
}

/** The model's own name, one of the attacker's, or one that it has no say about. */
function ownerFor(model: Uint8Array, { zone, victims }: Attacker, below: Below): Uint8Array {
  const label = [model[0]!, ...model.subarray(1, 1 + model[0]!)]
  const under = (apex: Name): Uint8Array => {
    const octets = nameOctets(apex)
    const isTooLong = model[0] === 0 || label.length + octets.length > 255
    return isTooLong ? octets : Uint8Array.of(...label, ...octets)
  }
  switch (below(6)) {
    case 0:
      return nameOctets(zone.apex)
    case 1:
      return under(zone.apex)
    case 2:
      return under(pick(victims, below))
    case 3:
      return under(parentOf(zone.apex))
    default:
      return model
  }
}

function expanded(name: Name): Uint8Array {
  const rest = name === ROOT ? name : parentOf(name)
  return nameOctets(`\x04wild${rest}`)
}
