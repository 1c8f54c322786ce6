// Opens a UDP listener: over the batch addon where it was built, else over node:dgram.

import { BatchUdpListener } from './batch.ts'
import { loadBatchAddon } from './batch-addon.ts'
import { DgramUdpListener } from './dgram.ts'
import type { UdpListener, UdpListenerOptions } from './listener.ts'

/** `auto` takes the addon if it can be loaded. */
export type UdpBatch = 'auto' | 'addon' | 'dgram'

export interface ListenUdpOptions extends UdpListenerOptions {
  readonly batch: UdpBatch
}

/**
 * Binds an address and begins to answer queries.
 *
 * @throws when it cannot be bound: an error with the system's `code` (EADDRINUSE, EACCES,
 *   EADDRNOTAVAIL), `address` and `port`; or with `batch: 'addon'` and no addon, why it is not there
 */
export async function listenUdp(options: ListenUdpOptions): Promise<UdpListener> {
  if (options.batch === 'dgram') return DgramUdpListener.open(options)
  const addon = loadBatchAddon()
  if (!(addon instanceof Error)) return new BatchUdpListener(options, addon)
  if (options.batch === 'addon') throw addon
  return DgramUdpListener.open(options)
}
