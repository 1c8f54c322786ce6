// For the test of threads that die: takes and gives seats until it is terminated.

import { parentPort, workerData } from 'node:worker_threads'
import { ConnectionLedger, type ConnectionLimits } from './ledger.ts'

const { memory, limits, thread } = workerData as {
  readonly memory: SharedArrayBuffer
  readonly limits: ConnectionLimits
  readonly thread: number
}
const ledger = new ConnectionLedger({ memory, thread, limits, clock: () => performance.now() })

for (let round = 0; ; round++) {
  const seats = Array.from({ length: 20 }, (_, i) => ledger.take(Uint8Array.of(10, 0, round, i)))
  for (const seat of seats) if (seat >= 0) ledger.beginHandshake(seat)
  for (const seat of seats) if (seat >= 0) ledger.give(seat)
  if (round === 20) parentPort?.postMessage('busy')
}
