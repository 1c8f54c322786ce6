import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as afterEvents } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { Deadlines, type Waiting } from './deadlines.ts'

/** Somebody who notes when he lapsed. */
class Waiter implements Waiting {
  settled = false
  readonly #lapsed: Waiter[]
  readonly #then: () => void

  constructor(lapsed: Waiter[], then: () => void = () => {}) {
    this.#lapsed = lapsed
    this.#then = then
  }

  lapse(): void {
    this.settled = true
    this.#lapsed.push(this)
    this.#then()
  }
}

test('all lapse after their time, in the order they came, and none who is answered', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const now = () => Date.now()
  const deadlines = new Deadlines({ after: 5, now })
  const lapsed: Waiter[] = []
  const waiters = Array.from({ length: 10 }, () => new Waiter(lapsed))
  for (const [i, waiter] of waiters.entries()) {
    deadlines.add(waiter, now())
    t.mock.timers.tick(1)
    await afterEvents()
    assert.deepEqual(lapsed, waiters.slice(0, Math.max(0, i - 3)))
  }
  waiters[8]!.settled = true
  t.mock.timers.tick(5)
  await afterEvents()
  assert.deepEqual(lapsed, [...waiters.slice(0, 8), waiters[9]])
})

test('who lapses may come again at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const now = () => Date.now()
  const deadlines = new Deadlines({ after: 5, now })
  const lapsed: Waiter[] = []
  const second = new Waiter(lapsed)
  const first = new Waiter(lapsed, () => deadlines.add(second, now()))
  deadlines.add(first, now())
  t.mock.timers.tick(5)
  await afterEvents()
  assert.deepEqual(lapsed, [first])
  t.mock.timers.tick(5)
  await afterEvents()
  assert.deepEqual(lapsed, [first, second])
})

test('what was answered while this thread was held up does not lapse', async () => {
  const deadlines = new Deadlines({ after: 5, now: () => performance.now() })
  const lapsed: Waiter[] = []
  const waiter = new Waiter(lapsed)
  deadlines.add(waiter, performance.now())
  const { port1, port2 } = new MessageChannel()
  port1.on('message', () => {
    waiter.settled = true
    port1.close()
  })
  port2.postMessage('the answer')
  // Longer than the deadline: when the thread goes on, timer and answer are both due.
  const heldUp = new Int32Array(new SharedArrayBuffer(4))
  Atomics.wait(heldUp, 0, 0, 20)
  await once(port1, 'close')
  assert.deepEqual(lapsed, [])
})
