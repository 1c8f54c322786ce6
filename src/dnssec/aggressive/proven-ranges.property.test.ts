// Random zones, asked in any order: whatever is said without asking is what the zone itself says, and
// is proven by what goes with it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { denyName, denyType } from '../denial/denial.ts'
import { budget, name, NSEC3, signZone } from '../denial/testing.ts'
import { type Name, nameText } from '../name.ts'
import type { Nsec3Options } from '../signer/nsec3-chain.ts'
import type { SignedZone } from '../signer/signed-zone.ts'
import { DeniedKind } from './denied.ts'
import type { Denial } from './proven-ranges.ts'
import { messageOf, RangesRig } from './testing.ts'

const { A, TXT, NS, DS, CNAME, DNAME, SOA, ANY, RRSIG } = RecordType

const RDATA = {
  A: '192.0.2.1',
  TXT: '"text"',
  CNAME: 'www.example.org.',
  DNAME: 'example.org.',
  NS: 'ns.example.org.',
  DS: `1 13 2 ${'00'.repeat(32)}`,
} as const

/** Few labels, so that names meet. */
const label = fc.constantFrom('a', 'b', 'c', '*', 'z', 'ab')
const relative = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
/** What stands at a name together. */
const content = fc.constantFrom(
  ['A'],
  ['A', 'TXT'],
  ['CNAME'],
  ['DNAME', 'A'],
  ['NS'],
  ['NS', 'DS'],
)

/** @param apex without a dot at its end */
function zoneText(apex: string): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.tuple(relative, content), { selector: ([owner]) => owner, maxLength: 9 })
    .map((entries) => {
      // Zone cuts and aliases by wildcard have no defined meaning (RFC 4592 §4.2, §4.4).
      const sound = entries.filter(
        ([owner, types]) => !owner.startsWith('*') || types[0] === 'A' || types[0] === 'CNAME',
      )
      const lines = sound.flatMap(([owner, types]) =>
        types.map((type) => `${owner} 60 ${type} ${RDATA[type as keyof typeof RDATA]}`),
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
  below: fc.oneof(relative, fc.constant('')),
  type: fc.constantFrom(A, TXT, NS, DS, CNAME, DNAME, SOA, ANY, RRSIG),
})

/** Octets: room for one range, for some, for all. */
const memories = fc.constantFrom(2_000, 8_000, 4_000_000)

function nameIn(zone: SignedZone, below: string): Name {
  return below === '' ? zone.apex : name(below).slice(0, -1) + zone.apex
}

describe('what is said without asking', () => {
  it('is what a zone says itself, whatever it was asked before', () => {
    let said = 0
    fc.assert(
      fc.property(
        zones,
        fc.array(questions, { maxLength: 40 }),
        memories,
        (zone, asked, memory) => {
          const rig = new RangesRig({ memory })
          for (const { below, type } of asked) {
            const at = nameIn(zone, below)
            const denial = rig.denialOf(at, type)
            if (denial === null) rig.learnOf(zone, at, type)
            else {
              said++
              assertRight(zone, at, type, denial)
            }
          }
        },
      ),
      { numRuns: 600 },
    )
    assert.ok(said > 200, `${said}`)
  })

  it('is all that is not there, once all of a zone is known', () => {
    const sound = fc.tuple(zoneText('example'), fc.constantFrom(...SOUND))
    fc.assert(
      fc.property(sound, fc.array(questions, { maxLength: 10 }), ([text, nsec3], asked) => {
        const zone = signZone(text, nsec3)
        const rig = new RangesRig()
        const chain = zone.denial!.sets.flatMap((set) => zone.signed(set))
        rig.learnAll(zone.apex, A, [], [...zone.negativeSoa(), ...chain])
        for (const { below, type } of asked) {
          const at = nameIn(zone, below)
          const isOurs = type !== ANY && type !== RRSIG && !(at === zone.apex && type === DS)
          const { answer, isReferral } = zone.answer(at, type)
          const denial = rig.denialOf(at, type)
          const expected = isOurs && answer.length === 0 && !isReferral
          assert.equal(denial !== null, expected, `${nameText(at)} ${type}`)
          if (denial !== null) assertRight(zone, at, type, denial)
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
          const denial = rig.denialOf(at, type)
          if (denial === null) rig.learnOf(zone, at, type)
          else assertProven(zone, at, type, denial)
        }
      }),
      { numRuns: 400 },
    )
  })
})

function assertRight(zone: SignedZone, at: Name, type: number, denial: Denial): void {
  const { rcode, answer, isReferral } = zone.answer(at, type)
  const what = `${nameText(at)} ${type}: ${denial.kind}`
  assert.equal(isReferral, false, what)
  assert.equal(answer.length, 0, what)
  assert.equal(denial.kind === DeniedKind.Name ? Rcode.NXDomain : Rcode.NoError, rcode, what)
  assertProven(zone, at, type, denial)
}

/** Whether who validates it himself comes to the same. */
function assertProven(zone: SignedZone, at: Name, type: number, denial: Denial): void {
  const message = messageOf(at, type, denial)
  const [soa] = message.authority
  assert.deepEqual([soa!.type, soa!.owner], [SOA, zone.apex])
  assert.ok(message.authority.every(({ signatures }) => signatures.length === 1))
  const proof = { zone: zone.apex, sets: message.authority }
  const isName = denial.kind === DeniedKind.Name
  const found = isName ? denyName(proof, at, budget()) : denyType(proof, at, type, budget())
  assert.deepEqual(found, { kind: 'proven' }, `${nameText(at)} ${type} ${denial.kind}`)
}
