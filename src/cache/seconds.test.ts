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
