// Loads native/udp_batch.node, which scripts/build-native.mjs builds at install.

import { createRequire } from 'node:module'

/** A socket as the addon knows it. */
export type BatchHandle = { readonly brand: unique symbol }

export const OpenFlag = { ReusePort: 1, V6Only: 2 } as const

/** What native/udp_batch.c exports. */
export interface BatchAddon {
  /**
   * Binds a socket and starts reading. `onBatch` is called with the number of datagrams received,
   * and returns the number of answers written to the first out slots.
   *
   * @param memory a whole `BatchMemory.buffer`
   * @throws an error with the system's `code`, such as EADDRINUSE
   */
  open(
    memory: ArrayBuffer,
    address: string,
    port: number,
    flags: number,
    bufferSize: number,
    onBatch: (received: number) => number,
  ): BatchHandle
  /** Sends the first `count` late slots. */
  flush(handle: BatchHandle, count: number): void
  /**
   * Has the kernel lead new queries to other sockets of the port; those that wait already are still
   * read. Where it cannot, no more are read.
   */
  pause(handle: BatchHandle): void
  /** Asks the kernel for buffers of another size, in octets. */
  resize(handle: BatchHandle, bufferSize: number): void
  /** Frees the port before it returns. */
  close(handle: BatchHandle): void
}

/** @returns the addon, or why it cannot be used here */
export function loadBatchAddon(): BatchAddon | Error {
  try {
    return createRequire(import.meta.url)('../../../native/udp_batch.node') as BatchAddon
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
