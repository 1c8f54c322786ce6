// Two proxies, one store, one fault, once.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { type LoadGenerator, steady } from '../faults/load.ts'
import { summarise } from '../faults/results.ts'
import { Scripted } from '../faults/scripted.ts'
import type { Certificates } from '../lab/certificates.ts'
import { now } from '../lab/clock.ts'
import { type StoreFault, Shape } from './catalogue.ts'
import { measureHandover } from './handover.ts'
import { mixedNames } from './mixed.ts'
import { Pool } from './pool.ts'
import { Proxy } from './proxy.ts'
import type { Handover, StoreRun } from './results.ts'
import { BACK_AFTER } from './verdict.ts'

export interface StoreBench {
  readonly dir: string
  readonly root: string
  readonly certificates: Certificates
  readonly load: LoadGenerator
  readonly proxyCore: number
  readonly loadCore: number
  /** Queries a second, both proxies together. */
  readonly rate: number
}

/** Milliseconds from the load's start to the fault's, of the fault, and from its end to the load's. */
export const BEFORE = 3_000
export const LENGTH = 4_000
export const AFTER = 5_000

const UPSTREAMS = 2
const WARM_SECONDS = 1
const LOST_AFTER = 10_000
const CACHE_MIB = 64

/** Time for the load to make its queries and sockets. */
const LEAD = 600

/** Milliseconds between two looks whether the store is used again. */
const LOOK = 100

export async function runFault(
  bench: StoreBench,
  fault: StoreFault,
  round: number,
): Promise<StoreRun> {
  const { load, rate } = bench
  await using scene = await Scene.open(bench, fault.shape, `${fault.id}-${round}`)
  const { pool, proxies } = scene
  const job = { ports: proxies.map((proxy) => proxy.port), timeout: LOST_AFTER }
  const warming = steady(rate, WARM_SECONDS)
  await load.run({ ...job, offsets: warming, startAt: now() + LEAD, prefix: 'warm', names: null })

  const offsets = steady(rate, (BEFORE + LENGTH + AFTER) / 1000)
  const queriesBefore = await scene.upstreamQueries()
  const startAt = now() + LEAD
  const names = mixedNames(offsets.length)
  const first = await scene.storeHits()
  const recorded = load.run({ ...job, offsets, startAt, prefix: 'load', names })
  await sleep(startAt + BEFORE - now())
  const atBegin = await scene.storeHits()
  await fault.begin(pool)
  await sleep(startAt + BEFORE + LENGTH - now())
  const endedAt = now()
  const [atEnd] = await Promise.all([scene.storeHits(), fault.end(pool)])
  const backAfter = await usedAgain(proxies, endedAt)
  const record = await recorded
  const { backAfter: _, ...summary } = summarise(record, offsets, null)
  const last = await scene.storeHits()
  return {
    fault: fault.id,
    round,
    failure: null,
    ...summary,
    upstreamQueries: (await scene.upstreamQueries()) - queriesBefore,
    hits: [atBegin - first, atEnd - atBegin, last - atEnd],
    backAfter,
    lag: record.lag,
  }
}

export async function runHandover(bench: StoreBench): Promise<Handover> {
  await using scene = await Scene.open(bench, Shape.Single, 'handover')
  const [one, other] = scene.proxies
  return await measureHandover([one!.port, other!.port], () => scene.upstreamQueries())
}

/** Two proxies with their store and their upstreams. */
class Scene implements AsyncDisposable {
  readonly pool: Pool
  readonly proxies: readonly Proxy[]
  readonly #upstreams: readonly Scripted[]
  readonly #running: AsyncDisposableStack

  private constructor(
    pool: Pool,
    proxies: readonly Proxy[],
    upstreams: readonly Scripted[],
    running: AsyncDisposableStack,
  ) {
    this.pool = pool
    this.proxies = proxies
    this.#upstreams = upstreams
    this.#running = running
  }

  static async open(bench: StoreBench, shape: Shape, name: string): Promise<Scene> {
    const { root, certificates, loadCore, proxyCore } = bench
    const dir = join(bench.dir, name)
    await using opening = new AsyncDisposableStack()
    const { certificate, key } = certificates
    const setup = { certificate, key, impostorCertificate: certificate, impostorKey: key }
    const upstreams: Scripted[] = []
    for (let i = 0; i < UPSTREAMS; i++) {
      upstreams.push(opening.use(await Scripted.start({ setup }, loadCore)))
    }
    const pool = opening.use(await Pool.open(shape, { dir, core: loadCore }))
    const proxies: Proxy[] = []
    for (const id of ['one', 'other']) {
      const proxy = await Proxy.start({
        root,
        store: pool.settings,
        dir: join(dir, id),
        upstreamPorts: upstreams.map((upstream) => upstream.port),
        ca: certificates.ca,
        core: proxyCore,
        cacheMiB: CACHE_MIB,
      })
      proxies.push(opening.use(proxy))
    }
    return new Scene(pool, proxies, upstreams, opening.move())
  }

  async storeHits(): Promise<number> {
    const hits = await Promise.all(this.proxies.map((proxy) => proxy.storeHits()))
    return hits.reduce((sum, own) => sum + own, 0)
  }

  async upstreamQueries(): Promise<number> {
    const queries = await Promise.all(this.#upstreams.map((upstream) => upstream.queries()))
    return queries.reduce((sum, own) => sum + own, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.disposeAsync()
  }
}

/** Milliseconds until every proxy has had another answer of the store; null when that took too long. */
async function usedAgain(proxies: readonly Proxy[], since: number): Promise<number | null> {
  const times = await Promise.all(proxies.map((proxy) => usedAgainBy(proxy, since)))
  return times.includes(null) ? null : Math.max(...times.map(Number))
}

async function usedAgainBy(proxy: Proxy, since: number): Promise<number | null> {
  const before = await proxy.storeHits()
  while (now() < since + BACK_AFTER) {
    if ((await proxy.storeHits()) > before) return now() - since
    await sleep(LOOK)
  }
  return null
}
