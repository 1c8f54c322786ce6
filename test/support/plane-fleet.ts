// A worker thread with many data planes in it, each a proxy of its own: own memory, own socket, own
// connections to upstreams and store. For each name that it is sent, it asks all of them at once and
// posts back what they answered.

import { parentPort, workerData } from 'node:worker_threads'
import { planFrom } from '../../src/app/plan.ts'
import { claimPort } from '../../src/app/ports.ts'
import { allocateCache } from '../../src/cache/answer-cache.ts'
import { loadConfig } from '../../src/config/load.ts'
import { allocateCounters } from '../../src/observe/counters.ts'
import { createLogger } from '../../src/observe/log.ts'
import { DataPlane } from '../../src/worker/data-plane.ts'
import { UdpClient } from './clients.ts'
import { addressesIn, makeQuery, readAnswer } from './messages.ts'

export interface FleetOptions {
  /** A configuration with one listener; each proxy has it on a port of its own. */
  readonly file: string
  readonly proxies: number
}

const { file, proxies } = workerData as FleetOptions
const log = createLogger('error', () => {})
const loaded = loadConfig({ file, environment: {} })
if (!loaded.ok) throw new Error('the configuration has faults')
const { config } = loaded
const [listener] = config.listeners
const clients: UdpClient[] = []

for (let i = 0; i < proxies; i++) {
  const { port } = await claimPort({ ...listener!, port: 0 }, log)
  const plane = new DataPlane({
    thread: 1,
    counters: allocateCounters(2),
    log,
    onFlush() {},
    onClockDoubt() {},
  })
  const plan = planFrom(config, [{ ...listener!, port }], [], null)
  await plane.prepare(plan, allocateCache(2 ** 20))
  plane.commit()
  clients.push(await UdpClient.open({ host: '127.0.0.1', port }))
}

parentPort!.on('message', (name: string) => {
  const asked = clients.map(async (client) => {
    const answer = await client.ask(makeQuery(name))
    return answer === null ? [] : addressesIn(readAnswer(answer))
  })
  Promise.all(asked).then(
    (answers) => parentPort!.postMessage(answers),
    (error: unknown) => {
      throw error
    },
  )
})
parentPort!.postMessage('ready')
