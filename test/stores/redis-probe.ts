// A Redis store for tests, which notes what its client tells of its connections.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { RedisStore, type RedisStoreOptions } from '../../src/cache/stores/redis.ts'
import type { RedisServer } from '../support/redis.ts'

export const NOBODY = { username: null, password: null }

/** Those of a server on this machine without users. */
const PLAIN: RedisStoreOptions = {
  mode: 'single',
  nodes: [],
  masterName: null,
  credentials: NOBODY,
  sentinelCredentials: NOBODY,
  database: 0,
  tls: null,
  prefix: 'dotward:',
  onLost: () => {},
  onConnected: () => {},
}

/** Milliseconds within which everything must have come. */
const SOON = 15_000

export class RedisProbe implements AsyncDisposable {
  readonly store: RedisStore
  /** Reasons for which the store was out, in the order they were told. */
  readonly told: string[] = []

  constructor(options: Partial<RedisStoreOptions>) {
    this.store = new RedisStore({
      ...PLAIN,
      ...options,
      onLost: (reason) => this.told.push(reason),
    })
  }

  /** Waits until every one of many lookups is answered. */
  async works(): Promise<void> {
    await this.until(() => this.#answers())
  }

  /** Waits until one of many lookups is not. */
  async fails(): Promise<void> {
    await this.until(async () => !(await this.#answers()))
  }

  /** Waits until the client tells that there is no way to the store, and why. */
  async trouble(): Promise<string> {
    await this.until(() => this.told.length > 0)
    return this.told.at(-1)!
  }

  async until(ready: () => boolean | Promise<boolean>): Promise<void> {
    const giveUp = Date.now() + SOON
    while (!(await ready())) {
      assert.ok(Date.now() < giveUp, `it never came: ${this.told.at(-1)}`)
      await sleep(20)
    }
  }

  async #answers(): Promise<boolean> {
    const lookups = Array.from({ length: 30 }, (_, i) => this.store.get(`probe${i}`))
    const results = await Promise.allSettled([...lookups, this.store.flushes()])
    return results.every(({ status }) => status === 'fulfilled')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
  }
}

export function nodesOf(servers: readonly RedisServer[]): { host: string; port: number }[] {
  return servers.map(({ port }) => ({ host: '127.0.0.1', port }))
}
