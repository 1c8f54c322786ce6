import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { InFlightTable, RandomIds } from './in-flight.ts'

test('never gives out an ID that is in use (RFC 7766 §6.2.1)', () => {
  const ids = new RandomIds({ fill: (buffer) => buffer.forEach((_, i) => (buffer[i] = i >> 1)) })
  const table = new InFlightTable<object>({ capacity: 100, ids })
  const given = Array.from({ length: 100 }, () => table.add({}))
  assert.equal(new Set(given).size, 100)
  assert.ok(table.full)
})

test('draws IDs from the random source, all 16 bits of them (RFC 5452 §4.3)', () => {
  const ids = new RandomIds({ fill: (buffer) => buffer.fill(0xfffe), size: 4 })
  const table = new InFlightTable<object>({ capacity: 4, ids })
  assert.equal(table.add({}), 0xfffe)
})

test('refills the random source when it is used up', () => {
  let fills = 0
  const ids = new RandomIds({ fill: (buffer) => buffer.fill(++fills), size: 2 })
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => ids.next()),
    [1, 1, 2, 2, 3],
  )
})

test('finds what a map would find, whatever is added, deleted and cleared', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 40 }), { maxLength: 300 }), (steps) => {
      const table = new InFlightTable<{ n: number }>({ capacity: 16, ids: new RandomIds() })
      const model = new Map<number, { n: number }>()
      for (const [n, step] of steps.entries()) {
        const id = [...model.keys()][step]
        if (step === -3) {
          assert.deepEqual(new Set(table.clear()), new Set(model.values()))
          model.clear()
        } else if (step >= 0 && id !== undefined) {
          table.delete(id)
          model.delete(id)
        } else if (!table.full) {
          const entry = { n }
          model.set(table.add(entry), entry)
        }
        assert.equal(table.size, model.size)
        for (const [known, entry] of model) assert.equal(table.get(known), entry)
      }
    }),
  )
})

test('does nothing when an unknown ID is deleted', () => {
  const table = new InFlightTable<object>({ capacity: 2, ids: new RandomIds() })
  table.delete(7)
  assert.equal(table.size, 0)
  assert.equal(table.get(7), null)
})
