import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { RecordType } from '../../wire/record-type.ts'
import type { SignedZone } from '../signer/signed-zone.ts'
import { bearingOn } from './bearing.ts'
import { denyName, denyType } from './denial.ts'
import { budget, denialBy, denialOf, name, NSEC3, signZone } from './testing.ts'

const MANY = Array.from({ length: 100 }, (_, i) => `n${i} A 192.0.2.1`).join('\n')
const ZONE = `$ORIGIN example.\n$TTL 60\n@ SOA ns mail 1 1 1 1 60\n${MANY}\nw A 192.0.2.2\n*.w A 192.0.2.2\n`
const ZONES: Readonly<Record<string, SignedZone>> = {
  NSEC: signZone(ZONE),
  NSEC3: signZone(ZONE, NSEC3),
}

for (const [kind, zone] of Object.entries(ZONES)) {
  const apex = name('example.')
  const all = denialOf(
    apex,
    zone.denial!.sets.flatMap((set) => zone.signed(set)),
  ).sets

  describe(`of all ${kind} records of a zone`, () => {
    it('few bear on a name, and these prove what all of them prove', () => {
      for (const asked of ['none.example.', 'x.y.none.example.', 'x.n7.example.']) {
        const sets = bearingOn(name(asked), apex, all, budget())
        assert.ok(sets.length < all.length / 4, `${asked} ${sets.length}`)
        assert.equal(denyName({ zone: apex, sets }, name(asked), budget()).kind, 'proven')
      }
    })

    it('few bear on a type at a name or at the wildcard for it', () => {
      for (const asked of ['n7.example.', 'any.w.example.', 'x.y.w.example.']) {
        const sets = bearingOn(name(asked), apex, all, budget())
        assert.ok(sets.length < all.length / 4, `${asked} ${sets.length}`)
        const denied = denyType({ zone: apex, sets }, name(asked), RecordType.MX, budget())
        assert.equal(denied.kind, 'proven')
      }
    })

    it('three are taken as they are', () => {
      const three = all.slice(0, 3)
      assert.equal(bearingOn(name('none.example.'), apex, three, budget()), three)
    })
  })
}

describe('of denials by the hundred', () => {
  it('those with too many iterations bear on all names (RFC 9276 §3.2)', () => {
    const lines = ['0', '1', '2', '3'].map(
      (digit) => `${digit.repeat(32)}.example. 60 NSEC3 1 0 51 - ${'v'.repeat(32)} A\n`,
    )
    const { sets } = denialBy('example.', lines.join(''))
    assert.equal(bearingOn(name('none.example.'), name('example.'), sets, budget()).length, 4)
  })

  it('the last ones are not looked at', () => {
    const lines = Array.from({ length: 2_000 }, () => 'a.example. 60 NSEC z.example. A\n')
    const { sets } = denialBy('example.', lines.join(''))
    const some = bearingOn(name('none.example.'), name('example.'), sets, budget()).length
    assert.ok(some > 1_000 && some < 1_900, String(some))
  })

  it('none are looked at when there was much to look at before', () => {
    const lines = Array.from({ length: 600 }, () => 'a.example. 60 NSEC b.example. A\n')
    const { sets } = denialBy('example.', lines.join(''))
    const shared = budget()
    const counts = Array.from(
      { length: 4 },
      () => bearingOn(name('none.example.'), name('example.'), sets, shared).length,
    )
    assert.deepEqual(counts, [0, 0, 0, 600])
  })
})
