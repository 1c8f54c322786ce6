// Random zones, signed here: what their own answers say is proven, and no other answer proves that
// something is not there which is.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { type Name, nameText, parentOf, wildcardOf } from '../name.ts'
import type { Nsec3Options } from '../signer/nsec3-chain.ts'
import type { SignedZone } from '../signer/signed-zone.ts'
import { type Denial, delegationOf, denyCloser, denyName, denyType } from './denial.ts'
import { budget, denialOf, name, NSEC3, signZone } from './testing.ts'

const { A, TXT, NS, DS, CNAME, DNAME } = RecordType
const TYPES = [A, TXT, NS, DS, CNAME, DNAME]

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

const zoneText = fc
  .uniqueArray(fc.tuple(relative, content), { selector: ([owner]) => owner, maxLength: 9 })
  .map((entries) => {
    // Zone cuts and aliases by wildcard have no defined meaning (RFC 4592 §4.2, §4.4).
    const sound = entries.filter(
      ([owner, types]) => !owner.startsWith('*') || types[0] === 'A' || types[0] === 'CNAME',
    )
    const lines = sound.flatMap(([owner, types]) =>
      types.map((type) => `${owner} 60 ${type} ${RDATA[type as keyof typeof RDATA]}`),
    )
    return `$ORIGIN example.\n@ 60 SOA ns h 1 1 1 1 60\n@ 60 NS ns.example.org.\n${lines.join('\n')}\n`
  })

const kind: fc.Arbitrary<Nsec3Options | undefined> = fc.constantFrom(
  undefined,
  NSEC3,
  { iterations: 2, salt: Buffer.from('ab', 'hex'), optOut: false },
  { ...NSEC3, optOut: true },
)

const zones = fc.tuple(zoneText, kind).map(([text, nsec3]) => signZone(text, nsec3))
const question = fc.record({
  at: fc.oneof(
    relative.map((text) => name(`${text}.example`)),
    fc.constant(name('example')),
  ),
  type: fc.constantFrom(...TYPES),
})

/** What the zone says of a name, by its own lookup. The name ends at the first alias or referral. */
function proofFor(zone: SignedZone, at: Name, type: number): Denial {
  return denialOf(zone.apex, zone.answer(at, type).authority)
}

/** Whether the zone speaks for the name: its own, or of a zone cut below the DS. */
function isAuthoritative(zone: SignedZone, at: Name, type: number): boolean {
  if (at === zone.apex && type === DS) return false
  const cut = zone.tree.cutAbove(at)
  const below = !zone.tree.isOwn(at)
  return !below && (cut === null || (cut === at && type === DS))
}

describe('the proofs in the answers of a random zone', () => {
  it('hold for what was asked for', () => {
    fc.assert(
      fc.property(zones, question, (zone, { at, type }) => {
        if (!isAuthoritative(zone, at, type)) return
        const { rcode, answer } = zone.answer(at, type)
        const denial = proofFor(zone, at, type)
        if (rcode === Rcode.NXDomain) {
          assert.ok(isProven(denyName(denial, at, budget())), 'NXDOMAIN')
          return
        }
        if (answer.length === 0) {
          assert.ok(isProven(denyType(denial, at, type, budget())), 'NODATA')
          return
        }
        if (zone.tree.node(at) !== undefined || dnameAbove(zone, at)) return
        const wildcard = wildcardOf(zone.tree.closestEncloser(at))!
        assert.ok(isProven(denyCloser(denial, at, wildcard, budget())), 'expansion')
      }),
      { numRuns: 1_500 },
    )
  })

  it('say of names without DS whether a zone begins there', () => {
    fc.assert(
      fc.property(zones, question, (zone, { at }) => {
        const cut = zone.tree.cutAbove(at)
        if (at === zone.apex || !zone.tree.isOwn(at)) return
        const node = zone.tree.node(at)
        if (node?.has(DS) || node?.has(CNAME) || (cut !== null && cut !== at)) return
        const answer = zone.answer(at, DS)
        if (answer.answer.length > 0) return
        const { kind: found } = delegationOf(denialOf(zone.apex, answer.authority), at, budget())
        if (cut === at) assert.ok(found === 'insecure' || found === 'opt-out', found)
        else if (node !== undefined) assert.equal(found, 'no-cut')
        else assert.ok(found === 'no-name' || found === 'opt-out', found)
      }),
      { numRuns: 1_500 },
    )
  })

  it('never deny what is there, whatever records are put together', () => {
    fc.assert(
      fc.property(zones, question, fc.array(question, { maxLength: 6 }), (zone, at, others) => {
        const sections = others.map((other) => zone.answer(other.at, other.type).authority)
        assertTrue(zone, denialOf(zone.apex, sections.flat()), at.at)
        assertTrue(zone, { zone: zone.apex, sets: wholeChain(zone) }, at.at)
      }),
      { numRuns: 1_500 },
    )
  })
})

