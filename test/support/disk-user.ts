// Run as a thread: uses a store on disk without a pause, until it is ended or ends itself.

import { parentPort, workerData } from 'node:worker_threads'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiskStore } from '../../src/cache/stores/disk.ts'

const { thread, way } = workerData as { thread: SharedArrayBuffer; way: string }
const store = new DiskStore({ thread, onLost: () => {}, onConnected: () => {} })
const record = new Uint8Array(500)

setTimeout(() => {
  parentPort!.postMessage('at work')
  if (way === 'exit') process.exit()
  if (way === 'throw') throw new Error('on purpose')
}, 30)

for (;;) {
  const entries = Array.from({ length: 200 }, (_, i) => {
    return { key: `user-${i}`, record, expiresAt: Date.now() + 60_000, readable: null }
  })
  store.put(entries).catch(() => {})
  for (const { key } of entries) store.get(key).catch(() => {})
  await sleep(1)
}
