import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { setUpThreadPool } from './thread-pool.ts'

test('the threads that check signatures run behind all others', async () => {
  await setUpThreadPool()
  const priorities = new Map<string, number[]>()
  for (const thread of readdirSync('/proc/self/task')) {
    const name = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()
    const isPooled = name === 'libuv-worker' ? 'pool' : 'others'
    const known = priorities.get(isPooled) ?? []
    priorities.set(isPooled, [...known, getPriority(Number(thread))])
  }
  assert.ok(priorities.get('pool')!.length >= 4)
  assert.ok(Math.min(...priorities.get('pool')!) > Math.max(...priorities.get('others')!))
})
