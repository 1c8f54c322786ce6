import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as endOfTick } from 'node:timers/promises'
import { questionFor } from '../../../test/support/exchanges.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { BATCH_SIZE, QueryBatch } from './query-batch.ts'

const QUERY = questionFor('www.example.org')
/** Octets of its frame. */
const FRAME = 130

function setUp() {
  const clock = new FakeClock()
  const writes: { bytes: Uint8Array; done: () => void }[] = []
  let room = 0
  const batch = new QueryBatch({
    gathering: new Uint8Array(BATCH_SIZE),
    writing: new Uint8Array(BATCH_SIZE),
    clock,
    write: (bytes, done) => writes.push({ bytes, done }),
    onRoom: () => room++,
  })
  return {
    clock,
    batch,
    writes,
    room: () => room,
    lengths: () => writes.map(({ bytes }) => bytes.length / FRAME),
    add: (count: number): void => {
      for (let i = 0; i < count; i++) batch.add(i, QUERY)
    },
  }
}

test('writes at the end of the tick what was added in it, in one write', async () => {
  const { add, lengths, writes } = setUp()
  add(3)
  assert.equal(writes.length, 0)
  await endOfTick()
  assert.deepEqual(lengths(), [3])
  assert.deepEqual(
    [0, 1, 2].map((i) => Buffer.from(writes[0]!.bytes).readUInt16BE(i * FRAME + 2)),
    [0, 1, 2],
  )
})

test('waits for company when the last write was less than a millisecond ago', async () => {
  const { add, clock, lengths, writes } = setUp()
  add(1)
  await endOfTick()
  writes[0]!.done()
  add(1)
  await endOfTick()
  add(1)
  await endOfTick()
  assert.deepEqual(lengths(), [1])
  clock.advance(1)
  assert.deepEqual(lengths(), [1, 2])
})

test('waits no longer once there is enough for a write', async () => {
  const { add, clock, lengths, writes } = setUp()
  add(1)
  await endOfTick()
  writes[0]!.done()
  add(1)
  await endOfTick()
  add(40)
  await endOfTick()
  assert.deepEqual(lengths(), [1, 41])
  assert.equal(clock.timers, 0)
})

test('does not wait when the last write was longer ago', async () => {
  const { add, clock, lengths, writes } = setUp()
  add(1)
  await endOfTick()
  writes[0]!.done()
  clock.advance(1)
  add(1)
  await endOfTick()
  assert.deepEqual(lengths(), [1, 1])
})

test('writes nothing, and touches no octet, while a write is under way', async () => {
  const { add, batch, clock, lengths, room, writes } = setUp()
  add(2)
  await endOfTick()
  const under = Buffer.from(writes[0]!.bytes)
  clock.advance(10)
  let more = 0
  for (; batch.hasRoom(QUERY); more++) add(1)
  await endOfTick()
  assert.deepEqual(lengths(), [2])
  assert.deepEqual(Buffer.from(writes[0]!.bytes), under)
  writes[0]!.done()
  assert.deepEqual(lengths(), [2, more])
  assert.equal(more, Math.floor(65_537 / FRAME))
  assert.equal(room(), 1)
})

test('writes nothing once it is closed', async () => {
  const { add, batch, clock, room, writes } = setUp()
  add(1)
  await endOfTick()
  add(1)
  batch.close()
  writes[0]!.done()
  add(1)
  await endOfTick()
  clock.advance(10)
  assert.equal(writes.length, 1)
  assert.equal(room(), 0)
})
