import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { KeptSets } from './kept-sets.ts'
import { TestSet } from './testing.ts'

function setUp(memory: number) {
  const gone: TestSet[] = []
  const kept = new KeptSets({ memory, onDropped: (set) => gone.push(set as TestSet) })
  const add = (octets: number): TestSet => {
    const set = new TestSet(octets)
    kept.add(set)
    return set
  }
  return { kept, gone, add }
}

describe('sets that stay', () => {
  it('are all there while there is room, with what each takes besides its octets', () => {
    const { kept, gone, add } = setUp(1_000)
    add(100)
    add(200)
    assert.deepEqual([kept.size, gone], [300 + 2 * TestSet.OVERHEAD, []])
    assert.equal(kept.memory, 1_000)
  })

  it('go in the order in which they came', () => {
    const { kept, gone, add } = setUp(300)
    const all = [1, 2, 3, 4, 5].map(() => add(90))
    assert.deepEqual(gone, all.slice(0, 2))
    assert.equal(kept.size, 300)
    assert.ok(gone.every((set) => !set.isKept))
  })

  it('have another turn when they were of use, and no more than one', () => {
    const { gone, add } = setUp(300)
    const [one, two, three] = [add(90), add(90), add(90)]
    one.isUsed = true
    const four = add(90)
    assert.deepEqual(gone, [two])
    assert.ok(one.isKept)
    assert.ok(!one.isUsed)
    for (let i = 0; i < 3; i++) add(90)
    assert.deepEqual(gone, [two, three, four, one])
  })

  it('go at once when they are larger than all room', () => {
    const { kept, gone, add } = setUp(300)
    const [small, large] = [add(90), add(400)]
    assert.deepEqual([gone, kept.size], [[small, large], 0])
  })

  it('can be taken out from anywhere', () => {
    for (const place of [0, 1, 2]) {
      const { kept, gone, add } = setUp(300)
      const all = [add(90), add(90), add(90)]
      kept.remove(all[place]!)
      assert.deepEqual([kept.size, gone], [200, []])
      const last = add(90)
      while (kept.size > 0) kept.dropOldest()
      assert.deepEqual(gone, [...all.filter((set) => set !== all[place]), last])
    }
  })

  it('go one at a time when that is wanted, whatever was of use', () => {
    const { kept, gone, add } = setUp(300)
    const all = [add(90), add(90)]
    for (const set of all) set.isUsed = true
    kept.dropOldest()
    assert.deepEqual(gone, [all[0]])
    kept.dropOldest()
    kept.dropOldest()
    assert.deepEqual([gone, kept.size], [all, 0])
  })

  it('are forgotten all together, and told to nobody', () => {
    const { kept, gone, add } = setUp(300)
    add(90)
    kept.clear()
    assert.deepEqual([kept.size, gone], [0, []])
    const next = add(90)
    kept.dropOldest()
    assert.deepEqual(gone, [next])
  })
})
