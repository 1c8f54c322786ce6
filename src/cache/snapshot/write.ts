// Writes the hottest entries to a file, in its place at once and whole: whatever happens meanwhile,
// there is the file from before or the new one.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { AnswerCache } from '../answer-cache.ts'
import { EntryCopy } from '../entry-copy.ts'
import { Provenance } from '../layout.ts'
import type { Pacer } from '../pacer.ts'
import {
  BLOCK_HEADER_LENGTH,
  BlockKind,
  CHECKSUM_LENGTH,
  checksum,
  ENTRY_LENGTH,
  encodeEntry,
  encodeHead,
  MAGIC,
  MAX_PAYLOAD,
  preamble,
  USUAL_PAYLOAD,
} from './format.ts'
import { Hottest } from './hottest.ts'
import { replaceFile } from './replace-file.ts'

export interface SnapshotWriteOptions {
  readonly cache: AnswerCache
  /** Names by the slots that entries know them by. */
  readonly upstreams: readonly string[]
  /** Entries, and octets of the file, at the most. */
  readonly maxEntries: number
  readonly maxSize: number
  /** Seconds past their lifetime for which entries are worth keeping. */
  readonly maxStale: number
  /** Seconds on the monotonic clock, and milliseconds since 1970, at the same moment. */
  readonly now: number
  readonly wallNow: number
  readonly pacer: Pacer
  /** Gives up when it is aborted, and leaves the file as it was. */
  readonly signal: AbortSignal
}

/** Slots of the index between two looks at the clock. */
const STEP_SLOTS = 64

/** Nobody else may read who was asked for. */
const MODE = 0o600

/**
 * Rejects when the file cannot be written, or what stands there is no snapshot.
 * @returns how many entries were written
 */
export async function writeSnapshot(path: string, options: SnapshotWriteOptions): Promise<number> {
  if (!(await mayReplace(path))) throw new Error(`${path} is no snapshot, and is not overwritten`)
  const { signal } = options
  return replaceFile(path, (draft) => writeAll(draft, options), { mode: MODE, signal })
}

/** Whether nothing of somebody else's stands there. */
async function mayReplace(path: string): Promise<boolean> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
  try {
    const found = await file.stat()
    if (!found.isFile()) return false
    const start = Buffer.alloc(MAGIC.length)
    await file.read(start, 0, start.length, 0)
    return found.size === 0 || start.equals(MAGIC)
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, options: SnapshotWriteOptions): Promise<number> {
  const { cache, upstreams, maxEntries, maxSize, maxStale, now, wallNow, pacer } = options
  const blocks = new BlockWriter(file, options.signal)
  await file.write(preamble())
  await blocks.write(BlockKind.Head, encodeHead({ writtenAt: wallNow, upstreams }))
  const most = { entries: maxEntries, octets: maxSize }
  const hottest = await pacer.take(Hottest.of(cache, most, { now, maxStale }))
  const payload = Buffer.allocUnsafe(MAX_PAYLOAD)
  const entry = new EntryCopy()
  let at = 0
  let count = 0
  let room = maxSize
  for (const shard of cache.shards) {
    for (let slot = 0; slot < shard.geometry.slots && room > 0; slot++) {
      if (slot % STEP_SLOTS === 0 && pacer.isDue) await pacer.rest()
      if (!hottest.mayAdmit(shard, slot)) continue
      if (!entry.take(shard, slot) || !hottest.admits(entry)) continue
      const { answer, variant, notes, storedAt } = entry
      if ((answer.provenance & Provenance.Passing) !== 0) continue
      room -= ENTRY_LENGTH + answer.length
      if (room < 0) continue
      const facts = { variant, notes, storedAt: wallNow - (now - storedAt) * 1000 }
      at = encodeEntry(answer, facts, payload, at)
      count++
      if (at < USUAL_PAYLOAD) continue
      await blocks.write(BlockKind.Entries, payload.subarray(0, at))
      at = 0
    }
  }
  if (at > 0) await blocks.write(BlockKind.Entries, payload.subarray(0, at))
  const end = Buffer.alloc(4)
  end.writeUInt32BE(count)
  await blocks.write(BlockKind.End, end)
  return count
}

class BlockWriter {
  readonly #file: FileHandle
  readonly #signal: AbortSignal
  #before: Uint8Array = new Uint8Array(CHECKSUM_LENGTH)

  constructor(file: FileHandle, signal: AbortSignal) {
    this.#file = file
    this.#signal = signal
  }

  async write(kind: BlockKind, payload: Buffer): Promise<void> {
    this.#signal.throwIfAborted()
    const header = Buffer.alloc(BLOCK_HEADER_LENGTH)
    header[0] = kind
    header.writeUInt32BE(payload.length, 1)
    const block = Buffer.concat([header, payload])
    this.#before = checksum(this.#before, block)
    await this.#file.writev([block, this.#before])
  }
}
