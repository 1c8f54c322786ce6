import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionMemories } from './connection-memory.ts'
import { RandomIds } from './in-flight.ts'

test('a connection works in the memory of one that closed, never in that of one that lives', () => {
  const memories = new ConnectionMemories({ ids: new RandomIds(), capacity: 4 })
  const first = memories.take()
  const second = memories.take()
  assert.notEqual(first, second)
  memories.give(first)
  assert.equal(memories.take(), first)
  assert.notEqual(memories.take(), first)
})

test('keeps no more than a few for later', () => {
  const memories = new ConnectionMemories({ ids: new RandomIds(), capacity: 4 })
  const used = new Set(Array.from({ length: 10 }, () => memories.take()))
  for (const memory of used) memories.give(memory)
  const again = Array.from({ length: 10 }, () => memories.take())
  assert.equal(again.filter((memory) => used.has(memory)).length, 2)
})
