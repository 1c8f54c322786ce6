// Random zones, asked in any order: whatever is said without asking is what the zone itself says, and
// is proven by what goes with it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { denyCloser, denyName, denyType } from '../denial/denial.ts'
import { budget, name, NSEC3, signZone } from '../denial/testing.ts'
import { ancestorWith, countLabels, isWildcard, type Name, nameText, wildcardOf } from '../name.ts'
import type { SignedMessage } from '../rrset.ts'
import type { Nsec3Options } from '../signer/nsec3-chain.ts'
import type { SignedZone } from '../signer/signed-zone.ts'
import { DeductionKind } from './deduction.ts'
import type { Synthesis } from './synthesis.ts'
import { messageOf, RangesRig, readAnswer } from './testing.ts'

const { A, TXT, MX, NS, DS, CNAME, DNAME, SOA, ANY, RRSIG } = RecordType

/** Of each type the records of a set. */
const RDATA = {
  A: ['192.0.2.1', '192.0.2.2'],
  MX: ['10 mail.example.org.'],
  TXT: ['"text"', '"another"', '""'],
  CNAME: ['www.example.org.'],
  DNAME: ['example.org.'],
  NS: ['ns.example.org.'],
  DS: [`1 13 2 ${'00'.repeat(32)}`],
} as const

/** Few labels, so that names meet. */
const label = fc.constantFrom('a', 'b', 'c', '*', 'z', 'ab')
const relative = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
/** Those that names of two labels meet. */
const wildcard = fc.constantFrom('*', '*.a', '*.b')
/** What stands at a name together. */
const content = fc.constantFrom(
  ['A'],
  ['A', 'TXT'],
  ['MX', 'A'],
  ['CNAME'],
  ['DNAME', 'A'],
  ['NS'],
  ['NS', 'DS'],
)

/** @param apex without a dot at its end */
function zoneText(apex: string): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.tuple(fc.oneof({ weight: 4, arbitrary: relative }, wildcard), content), {
      selector: ([owner]) => owner,
      maxLength: 9,
    })
    .map((entries) => {
      // Zone cuts and DNAMEs by wildcard have no defined meaning (RFC 4592 §4.2, §4.4).
      const sound = entries.filter(
        ([owner, [type]]) => !owner.startsWith('*') || !['NS', 'DNAME'].includes(type!),
      )
      const lines = sound.flatMap(([owner, types]) =>
        types.flatMap((type) =>
          RDATA[type as keyof typeof RDATA].map((rdata) => `${owner} 60 ${type} ${rdata}`),
        ),
      )
      return `$ORIGIN ${apex}.\n@ 60 SOA ns.example.org. h.example.org. 1 1 1 1 60\n@ 60 NS ns.example.org.\n${lines.join('\n')}\n`
    })
}

const SOUND = [undefined, NSEC3, { ...NSEC3, iterations: 2, salt: Buffer.from('ab', 'hex') }]
const kinds: fc.Arbitrary<Nsec3Options | undefined> = fc.constantFrom(...SOUND, {
  ...NSEC3,
  optOut: true,
})
const apexes = fc.constantFrom('example', '')

const zones = apexes.chain((apex) =>
  fc.tuple(zoneText(apex), kinds).map(([text, nsec3]) => signZone(text, nsec3)),
)

const questions = fc.record({
  below: fc.oneof(
    { weight: 5, arbitrary: relative },
    { weight: 5, arbitrary: fc.tuple(label, label).map((labels) => labels.join('.')) },
    fc.constant(''),
  ),
  type: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(A, TXT, MX) },
    fc.constantFrom(NS, DS, CNAME, DNAME, SOA, ANY, RRSIG),
  ),
})

/** Octets: room for one range, for some, for all. */
const memories = fc.constantFrom(6_000, 24_000, 4_000_000)

function nameIn(zone: SignedZone, below: string): Name {
  return below === '' ? zone.apex : name(below).slice(0, -1) + zone.apex
}

