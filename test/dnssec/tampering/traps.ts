// Zones of an attacker whose answers are as much work as they can be made: his parent knows his keys, and
// what he wants to be signed is signed (CVE-2023-50387, "KeyTrap"; CVE-2023-50868).

import { randomBytes } from 'node:crypto'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { writeRdata } from '../../../src/wire/codec/rdata-codec.ts'
import { writeUint16 } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { keyTagOf } from '../../../src/dnssec/dnskey.ts'
import { DEFAULT_WORK } from '../../../src/dnssec/budget.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import { isSignature, patched, without } from '../attack/attack.ts'
import {
  bogus,
  EDE,
  type Outcome,
  record,
  renamed,
  signed,
  type TamperCase,
  withSigner,
} from './case.ts'
import type { CaseZone } from './case-zone.ts'

export interface Trap extends TamperCase {
  /** A name in the zone for each number: alike, but for the number as its first label. */
  readonly label: (i: number) => string
  /** Checks of signatures and questions to upstreams that one question may cost at the most. */
  readonly signatures: number
  readonly questions: number
}

interface TrapSpec extends Partial<TamperCase> {
  readonly title: string
  readonly outcome: Outcome
  readonly label?: (i: number) => string
  readonly tamper: TamperCase['tamper']
  readonly signatures?: number
  readonly questions?: number
}

function trap(spec: TrapSpec): Trap {
  const label = spec.label ?? ((i: number) => `${i}.wild`)
  return {
    question: `${label(0)} A`,
    signatures: DEFAULT_WORK.signatures,
    // The name itself, and its zone's keys and delegation.
    questions: 8,
    ...spec,
    label,
  }
}

const TAG = 12_345
const RSASHA256 = 8
const SIGNATURE_LENGTH = 64

/** RDATA of an RSA key that nobody has; any odd number does for a modulus. */
function rsaKey(modulusLength: number, exponent: Uint8Array): Buffer {
  const modulus = randomBytes(modulusLength)
  modulus[0]! |= 0x80
  modulus[modulus.length - 1]! |= 1
  const length =
    exponent.length < 256 ? [exponent.length] : [0, exponent.length >> 8, exponent.length & 255]
  const key = Buffer.concat([Buffer.from(length), exponent, modulus])
  return Buffer.from(writeRdata('DNSKEY', { flags: 256, protocol: 3, algorithm: RSASHA256, key }))
}

const F4 = Buffer.of(1, 0, 1)

/** The same, of the tag that is wanted. */
function collidingKey(): Buffer {
  const rdata = rsaKey(128, F4)
  for (let value = 0; keyTagOf(rdata) !== TAG; value++) rdata.writeUInt16BE(value & 0xffff, 64)
  return rdata
}

const keyText = (rdata: Buffer): string =>
  `@ DNSKEY 256 3 ${RSASHA256} ${rdata.subarray(4).toString('base64')}\n`

const collidingKeys = Array.from({ length: 200 }, collidingKey)
const hugeModulus = rsaKey(2_048, F4)
const hugeExponent = rsaKey(256, Buffer.concat([randomBytes(255), Buffer.of(1)]))
const largest = rsaKey(512, Buffer.of(7, 255, 255, 255, 255))

const WILD = '*.wild A 192.0.2.4\n'

/** Signatures over the answer that are none, in the place of those that are. */
function badlySigned(
  honest: Message,
  count: number,
  change: (one: ResourceRecord) => ResourceRecord,
): Message {
  const answers = honest.answers.filter((one) => !isSignature(one))
  const genuine = honest.answers.find(isSignature)
  if (genuine === undefined) return honest
  const bad = Array.from({ length: count }, () => change(genuine))
  return { ...honest, answers: [...answers, ...bad] }
}

const noise = (one: ResourceRecord): ResourceRecord =>
  patched(one, one.rdata.length - SIGNATURE_LENGTH, ...randomBytes(SIGNATURE_LENGTH))

function byRsaKey(rdata: Buffer, length: number): (one: ResourceRecord) => ResourceRecord {
  const tag = keyTagOf(rdata)
  return (one) => {
    const head = one.rdata.subarray(0, one.rdata.length - SIGNATURE_LENGTH)
    const changed = Buffer.concat([head, randomBytes(length)])
    changed[2] = RSASHA256
    writeUint16(changed, 16, tag)
    return { ...one, rdata: changed }
  }
}

