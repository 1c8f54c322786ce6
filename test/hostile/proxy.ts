// A worker's data plane in this process, in front of upstreams under test, on a port of its own.

import { planFrom } from '../../src/app/plan.ts'
import { allocateCache } from '../../src/cache/answer-cache.ts'
import { loadConfig } from '../../src/config/load.ts'
import { allocateCounters } from '../../src/observe/counters.ts'
import { createLogger } from '../../src/observe/log.ts'
import { DataPlane } from '../../src/worker/data-plane.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { freePort } from '../support/processes.ts'

/** Milliseconds that a client waits at the most. */
export const DEADLINE = 1_500

/** Data planes would share a port, and each other's queries (SO_REUSEPORT). */
const taken = new Set<number>()

export class Proxy implements AsyncDisposable {
  readonly port: number
  readonly #plane: DataPlane

  private constructor(port: number, plane: DataPlane) {
    this.port = port
    this.#plane = plane
  }

  /** @param upstreams asked in this order */
  static async start(
    upstreams: readonly { readonly port: number }[],
    caPath: string,
  ): Promise<Proxy> {
    const port = await ownPort()
    const loaded = loadConfig({
      text: configText(port, upstreams, caPath),
      file: null,
      environment: {},
    })
    if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'))
    const { config } = loaded
    const plane = new DataPlane({
      thread: 0,
      counters: allocateCounters(1),
      log: createLogger('error', () => {}),
      onFlush() {},
      onClockDoubt() {},
    })
    const names = config.upstreams.map(({ name }) => name)
    const plan = planFrom(config, config.listeners, names, null)
    await plane.prepare(plan, allocateCache(config.cache.size))
    plane.commit()
    return new Proxy(port, plane)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plane.stop(0)
    taken.delete(this.port)
  }
}

async function ownPort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (taken.has(port)) continue
    taken.add(port)
    return port
  }
}

/** JSON is YAML. Hedging is off, so that what upstreams are asked can be counted. */
function configText(
  port: number,
  upstreams: readonly { readonly port: number }[],
  ca: string,
): string {
  return JSON.stringify({
    listeners: [{ address: '127.0.0.1', port, protocols: ['udp', 'tcp'] }],
    upstreams: upstreams.map((upstream, i) => ({
      name: `u${i}`,
      address: '127.0.0.1',
      port: upstream.port,
      tlsName: DOT_NAME,
      ca,
    })),
    selection: { strategy: 'ordered', hedge: { budget: '0%' }, explain: true },
    cache: { size: '1MiB' },
    dnssec: { mode: 'passthrough' },
    timeouts: { query: `${DEADLINE}ms` },
    dot: { connectTimeout: '600ms', raceAfter: '200ms', stallTimeout: '500ms' },
  })
}
