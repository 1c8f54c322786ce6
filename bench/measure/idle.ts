// What clients weigh that are connected over TLS and say nothing.

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { Child } from '../lab/child.ts'
import type { Lab } from '../lab/lab.ts'
import { type System, Transport } from '../lab/system.ts'
import type { IdleCount, IdleRequest } from './idle-process.ts'
import { measureHits } from './load.ts'
import type { Idle } from './results.ts'

const CLIENTS = 10_000
const CACHE_MIB = 64
const SCRIPT = fileURLToPath(import.meta.resolve('./idle-process.ts'))

/** For dotward: they may come as fast as they can, and stay, as many as they are. */
export const IDLE_SETTINGS = `tcp:
  maxConnections: 12000
  idleTimeout: 2m
  minIdleTimeout: 2m
  handshakeRate: 1000000
  totalHandshakeRate: 1000000
`

/** Of load before the first weighing, so that heaps and buffers have their working size. */
const WARM_SECONDS = 1

/** Between the last handshake and the weighing, in milliseconds: none of them has just ended. */
const SETTLE = 3000

export async function measureIdle(lab: Lab, system: System): Promise<Idle> {
  await using running = await lab.start(system, { cacheMiB: CACHE_MIB, encrypted: true })
  await measureHits(lab, running, WARM_SECONDS, 0, Transport.Dot)
  const freshBytes = running.program.residentBytes()
  await using clients = new Child(SCRIPT, lab.loadCore)
  const ask = (request: IdleRequest): Promise<IdleCount> => clients.ask<IdleCount>(request)
  const cpuBefore = running.program.cpuMicros()
  const { held: connected } = await ask({
    connect: CLIENTS,
    port: running.portOf(Transport.Dot),
  })
  const handshakeMicros = (running.program.cpuMicros() - cpuBefore) / Math.max(1, connected)
  await sleep(SETTLE)
  const residentBytes = running.program.residentBytes()
  const { held } = await ask({ count: true })
  return { id: system.id, clients: CLIENTS, held, handshakeMicros, freshBytes, residentBytes }
}
