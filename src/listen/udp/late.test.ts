import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { BatchMemory, BATCH_SLOTS, Control, LATE_SLOTS, PEER_WORDS } from './batch-memory.ts'
import { LateAnswers } from './late.ts'

function setUp() {
  const memory = new BatchMemory()
  const sent: number[][] = []
  let unsent = 0
  const late = new LateAnswers({
    memory,
    send: (count) => sent.push([...memory.outLengths.subarray(BATCH_SLOTS, BATCH_SLOTS + count)]),
    onUnsent: (answers) => (unsent += answers),
  })
  const answer = (length: number) => {
    const path = late.take(0)
    const room = path.reserve(length)
    path.commit(room ? length : 0)
    return room
  }
  return { memory, sent, late, answer, unsent: () => unsent }
}

describe('late answers', () => {
  it('leave together at the end of the turn', async () => {
    const { sent, answer } = setUp()
    for (const length of [20, 30, 40]) answer(length)
    assert.deepEqual(sent, [])
    await turn()
    assert.deepEqual(sent, [[20, 30, 40]])
  })

  it('leave at once when all slots are taken', async () => {
    const { sent, answer } = setUp()
    for (let i = 0; i <= LATE_SLOTS; i++) answer(20)
    assert.deepEqual(sent, [Array(LATE_SLOTS).fill(20)])
    await turn()
    assert.deepEqual(sent[1], [20])
  })

  it('go to whoever asked, though the slot has another client by now', () => {
    const { memory, late } = setUp()
    memory.peerWords.fill(7, 3 * PEER_WORDS, 4 * PEER_WORDS)
    const path = late.take(3)
    memory.peerWords.fill(8, 3 * PEER_WORDS, 4 * PEER_WORDS)
    path.reserve(20)
    path.commit(20)
    const at = BATCH_SLOTS * PEER_WORDS
    assert.deepEqual([...memory.peerWords.subarray(at, at + PEER_WORDS)], Array(PEER_WORDS).fill(7))
  })

  it('are refused and counted while the kernel takes no more', () => {
    const { memory, answer, unsent } = setUp()
    memory.control[Control.LateBusy] = 1
    assert.equal(answer(20), false)
    assert.equal(unsent(), 1)
    memory.control[Control.LateBusy] = 0
    assert.equal(answer(20), true)
    assert.equal(unsent(), 1)
  })

  it('reuse their ways back, also those that sent nothing', () => {
    const { late } = setUp()
    const path = late.take(0)
    path.commit(0)
    assert.equal(late.take(0), path)
  })

  it('take no second commit', () => {
    const { late } = setUp()
    const path = late.take(0)
    path.commit(0)
    assert.throws(() => path.commit(0), /committed twice/)
  })

  it('are sent by close, and none after it', async () => {
    const { late, sent, answer } = setUp()
    answer(20)
    late.close()
    assert.deepEqual(sent, [[20]])
    assert.equal(answer(30), false)
    await turn()
    assert.equal(sent.length, 1)
  })
})
