// What one kind of tampering is: what a client asks, what the upstream makes of each answer, and what
// the client may be told. Every case has zones of its own, so that many can be tried side by side.

import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import type { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { is, mapRecords } from '../attack/attack.ts'
import type { CaseZone } from './case-zone.ts'

export interface TamperCase {
  /** What the upstream does. */
  readonly title: string
  /** `label type` in the case's zone, `@` for its apex. */
  readonly question: string
  /** A plain zone with NSEC unless told otherwise. */
  readonly kind?: ZoneKind
  /** The zone's records; the hosts of all such zones unless told otherwise. */
  readonly text?: string
  readonly outcome: Outcome
  /** Made of each answer about the case's zone, those to the validator's own questions too. */
  readonly tamper: Tamper
}

/** How the zone is signed; `opt-out-parent` is below a zone whose NSEC3 records opt out. */
export type ZoneKind = 'nsec' | 'nsec3' | 'opt-out' | 'opt-out-parent'

export type Outcome =
  /** SERVFAIL with this info code (RFC 8914), and this text: see `textPattern`. */
  | { readonly is: 'bogus'; readonly code: number; readonly text: string }
  /** SERVFAIL for everybody: no answer to the question at all. */
  | { readonly is: 'malformed' }
  /** Data as the upstream has them, called secure by nobody. */
  | { readonly is: 'insecure'; readonly code?: number }
  /** What is true, and called secure: the tampering changes nothing that counts. */
  | { readonly is: 'honest' }
  /** What the zone signed, called secure, though it says something else by now. */
  | { readonly is: 'replayed' }
  /** The upstream's own failure: no data, called secure by nobody. */
  | { readonly is: 'failure'; readonly rcode: number }

export type Tamper = (honest: Message, asked: Asked, zone: CaseZone) => Message

export interface Asked {
  readonly name: Name
  readonly type: number
}

/** An address that is nobody's, and stands for what an attacker wants others to believe. */
export const FORGED = Uint8Array.of(198, 51, 100, 66)

/** Info codes (RFC 8914 §4). */
export const EDE = {
  Indeterminate: 5,
  Bogus: 6,
  Expired: 7,
  NotYetValid: 8,
  DnskeyMissing: 9,
  RrsigsMissing: 10,
  NsecMissing: 12,
  ExpiredBeforeValid: 25,
} as const

export function bogus(code: number, text: string): Outcome {
  return { is: 'bogus', code, text }
}

/** Tampers with the answer to one question alone: `label type`. */
export function only(question: string, tamper: Tamper): Tamper {
  const [label, type] = question.split(' ') as [string, TypeName]
  return (honest, asked, zone) =>
    asked.type === RecordType[type] && asked.name === zone.name(label)
      ? tamper(honest, asked, zone)
      : honest
}

/** Both sections, each record that fits changed, or left out by null. */
export function change(
  fits: (record: ResourceRecord) => boolean,
  into: (record: ResourceRecord) => ResourceRecord | null,
): (honest: Message) => Message {
  return (honest) => mapRecords(honest, (one) => (fits(one) ? into(one) : one))
}

export const data =
  (type: TypeName) =>
  (one: ResourceRecord): boolean =>
    is(one, type)

export const signatureOver =
  (type: TypeName) =>
  (one: ResourceRecord): boolean =>
    is(one, type, 'RRSIG')

/** A set and the signatures over it. */
export const signed =
  (type: TypeName) =>
  (one: ResourceRecord): boolean =>
    is(one, type) || is(one, type, 'RRSIG')

export const none = (): null => null

export function renamed(one: ResourceRecord, name: Name): ResourceRecord {
  return { ...one, name: nameOctets(name) }
}

/** A signature of the curve P-256 that names another signer. */
export function withSigner(signature: ResourceRecord, signer: Uint8Array): ResourceRecord {
  const { rdata } = signature
  const rest = rdata.subarray(-64)
  return { ...signature, rdata: Buffer.concat([rdata.subarray(0, 18), signer, rest]) }
}

export function record(name: Name, type: TypeName, rdata: Uint8Array, ttl = 300): ResourceRecord {
  return { name: nameOctets(name), type: RecordType[type], class: 1, ttl, rdata }
}

/** Records of a zone's answer to another question, proofs included. */
export function answerOf(zone: SignedZone, name: Name, type: TypeName) {
  const { rcode, answer, authority } = zone.answer(name, RecordType[type])
  return { rcode, answers: answer, authorities: authority }
}

/** A denial in the place of what is there. */
export function denied(
  honest: Message,
  rcode: number,
  authorities: readonly ResourceRecord[],
): Message {
  return { ...honest, rcode, answers: [], authorities }
}

/**
 * `$zone` stands for the case's zone, `$parent` for the one above, `#` for a number, `$time` for a time,
 * and `…` for anything.
 */
export function textPattern(text: string, zone: string): RegExp {
  const parent = zone.slice(zone.indexOf('.') + 1)
  const literal = text.replaceAll(/[.*+?^{}()|[\]\\]/g, String.raw`\$&`)
  const pattern = literal
    .replaceAll('$zone', zone.replaceAll('.', String.raw`\.`))
    .replaceAll('$parent', parent.replaceAll('.', String.raw`\.`))
    .replaceAll('$time', String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
    .replaceAll('#', String.raw`\d+`)
    .replaceAll('…', '.*')
  return new RegExp(`^${pattern}$`)
}
