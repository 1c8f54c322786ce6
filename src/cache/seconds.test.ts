import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { sharedSecondsClock } from './seconds.ts'

test('the clock counts whole seconds that never go back', () => {
  const clock = sharedSecondsClock()
  const first = clock.seconds()
  assert.ok(Number.isInteger(first) && first >= 0)
  let last = first
  for (let i = 0; i < 10_000; i++) {
    const now = clock.seconds()
    assert.ok(now >= last)
    last = now
  }
})

test('all threads see the same time, whenever they were started', async () => {
  const source = new URL('seconds.ts', import.meta.url).href
  const worker = new Worker(
    `import { parentPort } from 'node:worker_threads'
     import { sharedSecondsClock } from ${JSON.stringify(source)}
     const clock = sharedSecondsClock()
     parentPort.on('message', () => parentPort.postMessage(clock.seconds()))`,
    { eval: true, execArgv: ['--input-type=module'] },
  )
  const clock = sharedSecondsClock()
  for (let i = 0; i < 20; i++) {
    const before = clock.seconds()
    const there = await new Promise<number>((resolve) => {
      worker.once('message', resolve)
      worker.postMessage(null)
    })
    // On the border between two seconds, fractions of a microsecond may tell them apart.
    assert.ok(there >= before - 1 && there <= clock.seconds() + 1)
  }
  await worker.terminate()
})

test('time that the machine sleeps counts, from the next second on (RFC 1035 §3.2.1)', () => {
  let awake = 100_000
  let asleep = 50
  const clock = sharedSecondsClock({
    monotonic: () => awake,
    uptime: () => awake / 1000 + asleep,
  })
  const before = clock.seconds()
  awake += 1_000
  assert.equal(clock.seconds(), before + 1)
  asleep += 3_600
  awake += 1_000
  assert.equal(clock.seconds(), before + 3_602)
  // Sources that disagree by fractions of a second do not set it back or ahead.
  for (const drift of [0.6, -0.6, -30]) {
    asleep += drift
    awake += 1_000
    clock.seconds()
  }
  assert.equal(clock.seconds(), before + 3_605)
})