/** All that the zone denies at all: no lie may come out of it. */
function wholeChain(zone: SignedZone): Denial['sets'] {
  return denialOf(
    zone.apex,
    zone.denial!.sets.flatMap((set) => zone.signed(set)),
  ).sets
}

/** Of one name, every statement that is proven is true. */
function assertTrue(zone: SignedZone, denial: Denial, at: Name): void {
  const { tree } = zone
  const node = tree.node(at)
  const source = node ?? tree.node(wildcardOf(tree.closestEncloser(at)) ?? at)
  const cut = tree.cutAbove(at)
  const isHidden = !tree.isOwn(at)
  const where = nameText(at)

  const noName = denyName(denial, at, budget()).kind
  if (noName === 'proven') {
    assert.equal(isHidden, false, `${where} is not the zone's to deny`)
    assert.equal(source, undefined, `${where} exists`)
  }
  for (const type of TYPES) {
    if (denyType(denial, at, type, budget()).kind !== 'proven') continue
    assert.equal(isHidden, false, `${where} is not the zone's to deny`)
    assert.ok(cut === null || type === DS, `${where} is delegated`)
    assert.ok(!(source?.has(type) || source?.has(CNAME)), `${where} has type ${type}`)
  }
  if (!isHidden) {
    assertCloserTrue(zone, denial, at)
    assertCutTrue(zone, denial, at)
  }
}

/** Only the wildcard's own signature proves that names above it are the zone's and exist. */
function assertCloserTrue({ apex, tree }: SignedZone, denial: Denial, at: Name): void {
  for (let above = at; above !== apex; ) {
    above = parentOf(above)
    const wildcard = wildcardOf(above)
    if (wildcard === null || tree.node(above) === undefined) continue
    if (denyCloser(denial, at, wildcard, budget()).kind !== 'proven') continue
    assert.equal(above, tree.closestEncloser(at), `closer to ${nameText(at)}`)
  }
}

function assertCutTrue({ apex, tree }: SignedZone, denial: Denial, at: Name): void {
  if (at === apex) return
  const node = tree.node(at)
  const isCut = tree.isCut(at)
  const found = delegationOf(denial, at, budget()).kind
  if (found === 'insecure') assert.ok(isCut && !node!.has(DS), `${nameText(at)} is a signed cut`)
  if (found === 'no-cut') assert.ok(node !== undefined && !isCut, `${nameText(at)} is a zone cut`)
  if (found === 'no-name') assert.equal(node, undefined, `${nameText(at)} exists`)
}

function isProven({ kind: found }: { readonly kind: string }): boolean {
  return found === 'proven' || found === 'opt-out'
}

function dnameAbove(zone: SignedZone, at: Name): boolean {
  for (let up = at; up !== zone.apex; ) {
    up = parentOf(up)
    if (zone.tree.node(up)?.has(DNAME)) return true
  }
  return false
}
