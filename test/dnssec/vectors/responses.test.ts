// The responses of RFC 4035 Appendix B and RFC 5155 Appendix B as a whole, judged as RFC 4035 Appendix C
// and RFC 5155 §8 say, each with what must not pass for it: one octet changed, and another time.
//
// A forwarder never gets the referrals among them. What they prove is asked for as DS records, and is
// judged as the answer to that; and as part of the chain for a name below.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ZoneAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { Security, type Verdict } from '../../../src/dnssec/verdict.ts'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { ExtendedError } from '../../../src/wire/edns.ts'
import { readUint16 } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { formatName } from '../../../src/wire/text/name-text.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { nameOf } from '../attack/attack-world.ts'
import { RFC4035_TIME, rfc4035Delegations, rfc4035Responses } from './rfc4035.ts'
import { RFC5155_TIME, rfc5155Delegations, rfc5155Responses } from './rfc5155.ts'
import { dsOf, keyAnchor, RootAbove, VectorRig } from './vector-rig.ts'
import { type VectorResponse, VectorZone } from './vector-zone.ts'

const { Secure, Insecure, Bogus, Indeterminate } = Security
const EXAMPLE = nameOf('example.')

interface Expected {
  readonly security: Security
  /** What the verdict hangs on: each octet of it counts. */
  readonly signed: readonly string[]
}

interface Vector {
  readonly rfc: number
  readonly file: string
  readonly now: number
  /** When its signatures begin and end to hold, in seconds since 1970. */
  readonly from: number
  readonly to: number
  readonly responses: readonly VectorResponse[]
  /** Answers to questions for DS, in place of the referrals. */
  readonly delegations: readonly VectorResponse[]
  readonly expected: Readonly<Record<string, Expected>>
}

const vectors: readonly Vector[] = [
  {
    rfc: 4035,
    file: 'rfc4035.zone',
    now: RFC4035_TIME,
    from: Date.UTC(2004, 3, 9, 18, 36, 19) / 1_000,
    to: Date.UTC(2004, 4, 9, 18, 36, 19) / 1_000,
    responses: rfc4035Responses,
    delegations: rfc4035Delegations,
    expected: {
      'B.1': { security: Secure, signed: ['x.w.example. MX'] },
      'B.2': { security: Secure, signed: ['example. SOA', 'b.example. NSEC', 'example. NSEC'] },
      'B.3': { security: Secure, signed: ['example. SOA', 'ns1.example. NSEC'] },
      'B.4': { security: Secure, signed: ['a.example. DS'] },
      'B.5': { security: Secure, signed: ['example. SOA', 'b.example. NSEC'] },
      'B.6': { security: Secure, signed: ['a.z.w.example. MX', 'x.y.w.example. NSEC'] },
      'B.7': {
        security: Secure,
        signed: ['example. SOA', 'x.y.w.example. NSEC', '*.w.example. NSEC'],
      },
    },
  },
  {
    rfc: 5155,
    file: 'rfc5155.zone',
    now: RFC5155_TIME,
    from: Date.UTC(2005, 9, 21) / 1_000,
    to: Date.UTC(2015, 3, 20, 23, 59, 59) / 1_000,
    responses: rfc5155Responses,
    delegations: rfc5155Delegations,
    // All its NSEC3 records have the opt-out bit set: where a proof hangs on one that covers a name, and
    // does not match it, the answer must not count as secure (RFC 5155 §9.2).
    expected: {
      'B.1': { security: Insecure, signed: nsec3s('0p9mhave', 'b4um86eg', '35mthgpg') },
      'B.2': { security: Secure, signed: ['example. SOA', ...nsec3s('2t7b4g4v')] },
      'B.2.1': { security: Secure, signed: ['example. SOA', ...nsec3s('ji6neoae')] },
      'B.3': { security: Insecure, signed: nsec3s('35mthgpg', '0p9mhave') },
      'B.4': { security: Insecure, signed: ['a.z.w.example. MX', ...nsec3s('q04jkcev')] },
      // Without the third one, of the wildcard, it is still that: the opt-out bit in the second says that
      // an unsigned delegation may be there (RFC 5155 §8.6).
      'B.5': { security: Insecure, signed: nsec3s('k8udemvp', 'q04jkcev') },
    },
  },
]