describe('what is said without asking', () => {
  it('is what a zone says itself, whatever it was asked before', () => {
    const said = { nxdomain: 0, nodata: 0, wildcard: 0 }
    fc.assert(
      fc.property(
        zones,
        fc.array(questions, { minLength: 10, maxLength: 40 }),
        memories,
        (zone, asked, memory) => {
          const rig = new RangesRig({ memory })
          for (const { below, type } of asked) {
            const at = nameIn(zone, below)
            const found = rig.synthesisOf(at, type)
            if (found === null) rig.learnOf(zone, at, type)
            else {
              said[found.kind]++
              assertRight(zone, at, type, found)
            }
          }
        },
      ),
      { numRuns: 400 },
    )
    for (const count of Object.values(said)) assert.ok(count > 20, JSON.stringify(said))
  })

  it('is all that is not there, and all that wildcards stand for, once all of a zone is known', () => {
    const sound = fc.tuple(zoneText('example'), fc.constantFrom(...SOUND))
    fc.assert(
      fc.property(sound, fc.array(questions, { maxLength: 10 }), ([text, nsec3], asked) => {
        const zone = signZone(text, nsec3)
        const rig = new RangesRig()
        const chain = zone.denial!.sets.flatMap((set) => zone.signed(set))
        rig.learnAll(zone.apex, A, [], [...zone.negativeSoa(), ...chain])
        for (const at of zone.tree.names) if (isWildcard(at)) rig.learnOf(zone, at, ANY)
        for (const { below, type } of asked) {
          const at = nameIn(zone, below)
          const found = rig.synthesisOf(at, type)
          assert.equal(found !== null, isOurs(zone, at, type), `${nameText(at)} ${type}`)
          if (found !== null) assertRight(zone, at, type, found)
        }
      }),
      { numRuns: 600 },
    )
  })

  it('is what a zone says before or after it was changed', () => {
    const changing = fc.tuple(zoneText('example'), zoneText('example'), kinds, kinds)
    const phases = fc.array(fc.tuple(questions, fc.boolean()), { maxLength: 40 })
    fc.assert(
      fc.property(changing, phases, ([one, other, kind, otherKind], asked) => {
        const [before, after] = [signZone(one, kind), signZone(other, otherKind)]
        const rig = new RangesRig()
        for (const [{ below, type }, isChanged] of asked) {
          const at = nameIn(before, below)
          const zone = isChanged ? after : before
          const found = rig.synthesisOf(at, type)
          if (found === null) rig.learnOf(zone, at, type)
          else assertProven(zone, at, type, found)
        }
      }),
      { numRuns: 400 },
    )
  })
})

/** Whether nobody needs to be asked who knows all ranges and wildcards of a zone. */
function isOurs(zone: SignedZone, at: Name, type: number): boolean {
  if (type === ANY || type === RRSIG || (at === zone.apex && type === DS)) return false
  const { answer, isReferral } = zone.answer(at, type)
  if (answer.length === 0) return !isReferral
  const [set] = readAnswer(at, type, answer).answer
  if (set!.owner !== at || set!.type !== type || type === CNAME) return false
  return set!.signatures[0]!.labels < countLabels(at)
}

function assertRight(zone: SignedZone, at: Name, type: number, found: Synthesis): void {
  const { rcode, answer, isReferral } = zone.answer(at, type)
  const what = `${nameText(at)} ${type}: ${found.kind}`
  assert.equal(isReferral, false, what)
  assert.equal(found.kind === DeductionKind.Name ? Rcode.NXDomain : Rcode.NoError, rcode, what)
  assert.deepEqual(setsOf(messageOf(at, type, found)), setsOf(readAnswer(at, type, answer)), what)
  assertProven(zone, at, type, found)
}

/** What an answer says, whatever the order of its records, and how long they may be kept. */
function setsOf({ answer }: SignedMessage): unknown {
  return answer.map(({ owner, type, records, signatures }) => {
    return [owner, type, records, signatures.map(({ head, signature }) => [head, signature])]
  })
}

/** Whether who validates it himself comes to the same. */
function assertProven(zone: SignedZone, at: Name, type: number, found: Synthesis): void {
  const message = messageOf(at, type, found)
  const { answer, authority } = message
  const proof = { zone: zone.apex, sets: authority }
  const what = `${nameText(at)} ${type} ${found.kind}`
  assert.ok(authority.every(({ signatures }) => signatures.length > 0))
  if (found.kind === DeductionKind.Wildcard) {
    const [set] = answer
    const { labels } = set!.signatures[0]!
    assert.ok(labels < countLabels(at))
    assert.equal(authority.length, 1)
    const source = wildcardOf(ancestorWith(labels, at))!
    assert.deepEqual(denyCloser(proof, at, source, budget()), { kind: 'proven' }, what)
    return
  }
  assert.equal(answer.length, 0)
  const [soa] = authority
  assert.deepEqual([soa!.type, soa!.owner], [SOA, zone.apex])
  const isName = found.kind === DeductionKind.Name
  const denied = isName ? denyName(proof, at, budget()) : denyType(proof, at, type, budget())
  assert.deepEqual(denied, { kind: 'proven' }, what)
}
