// Reads a snapshot back into the cache: first all of it, to see that it is whole, and only then entry
// by entry. What it holds is checked as an upstream's answer is, and never goes over anything newer.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Pacer } from '../pacer.ts'
import {
  BLOCK_HEADER_LENGTH,
  BlockKind,
  CHECKSUM_LENGTH,
  checksum,
  decodeEntry,
  decodeHead,
  MAGIC,
  MAX_PAYLOAD,
  PREAMBLE_LENGTH,
  VERSION,
} from './format.ts'
import { Restorer, type RestorerOptions } from './restorer.ts'

/** Why a snapshot was not taken. */
export const SnapshotFault = {
  /** No such file. */
  Absent: 'absent',
  /** Something else stands there. */
  Foreign: 'foreign',
  /** Anybody may write there, and so plant answers. */
  Open: 'writable by anybody',
  /** Of another version of this program. */
  Version: 'another version',
  /** It ends too early, or its octets are not those that were written. */
  Torn: 'torn',
} as const
export type SnapshotFault = (typeof SnapshotFault)[keyof typeof SnapshotFault]

/** Where octets come from, as from a file. */
export type SnapshotSource = Pick<FileHandle, 'read'>

export interface SnapshotReadOptions extends RestorerOptions {
  readonly pacer: Pacer
  /** Ends it early; what has been read stays. */
  readonly signal: AbortSignal
}

export type SnapshotRead =
  | {
      readonly ok: true
      /** Entries that are in the cache again. */
      readonly restored: number
      /** Those whose time is over, of upstreams that are none any more, or that were here already. */
      readonly passed: number
    }
  | { readonly ok: false; readonly fault: SnapshotFault }

/** Rejects when the file is there and cannot be read. */
export async function readSnapshot(
  path: string,
  options: SnapshotReadOptions,
): Promise<SnapshotRead> {
  let file: FileHandle
  try {
    // Whatever it is, opening must not wait for somebody at the other end.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { ok: false, fault: SnapshotFault.Absent }
  }
  try {
    const found = await file.stat()
    if (!found.isFile()) return { ok: false, fault: SnapshotFault.Foreign }
    if ((found.mode & 0o002) !== 0) return { ok: false, fault: SnapshotFault.Open }
    return await restoreFrom(file, options)
  } finally {
    await file.close()
  }
}

/** As `readSnapshot`, from what is open already. */
export async function restoreFrom(
  source: SnapshotSource,
  options: SnapshotReadOptions,
): Promise<SnapshotRead> {
  const restorer = new Restorer(options)
  const fault = (await readAll(source, options, null)) ?? (await readAll(source, options, restorer))
  if (fault !== null) return { ok: false, fault }
  return { ok: true, restored: restorer.restored, passed: restorer.passed }
}

/** Reads all there is, from the start; entries go to `restorer`. */
async function readAll(
  source: SnapshotSource,
  { pacer, signal }: SnapshotReadOptions,
  restorer: Restorer | null,
): Promise<SnapshotFault | null> {
  const blocks = new BlockReader(source)
  const fault = await blocks.start()
  if (fault !== null) return fault
  const first = await blocks.next()
  const head = first === null || first.kind !== BlockKind.Head ? null : decodeHead(first.payload)
  if (head === null) return SnapshotFault.Torn
  restorer?.begin(head)
  let count = 0
  for (;;) {
    if (signal.aborted) return null
    if (pacer.isDue) await pacer.rest()
    const block = await blocks.next()
    if (block === null || block.kind === BlockKind.Head) return SnapshotFault.Torn
    const { kind, payload } = block
    if (kind === BlockKind.End) {
      const isEnd = payload.length === 4 && payload.readUInt32BE(0) === count
      return isEnd && (await blocks.isAtEnd()) ? null : SnapshotFault.Torn
    }
    for (let at = 0; at < payload.length; count++) {
      const entry = decodeEntry(payload, at)
      if (entry === null) return SnapshotFault.Torn
      restorer?.restore(entry, payload)
      at = entry.end
      if (restorer !== null && pacer.isDue) await pacer.rest()
    }
  }
}

interface Block {
  readonly kind: number
  /** Good until the next one is read. */
  readonly payload: Buffer
}

class BlockReader {
  readonly #source: SnapshotSource
  readonly #buffer = Buffer.allocUnsafe(BLOCK_HEADER_LENGTH + MAX_PAYLOAD + CHECKSUM_LENGTH)
  #at = 0
  #before: Uint8Array = new Uint8Array(CHECKSUM_LENGTH)

  constructor(source: SnapshotSource) {
    this.#source = source
  }

  async start(): Promise<SnapshotFault | null> {
    const start = await this.#read(0, PREAMBLE_LENGTH)
    if (start === null || !start.subarray(0, MAGIC.length).equals(MAGIC)) {
      return SnapshotFault.Foreign
    }
    return start[MAGIC.length] === VERSION ? null : SnapshotFault.Version
  }

  /** @returns null when there is no whole block whose checksum is right */
  async next(): Promise<Block | null> {
    const header = await this.#read(0, BLOCK_HEADER_LENGTH)
    if (header === null) return null
    const length = header.readUInt32BE(1)
    if (length > MAX_PAYLOAD) return null
    const rest = await this.#read(BLOCK_HEADER_LENGTH, length + CHECKSUM_LENGTH)
    if (rest === null) return null
    const block = this.#buffer.subarray(0, BLOCK_HEADER_LENGTH + length)
    const expected = checksum(this.#before, block)
    if (!rest.subarray(length).equals(expected)) return null
    this.#before = expected
    return { kind: block[0]!, payload: rest.subarray(0, length) }
  }

  async isAtEnd(): Promise<boolean> {
    return (await this.#read(0, 1)) === null
  }

  /** Reads octets to a place in the buffer; null when there are not as many. */
  async #read(to: number, length: number): Promise<Buffer | null> {
    for (let done = 0; done < length; ) {
      const left = length - done
      const { bytesRead } = await this.#source.read(this.#buffer, to + done, left, this.#at)
      if (bytesRead === 0) return null
      this.#at += bytesRead
      done += bytesRead
    }
    return this.#buffer.subarray(to, to + length)
  }
}
