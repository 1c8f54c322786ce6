// The transports of a worker, one for each upstream however many groups have it. A new plan takes
// over those whose upstream did not change, connections and all. Of one that changed there are two
// generations for a while: the new one for what comes, the old one until nothing is under way on it.

import { isDeepStrictEqual } from 'node:util'
import type { UpstreamTransport } from './transport.ts'

export interface PoolRegistryOptions<Settings> {
  /**
   * Makes the transport of an upstream that is new, or not what it was.
   *
   * @throws when the upstream cannot be used as it is, for instance for its certificates
   */
  open(settings: Settings): UpstreamTransport
}

interface Entry<Settings> {
  readonly settings: Settings
  readonly transport: UpstreamTransport
  /** Counts from 1 for each name. */
  readonly generation: number
  holders: number
}

/** `Settings` is all that matters for an upstream and its connections, as plain data. */
export class PoolRegistry<Settings extends object> {
  readonly #open: (settings: Settings) => UpstreamTransport
  readonly #entries: Entry<Settings>[] = []

  constructor(options: PoolRegistryOptions<Settings>) {
    this.#open = (settings) => options.open(settings)
  }

  /** All that are held by anybody, oldest first. */
  get transports(): readonly UpstreamTransport[] {
    return this.#entries.map(({ transport }) => transport)
  }

  /** Gives the transport for these settings. Each call wants a `release`. @throws as `open` does */
  acquire(settings: Settings): UpstreamTransport {
    let entry = this.#entries.find((held) => isDeepStrictEqual(held.settings, settings))
    if (entry === undefined) {
      const transport = this.#open(settings)
      const generation = 1 + this.#newest(transport.name)
      entry = { settings, transport, generation, holders: 0 }
      this.#entries.push(entry)
    }
    entry.holders++
    return entry.transport
  }

  /** Which making of its upstream a held transport is, from 1; 0 when nobody holds it. */
  generation(transport: UpstreamTransport): number {
    return this.#entries.find((held) => held.transport === transport)?.generation ?? 0
  }

  /** The last holder's release lets the transport end once all that is under way has ended. */
  release(transport: UpstreamTransport): void {
    const at = this.#entries.findIndex((held) => held.transport === transport)
    const entry = this.#entries[at]
    if (entry === undefined || --entry.holders > 0) return
    this.#entries.splice(at, 1)
    transport.drain()
  }

  /** Closes all at once. */
  close(): void {
    for (const { transport } of this.#entries.splice(0)) transport.close()
  }

  #newest(name: string): number {
    let newest = 0
    for (const { transport, generation } of this.#entries) {
      if (transport.name === name && generation > newest) newest = generation
    }
    return newest
  }
}