/** Owners, by the hash's beginning. */
function nsec3s(...hashes: readonly string[]): string[] {
  return hashes.map((hash) => `${hash}* NSEC3`)
}

/** `owner type`, of a signature with the type covered. */
function labelOf(record: ResourceRecord): string {
  const { name, type, rdata } = record
  return `${formatName(name)} ${formatType(type === RecordType.RRSIG ? readUint16(rdata, 0) : type)}`
}

function isOf(record: ResourceRecord, set: string): boolean {
  const [hash, rest] = set.split('*') as [string, string?]
  const label = labelOf(record)
  return set.startsWith('*') || rest === undefined
    ? label === set
    : label.startsWith(hash) && label.endsWith(rest)
}

/** The message with one bit of a set's data, or of the signature over it, turned over. */
function changed(message: Message, set: string, what: 'data' | 'signature'): Message {
  let count = 0
  const change = (record: ResourceRecord): ResourceRecord => {
    const isSignature = record.type === RecordType.RRSIG
    if (!isOf(record, set) || isSignature !== (what === 'signature') || count > 0) return record
    count++
    const rdata = Uint8Array.from(record.rdata)
    // The preference, or what is last: of a digest, a bitmap, an address, a number.
    rdata[record.type === RecordType.MX ? 1 : rdata.length - 1]! ^= 1
    return { ...record, rdata }
  }
  const answers = message.answers.map(change)
  const authorities = message.authorities.map(change)
  assert.equal(count, 1, set)
  return { ...message, answers, authorities }
}

function assertBogus(verdict: Verdict, code: number, text: RegExp): void {
  assert.equal(verdict.security, Bogus)
  assert.equal(verdict.fault?.code, code, verdict.fault?.text)
  assert.match(verdict.fault!.text, text)
  assert.equal(verdict.ttls, null)
}

for (const vector of vectors) {
  const { rfc, file, now, from, to, expected } = vector
  const zone = new VectorZone(file)
  const keys = zone.records.filter(({ type }) => type === RecordType.DNSKEY)
  const entryPoints = keys.map(({ rdata }) => rdata).filter((rdata) => rdata[1] === 1)
  const root = new RootAbove(
    EXAMPLE,
    entryPoints.map((rdata) => dsOf(EXAMPLE, rdata)),
    now,
  )
  const ofZone = new Map(
    [
      ...vector.delegations,
      { section: 'A', question: 'example. DNSKEY', answer: ['example. DNSKEY'], authority: [] },
    ].map((response) => [response.question, zone.response(response)]),
  )
  const known = (question: string): Message | null => {
    const [owner, type] = question.split(' ') as [string, keyof typeof RecordType]
    if (owner === '.' || question === 'example. DS')
      return root.answer(nameOf(owner), RecordType[type])
    return ofZone.get(question) ?? null
  }
  const anchors: readonly (readonly [string, ZoneAnchors])[] = [
    ['the zone’s own key', keyAnchor(EXAMPLE, entryPoints)],
    ['the root’s key', root.anchor],
  ]
  // The delegations stand in for the referrals.
  const sections = new Map(vector.responses.map((response) => [response.section, response]))
  for (const response of vector.delegations) sections.set(response.section, response)

  describe(`RFC ${rfc} Appendix B`, () => {
    for (const [section, { security, signed }] of Object.entries(expected)) {
      const response = sections.get(section)!
      const message = zone.response(response)
      const title = `${section} ${response.title!}, ${response.question}`

      for (const [what, anchor] of anchors) {
        it(`${title}: ${security}, from ${what}`, async () => {
          const rig = new VectorRig({ now, anchors: [anchor], world: known })
          const verdict = await rig.judge(message)
          assert.equal(verdict.security, security, verdict.fault?.text)
          assert.equal(verdict.fault, null)
          if (security !== Secure) return
          // Nothing else goes on, and nothing for longer than it may.
          const records = [...message.answers, ...message.authorities]
          for (const [place, record] of records.entries()) {
            const isProven = signed.some((set) => isOf(record, set))
            assert.equal(verdict.ttls![place], isProven ? 3_600 : -1, labelOf(record))
          }
        })
      }

      for (const set of signed) {
        for (const what of ['data', 'signature'] as const) {
          it(`${title}: bogus with one octet of ${set} changed, ${what}`, async () => {
            const rig = new VectorRig({ now, anchors: [anchors[0]![1]], world: known })
            assertBogus(
              await rig.judge(changed(message, set, what)),
              ExtendedError.DnssecBogus,
              /does not match the data$/,
            )
          })
        }
      }

      it(`${title}: bogus after expiration, and before inception`, async () => {
        const at = async (time: number): Promise<Verdict> =>
          await new VectorRig({ now: time, anchors: [anchors[0]![1]], world: known }).judge(message)
        assertBogus(await at(to + 301), ExtendedError.SignatureExpired, /expired at 20/)
        assertBogus(await at(from - 301), ExtendedError.SignatureNotYetValid, /not valid before 20/)
        assert.equal((await at(to)).security, security)
        assert.equal((await at(from)).security, security)
      })
    }
  })

  describeReferrals(vector, zone, anchors, known)
  describeChild(vector, zone, anchors, known)
}

