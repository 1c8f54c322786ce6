// What a hit in the shared store costs the thread that asks: CPU time of a whole process that looks up
// 10,000 records a second in a Redis on the same machine, checks each record and decodes it, less what
// the same process takes without looking up. Prints the medians; takes a minute.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerFor, keyOf } from '../src/cache/testing.ts'
import { createLogger } from '../src/observe/log.ts'
import { openSharedStore } from '../src/worker/shared-store.ts'
import { moveTo } from './lab/tool.ts'
import { RedisServer } from './stores/redis.ts'

const DIR = join(import.meta.dirname, '..', '.bench', 'store-hits')
const REDIS_CORE = 0
const OUR_CORE = 1

const RECORDS = 10_000
const RATE = 10_000
const ROUNDS = 5
const SECONDS = 5

/** Milliseconds between two groups of lookups, as queries come in batches. */
const PAUSE = 4

const NOBODY = { username: null, password: null }

mkdirSync(DIR, { recursive: true })
await using redis = await RedisServer.start({ dir: DIR, core: REDIS_CORE })
moveTo(OUR_CORE)

const questions = Array.from({ length: RECORDS }, (_, i) => {
  const key = keyOf(`n${i}.bench.example`)
  return { key, bytes: key.bytes.slice(0, key.length) }
})

for (const sealed of [false, true]) {
  const costs: number[] = []
  const shared = await openSharedStore({
    plan: {
      engine: {
        kind: 'redis',
        options: {
          mode: 'single',
          nodes: [{ host: '127.0.0.1', port: redis.port }],
          masterName: null,
          credentials: NOBODY,
          sentinelCredentials: NOBODY,
          database: 0,
          tls: null,
          prefix: `bench:${sealed}:`,
        },
      },
      secret: new Uint8Array(32).fill(7),
      sealed,
      deadline: 500,
      maxLifetime: 86_400_000,
    },
    metrics: { lookedUp() {}, rejected() {}, written() {}, dropped() {} },
    log: createLogger('error', () => {}),
    onFlush() {},
  })
  await sleep(500)
  for (const [i, { key, bytes }] of questions.entries()) {
    const packed = answerFor(key, i, 3_600)
    shared.keep(bytes, 0, packed, 'upstream')
    if (i % 500 === 499) await sleep(50)
  }
  await sleep(500)
  let hits = 0
  const look = (at: number) => {
    shared.look(
      shared.keyOf(questions[at % RECORDS]!.bytes, 0),
      (record) => {
        if (record !== null) hits++
      },
      () => {},
    )
  }
  await costOf(1, look)
  for (let round = 0; round < ROUNDS; round++) {
    const idle = await costOf(SECONDS, () => {})
    hits = 0
    const { cpu, asked } = await costOf(SECONDS, look)
    await sleep(100)
    if (hits !== asked) throw new Error(`${asked - hits} of ${asked} lookups were no hits`)
    costs.push(cpu / asked - idle.cpu / idle.asked)
  }
  await shared.close()
  const sorted = costs.toSorted((a, b) => a - b)
  const figures = [sorted[ROUNDS >> 1]!, sorted[0]!, sorted.at(-1)!].map((us) => us.toFixed(1))
  console.log(
    `${sealed ? 'sealed      ' : 'in the clear'} ${figures[0]} µs a hit (${figures[1]}–${figures[2]}), ${RATE} a second`,
  )
}

/** Calls `look` at the rate for so long. @returns CPU time in microseconds, and how often */
async function costOf(seconds: number, look: (at: number) => void) {
  const before = process.cpuUsage()
  const begun = performance.now()
  const total = seconds * RATE
  let asked = 0
  while (asked < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) * RATE) / 1000))
    while (asked < due) look(asked++)
    await sleep(PAUSE)
  }
  const { user, system } = process.cpuUsage(before)
  return { cpu: user + system, asked }
}
