// One proxy of the two that share a store, with its counters read.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { now } from '../lab/clock.ts'
import { RunningSystem, type StartOptions } from '../lab/system.ts'
import { dotward } from '../peers/dotward.ts'

/** Milliseconds that it may take to print its counters. */
const PATIENCE = 5_000

const LOOK = 10

/** The last of the counters. */
const LAST = /^cache_expired \d+\n/m

const HITS = /^store_lookups\{result="hit"\} (\d+)$/m

export interface ProxyOptions extends StartOptions {
  /** Top folder of the checkout to run. */
  readonly root: string
  /** Of its section `cache.store`, as in a YAML flow mapping. */
  readonly store: string
}

export class Proxy implements AsyncDisposable {
  readonly #system: RunningSystem
  readonly #log: string

  private constructor(system: RunningSystem, log: string) {
    this.#system = system
    this.#log = log
  }

  static async start({ root, store, ...options }: ProxyOptions): Promise<Proxy> {
    const system = dotward({ root, cache: `store: { ${store} }` })
    const running = await RunningSystem.start(system, options)
    return new Proxy(running, join(options.dir, 'output.log'))
  }

  get port(): number {
    return this.#system.port
  }

  /** Lookups in the store so far that had an answer. */
  async storeHits(): Promise<number> {
    const from = statSync(this.#log).size
    this.#system.program.kill('SIGUSR1')
    const giveUp = now() + PATIENCE
    for (;;) {
      const printed = readFileSync(this.#log).toString('utf8', from)
      if (LAST.test(printed)) return Number(HITS.exec(printed)?.[1] ?? 0)
      if (now() > giveUp) throw new Error('a proxy did not print its counters')
      await sleep(LOOK)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#system[Symbol.asyncDispose]()
  }
}
