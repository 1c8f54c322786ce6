import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { name } from '../denial/testing.ts'
import { isAtOrBelow, type Name, nameOctets } from '../name.ts'
import type { HeldZone } from './held-zone.ts'
import { questionOf } from './testing.ts'
import { ZoneIndex } from './zone-index.ts'

const soa = (length: number) => ({
  bytes: new Uint8Array(length),
  at: 0,
  ttl: 1,
  expiresAt: 1,
  renewAt: 1,
})

describe('an index of zones', () => {
  it('finds the closest one at or above a name, whatever stands behind the name', () => {
    const index = new ZoneIndex(1)
    const [root, example, deep] = ['.', 'example', 'b.c.example'].map((at) =>
      index.add(name(at), null),
    )
    for (const [at, expected] of [
      ['b.c.example', deep],
      ['a.b.c.example', deep],
      ['bb.c.example', example],
      ['c.example', example],
      ['example', example],
      ['ample', root],
      ['.', root],
    ] as const) {
      assert.equal(index.closest(questionOf(name(at), 1), 0), expected, at)
    }
    assert.equal(index.closest(questionOf(name('example'), 1), 1), root, 'above it')
    assert.equal(index.closest(questionOf(name('x.example'), 1), 1), example)
  })

  it('counts what all zones take', () => {
    const index = new ZoneIndex(1)
    const [one, other] = [
      index.add(name('example'), null),
      index.add(name('example.org'), soa(100)),
    ]
    assert.equal(index.size, one.size + other.size)
    const before = index.size
    index.renew(one, soa(50))
    assert.equal(index.size, before + 50)
    index.renew(one, soa(20))
    assert.equal(index.size, before + 20)
    assert.equal(index.remove(one), true)
    assert.equal(index.remove(one), false)
    assert.deepEqual([index.size, index.count], [other.size, 1])
    index.clear()
    assert.deepEqual([index.size, index.count, index.get(name('example.org'))], [0, 0, null])
  })

  it('has what was added and not removed, however many share a bucket', () => {
    const label = fc.constantFrom('a', 'b', 'c', 'ab', 'example')
    const names = fc
      .array(label, { maxLength: 4 })
      .map((labels) => name(`${labels.join('.')}.`.replace(/^\.$/, '.')))
    const steps = fc.array(fc.tuple(names, fc.boolean()), { maxLength: 60 })
    fc.assert(
      fc.property(steps, names, fc.integer(), (all, asked, seed) => {
        const index = new ZoneIndex(seed)
        const model = new Map<Name, HeldZone>()
        for (const [at, isRemoved] of all) {
          const known = model.get(at)
          if (known === undefined) model.set(at, index.add(at, null))
          else if (isRemoved) {
            assert.ok(index.remove(known))
            model.delete(at)
          }
          assert.equal(index.get(at), model.get(at) ?? null)
          assert.equal(index.count, model.size)
        }
        const above = [...model.values()].filter((zone) => isAtOrBelow(asked, zone.name))
        const closest = above.sort((a, b) => b.name.length - a.name.length)[0] ?? null
        assert.equal(index.closest(nameOctets(asked), 0), closest)
      }),
      { numRuns: 300 },
    )
    const index = new ZoneIndex(7)
    const many = Array.from({ length: 6_000 }, (_, i) => index.add(name(`z${i}.example`), null))
    assert.ok(many.every((zone) => index.get(zone.name) === zone))
    for (const zone of many) assert.ok(index.remove(zone))
    assert.deepEqual([index.count, index.size], [0, 0])
  })
})
