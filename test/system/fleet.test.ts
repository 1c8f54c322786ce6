// A fleet of proxies that all want to know the same at the same moment.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createTestCa } from '../support/certificates.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { ConfigFile } from '../support/dotward.ts'
import type { FleetOptions } from '../support/plane-fleet.ts'
import { RedisServer } from '../support/redis.ts'

const ca = createTestCa()
after(() => ca[Symbol.dispose]())
const certificate = ca.issue({ names: [TLS_NAME] })

const THREADS = 4
const PROXIES_EACH = 25
const ROUNDS = 5

/** Milliseconds that the upstream thinks: all have asked by then. */
const THINKING = 50

test('100 proxies that ask for the same name at once cost the upstream three queries at the most', async () => {
  const asked = new Map<string, number>()
  await using upstream = await DotServer.start({
    certificate,
    react: (query) => {
      asked.set(query.label, (asked.get(query.label) ?? 0) + 1)
      setTimeout(() => query.answer(), THINKING)
    },
  })
  await using redis = await RedisServer.start()
  using file = new ConfigFile({
    listeners: [{ address: '127.0.0.1', port: 53, protocols: ['udp'] }],
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    dnssec: { mode: 'passthrough' },
    cache: {
      size: '1MiB',
      store: {
        kind: 'redis',
        url: `redis://127.0.0.1:${redis.port}`,
        secret: 'a secret of some length',
        // A hundred proxies on one machine are slow; who waits for too long would ask himself.
        deadline: '500ms',
      },
    },
  })
  await using running = new AsyncDisposableStack()
  const workers = Array.from({ length: THREADS }, () => {
    const workerData: FleetOptions = { file: file.path, proxies: PROXIES_EACH }
    const worker = new Worker(new URL('../support/plane-fleet.ts', import.meta.url), { workerData })
    running.defer(async () => {
      await worker.terminate()
    })
    return worker
  })
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  await redis.until('every proxy is subscribed to flushes', async () => {
    const [, subscribed] = (await redis.command('pubsub', 'numsub', 'dotward:flushes')).split('\n')
    return Number(subscribed) === THREADS * PROXIES_EACH
  })
  for (let round = 0; round < ROUNDS; round++) {
    const label = `wanted-${round}`
    const answers = workers.map((worker) => once(worker, 'message') as Promise<[string[][]]>)
    for (const worker of workers) worker.postMessage(`${label}.example.org`)
    const addresses = (await Promise.all(answers)).flatMap(([own]) => own)
    assert.equal(addresses.length, THREADS * PROXIES_EACH)
    for (const address of addresses) assert.deepEqual(address, ['192.0.2.1'])
    assert.ok(asked.get(label)! <= 3, `${asked.get(label)} queries`)
  }
})