/** Sets of an attacker's own making, each with a signature that holds. */
function signedSets(zone: CaseZone, name: Name, types: readonly number[]): ResourceRecord[] {
  return types.flatMap((type) =>
    zone.zone.signed({
      name,
      owner: nameOctets(name),
      type,
      class: 1,
      ttl: 300,
      rdata: [randomBytes(8)],
    }),
  )
}

/** A label's name is long, and the one below it a pointer and three octets on the wire. */
function longNames(zone: CaseZone, count: number): Uint8Array[] {
  const room = 250 - zone.apex.length
  const labels: string[] = []
  for (let left = room; left > 4; left -= 64) {
    const length = Math.min(63, left - 1)
    labels.push(String.fromCharCode(length) + 'x'.repeat(length))
  }
  const end = labels.join('') + zone.apex
  return Array.from({ length: count }, (_, i) => {
    const label = i.toString(36).padStart(3, '0')
    return nameOctets(`\x03${label}${end}`)
  })
}

const deep = Array(110).fill('a').join('.')

export const traps: readonly Trap[] = [
  trap({
    title: '200 keys of one tag, and 300 signatures that name it',
    text: WILD + collidingKeys.map(keyText).join(''),
    outcome: bogus(EDE.Bogus, '….$zone A: … more than may be tried'),
    signatures: 6,
    tamper: (honest, { type }) =>
      type === RecordType.A ? badlySigned(honest, 300, byRsaKey(collidingKeys[0]!, 128)) : honest,
  }),
  trap({
    title: '64 KB of signatures over one address',
    text: WILD,
    outcome: bogus(EDE.Bogus, '….$zone A: … more than may be tried'),
    signatures: 6,
    tamper: (honest, { type }) =>
      type === RecordType.A ? badlySigned(honest, 520, noise) : honest,
  }),
  trap({
    title: '300 sets of records that are all signed rightly',
    text: WILD,
    outcome: bogus(EDE.Bogus, '….$zone …'),
    tamper: (honest, { name, type }, zone) => {
      if (type !== RecordType.A) return honest
      const types = Array.from({ length: 300 }, (_, number) => 65_280 - number)
      const sets = signedSets(zone, zone.name('*.wild'), types)
      return { ...honest, answers: [...honest.answers, ...sets.map((one) => renamed(one, name))] }
    },
  }),
  trap({
    title: 'a modulus of 16,384 bits',
    text: WILD + keyText(hugeModulus),
    outcome: bogus(EDE.Bogus, '….$zone A: … is by a key whose size is not supported'),
    signatures: 2,
    tamper: (honest, { type }) =>
      type === RecordType.A ? badlySigned(honest, 20, byRsaKey(hugeModulus, 2_048)) : honest,
  }),
  trap({
    title: 'an exponent as long as the modulus',
    text: WILD + keyText(hugeExponent),
    outcome: bogus(EDE.Bogus, '….$zone A: … is by a key whose size is not supported'),
    signatures: 2,
    tamper: (honest, { type }) =>
      type === RecordType.A ? badlySigned(honest, 150, byRsaKey(hugeExponent, 256)) : honest,
  }),
  trap({
    title: 'the dearest key that is allowed, and 100 signatures by it',
    text: WILD + keyText(largest),
    outcome: bogus(EDE.Bogus, '….$zone A: … more than may be tried'),
    signatures: 6,
    tamper: (honest, { type }) =>
      type === RecordType.A ? badlySigned(honest, 100, byRsaKey(largest, 512)) : honest,
  }),
  trap({
    title: '3,000 names that are short on the wire, and 255 octets each in canonical form',
    text: WILD,
    question: '@ NS',
    outcome: bogus(EDE.Bogus, '….$zone NS: … is over more octets than are looked at'),
    signatures: 1,
    tamper: (honest, { name, type }, zone) => {
      if (type !== RecordType.NS) return honest
      const [signature] = zone.honest(name, 'A').answers.filter(isSignature)
      const answers = longNames(zone, 3_000).map((rdata) => record(name, 'NS', rdata))
      const covering = patched(signature!, 0, 0, RecordType.NS)
      return badlySigned({ ...honest, rcode: 0, answers: [...answers, covering] }, 4, noise)
    },
  }),
  trap({
    title: 'hashes of 50 iterations for names of 110 labels (RFC 9276 §3.2)',
    text: WILD,
    label: (i) => `${i}.${deep}`,
    outcome: bogus(EDE.NsecMissing, '…'),
    tamper: (honest, { type }, zone) =>
      type === RecordType.A ? hashedDenial(honest, zone, [50]) : honest,
  }),
  trap({
    title: 'hashes of 2,500 iterations (RFC 9276 §3.2)',
    text: WILD,
    label: (i) => `${i}.${deep}`,
    outcome: { is: 'insecure', code: 27 },
    tamper: (honest, { type }, zone) =>
      type === RecordType.A ? hashedDenial(honest, zone, [2_500]) : honest,
  }),
  trap({
    title: 'hashes with 40 salts, each a chain of its own',
    text: WILD,
    label: (i) => `${i}.${deep}`,
    outcome: bogus(EDE.NsecMissing, '…'),
    tamper: (honest, { type }, zone) =>
      type === RecordType.A
        ? hashedDenial(
            honest,
            zone,
            Array.from({ length: 40 }, (_, i) => i + 10),
          )
        : honest,
  }),
  trap({
    title: 'a name of 110 labels below a signed zone, and nothing signed there',
    text: `${deep} TXT "at the end"\n`,
    label: (i) => `${i}.${deep}`,
    outcome: bogus(EDE.Bogus, '…'),
    questions: DEFAULT_WORK.questions + 8,
    tamper: (honest, { name, type }) =>
      type === RecordType.A
        ? {
            ...honest,
            rcode: 0,
            answers: [record(name, 'A', Buffer.of(192, 0, 2, 66))],
            authorities: [],
          }
        : honest,
  }),
  trap({
    title: 'signatures by a zone for each of 20 labels, of which none is one',
    text: WILD,
    label: (i) => `${i}.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.wild`,
    outcome: bogus(EDE.RrsigsMissing, '…'),
    questions: DEFAULT_WORK.questions + 8,
    tamper: (honest, { name, type }, zone) => {
      if (type !== RecordType.A) return honest
      const genuine = honest.answers.find(isSignature)!
      const signers: Name[] = []
      for (let at = name; at !== zone.apex; at = at.slice(at.charCodeAt(0) + 1)) signers.push(at)
      const answers = honest.answers.filter((one) => !isSignature(one))
      return {
        ...without(honest, (one) => signed('A')(one)),
        answers: [...answers, ...signers.map((signer) => withSigner(genuine, nameOctets(signer)))],
      }
    },
  }),
]

