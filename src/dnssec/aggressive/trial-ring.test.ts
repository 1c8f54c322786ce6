import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { name } from '../denial/testing.ts'
import type { Rrset } from '../rrset.ts'
import { lengthOf, rdataOf } from './set-octets.ts'
import { TestSet } from './testing.ts'
import { TrialRing } from './trial-ring.ts'

/** With so many octets when it is stored. */
function rrsetOf(length: number, octet: number): Rrset {
  const records = [new Uint8Array(length - 7).fill(octet)]
  const owner = name('example')
  return { owner, type: 1, class: 1, ttl: 60, records, signatures: [], places: [0] }
}

function setUp(memory: number) {
  const left: TestSet[] = []
  const ring = new TrialRing({ memory, onLeaving: (set) => left.push(set as TestSet) })
  let count = 0
  const add = (length: number): TestSet => {
    const rrset = rrsetOf(length, ++count & 0xff)
    assert.equal(lengthOf(rrset, 0), length)
    const set = new TestSet(length, ring.bytes)
    ring.add(set, rrset, 0)
    return set
  }
  return { ring, left, add }
}

describe('a ring of sets', () => {
  it('takes half of its memory for octets, and half for what each set takes besides', () => {
    const { ring, add } = setUp(1_000)
    assert.equal(ring.bytes.length, 500)
    add(100)
    add(100)
    assert.deepEqual([ring.size, ring.count], [500 + 2 * TestSet.OVERHEAD, 2])
  })

  it('has the oldest leave whose octets are overwritten', () => {
    const { left, add } = setUp(600)
    const all = [100, 100, 100].map(add)
    assert.deepEqual(left, [])
    const [next, long] = [add(40), add(150)]
    assert.deepEqual(left, all.slice(0, 2))
    assert.deepEqual(
      [next, long].map(({ at }) => at),
      [0, 40],
    )
  })

  it('leaves room at its end that is too short for the next one', () => {
    const { left, add } = setUp(600)
    const all = [100, 150].map(add)
    const next = add(90)
    assert.deepEqual([next.at, left], [0, all.slice(0, 1)])
  })

  it('has the oldest leave that take too much besides their octets', () => {
    const { ring, left, add } = setUp(600)
    const all = Array.from({ length: 40 }, () => add(7))
    const room = 300 / TestSet.OVERHEAD
    assert.deepEqual([ring.count, left.length], [room, 40 - room])
    assert.deepEqual(left, all.slice(0, 40 - room))
  })

  it('does not ask about those that are gone', () => {
    const { ring, left, add } = setUp(600)
    const [one, two] = [add(100), add(100)]
    one.isGone = true
    ring.dropOldest()
    ring.dropOldest()
    ring.dropOldest()
    assert.deepEqual([left, ring.count, ring.size], [[two], 0, 300])
  })

  it('is empty when it was cleared', () => {
    const { ring, left, add } = setUp(600)
    add(100)
    ring.clear()
    assert.deepEqual([left, ring.count, ring.size], [[], 0, 300])
    assert.equal(add(100).at, 0)
  })

  it('has the octets of all that did not leave, in any order of lengths', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 7, max: 300 }), { maxLength: 80 }),
        fc.integer({ min: 600, max: 4_000 }),
        (lengths, memory) => {
          const { ring, left, add } = setUp(memory)
          const all: TestSet[] = []
          for (const length of lengths) {
            all.push(add(length))
            assert.deepEqual(left, all.slice(0, left.length))
            assert.equal(ring.count, all.length - left.length)
            assert.ok(ring.size <= memory)
            for (let i = left.length; i < all.length; i++) {
              const octets = rdataOf(all[i]!)
              assert.equal(octets.length, all[i]!.length - 7)
              assert.ok(octets.every((octet) => octet === ((i + 1) & 0xff)))
            }
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