function describeReferrals(
  { rfc, now, responses, delegations }: Vector,
  zone: VectorZone,
  anchors: readonly (readonly [string, ZoneAnchors])[],
  known: (question: string) => Message | null,
): void {
  const rig = (world = known): VectorRig => new VectorRig({ now, anchors: [anchors[0]![1]], world })
  describe(`RFC ${rfc} Appendix B, names below the delegations`, () => {
    for (const { section, title, question } of delegations) {
      const child = question.split(' ')[0]!
      const isSigned = child === 'a.example.'
      const below = zone.response({
        section,
        question: `ns1.${child} A`,
        answer: [`ns1.${child} A`],
        authority: [],
      })
      const referral = zone.response(responses.find((response) => response.section === section)!)

      it(`${section} ${title!}, ${child}: ${isSigned ? 'need keys of their own' : 'are insecure'}`, async () => {
        for (const message of [below, referral]) {
          const verdict = await rig().judge(message)
          // The RFC prints no keys of that zone.
          if (isSigned)
            assertBogus(verdict, ExtendedError.DnskeyMissing, /^a\.example\. DNSKEY: no/)
          else assert.equal(verdict.security, Insecure, verdict.fault?.text)
        }
      })

      const honest = known(question)!
      const sets = new Set([...honest.answers, ...honest.authorities].map(labelOf))
      // How long it may be kept says something else.
      sets.delete('example. SOA')
      for (const set of sets) {
        it(`${section} ${title!}, ${child}: are bogus with one octet of ${set} changed`, async () => {
          for (const what of ['data', 'signature'] as const) {
            const world = (asked: string): Message | null =>
              asked === question ? changed(honest, set, what) : known(asked)
            const verdict = await rig(world).judge(below)
            assertBogus(verdict, ExtendedError.DnssecBogus, /does not match the data$/)
          }
        })
      }
    }
  })
}

/** B.8 of RFC 4035, B.6 of RFC 5155: a child's word on its own DS (RFC 4035 §C.8). */
function describeChild(
  { rfc, now, responses }: Vector,
  zone: VectorZone,
  anchors: readonly (readonly [string, ZoneAnchors])[],
  known: (question: string) => Message | null,
): void {
  const response = responses.at(-1)!
  it(`RFC ${rfc} ${response.section} ${response.title!}, ${response.question}: the child proves nothing of its DS`, async () => {
    const message = zone.response(response)
    const [own, above] = anchors
    const alone = new VectorRig({ now, anchors: [own![1]], world: known })
    // No trust anchor is above the parent, who alone can tell.
    assert.equal((await alone.judge(message)).security, Indeterminate)
    const rooted = new VectorRig({ now, anchors: [above![1]], world: known })
    assertBogus(
      await rooted.judge(message),
      ExtendedError.NsecMissing,
      /^example\. DS: \. is signed/,
    )
    assert.equal((await rooted.judge(known('example. DS')!)).security, Secure)
  })
}