/** A denial by hashes that prove nothing, each record signed; one chain for each number of iterations. */
function hashedDenial(honest: Message, zone: CaseZone, iterations: readonly number[]): Message {
  const authorities = iterations.flatMap((count) => {
    const version = zone.version(`hashed ${count}`, {
      nsec3: { iterations: count, salt: Buffer.of(count & 255), optOut: false },
    })
    return version.denial!.sets.slice(0, 4).flatMap((set) => version.signed(set))
  })
  return { ...honest, rcode: 3, answers: [], authorities }
}

/** How often each trap is sprung; zones and keys are proven for all of these at once. */
export const QUESTIONS = 24

/** Zones of which each has an alias into the next. */
export const LINKS = 16

export function links(first: number): readonly Trap[] {
  return Array.from({ length: LINKS }, (_, i) =>
    trap({
      title: `an alias into the next of ${LINKS} zones: ${i}`,
      text: `*.hop ${i === LINKS - 1 ? 'A 192.0.2.1' : `CNAME end.hop.checked-${first + i + 1}.example.`}\n`,
      label: (n) => `${n}.hop`,
      outcome: { is: 'honest' },
      signatures: DEFAULT_WORK.signatures + DEFAULT_WORK.chainSignatures / QUESTIONS,
      questions: DEFAULT_WORK.questions + 8,
      tamper: (honest) => honest,
    }),
  )
}
