import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { isBetween } from '../denial/nsec3-hash.ts'
import { HeldZone } from './held-zone.ts'
import { Range } from './range.ts'
import { RangeList } from './range-list.ts'

const bytes = new Uint8Array(0)
const soa = { bytes, at: 0, ttl: 1, expiresAt: 1, renewAt: 1 }
const zone = new HeldZone('\0', 0, soa)

function rangeOf(owner: string, next: string): Range {
  const rest = { id: 0, since: 0, expiresAt: 1, endsHere: false, typesAt: 0, length: 0, bytes }
  return new Range({ zone, isHashed: true, owner, next, ...rest })
}

const key = fc.integer({ min: 0, max: 400 }).map((number) => String.fromCharCode(0x20 + number))
const steps = fc.array(fc.tuple(key, key, fc.boolean()), { maxLength: 600 })

describe('a list of ranges', () => {
  it('holds what was added last, without what says something else', () => {
    fc.assert(
      fc.property(steps, fc.array(key, { maxLength: 20 }), (all, asked) => {
        const list = new RangeList()
        let model: Range[] = []
        for (const [owner, next, isRemoved] of all) {
          const known = model.find((range) => range.owner === owner)
          if (isRemoved && known !== undefined) {
            list.remove(known)
            model = model.filter((range) => range !== known)
            continue
          }
          const range = rangeOf(owner, next)
          const gone: Range[] = []
          assert.equal(
            list.add(range, (one) => gone.push(one)),
            known ?? null,
          )
          const others = model.filter((one) => {
            const isIn = isBetween(one.owner, owner, next) || isBetween(owner, one.owner, one.next)
            return !isIn && one.owner !== owner
          })
          assert.deepEqual(new Set(gone), new Set(model.filter((one) => !others.includes(one))))
          model = [...others, range]
        }
        const inOrder = model.toSorted((a, b) => (a.owner < b.owner ? -1 : 1))
        assert.deepEqual(list.all(), inOrder)
        assert.equal(list.size, model.length)
        for (const at of asked) {
          const found = inOrder.findLast((range) => range.owner <= at) ?? inOrder.at(-1) ?? null
          assert.equal(list.around(at), found)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('finds each of very many', () => {
    const list = new RangeList()
    const name = (i: number) => String.fromCharCode(0x20 + (i >> 6), 0x20 + (i & 63))
    for (let i = 0; i < 3_000; i++) {
      const at = (i * 1_201) % 3_000
      list.add(rangeOf(name(at), name(at + 1)), () => assert.fail('none says something else'))
    }
    for (let i = 0; i < 3_000; i++) assert.equal(list.around(name(i))!.owner, name(i))
    for (let i = 0; i < 3_000; i += 2) list.remove(list.around(name(i))!)
    for (let i = 1; i < 3_000; i++) assert.equal(list.around(name(i))!.owner, name(i - 1 + (i % 2)))
  })
})
