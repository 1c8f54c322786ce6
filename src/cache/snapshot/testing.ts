// A folder for snapshots, and caches to fill them from.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QuestionKey } from '../../wire/question-key.ts'
import { AnswerCache, allocateCache, type CacheMemory } from '../answer-cache.ts'
import { Pacer } from '../pacer.ts'
import { answerFor, questionOf } from '../testing.ts'
import type { SnapshotReadOptions, SnapshotSource } from './read.ts'
import { type SnapshotWriteOptions, writeSnapshot } from './write.ts'

/** Seconds on the monotonic clock, and milliseconds since 1970. */
export const NOW = 1_000_000
export const WALL_NOW = 1_750_000_000_000

/** A cache with a secret of its own, as a process has one. */
export class TestCache {
  readonly memory: CacheMemory
  readonly cache: AnswerCache
  readonly #words = new Uint32Array(16_384)
  readonly #out = new Uint8Array(this.#words.buffer)

  constructor(size = 1024 * 1024) {
    this.memory = allocateCache(size)
    this.cache = new AnswerCache({ memory: this.memory, thread: 0 })
  }

  key(name: string, variant = 0): QuestionKey {
    const key = new QuestionKey(this.memory.secret)
    const question = questionOf(name)
    key.take(question, 0, question.length - 4, variant)
    return key
  }

  put(
    name: string,
    mark: number,
    { ttl = 300, at = NOW, variant = 0, provenance = 0, extendedError = -1 } = {},
  ): void {
    const key = this.key(name, variant)
    const answer = answerFor(key, mark, ttl)
    answer.provenance = provenance
    answer.extendedError = extendedError
    this.cache.put(key, answer, at)
  }

  /** The mark and the TTL of an answer, or null. */
  get(name: string, { now = NOW, variant = 0, maxStale = 0 } = {}) {
    const key = this.key(name, variant)
    const length = this.cache.lookup(key, now, this.#out, this.#words, 0, 65_535, maxStale)
    if (length === 0) return null
    const view = new DataView(this.#out.buffer)
    const record = 12 + key.length
    return { mark: view.getUint32(record + 12), ttl: view.getUint32(record + 6) }
  }
}

export class SnapshotFolder implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'dotward-test-'))
  readonly path = join(this.dir, 'snapshot')

  write(from: TestCache, options: Partial<SnapshotWriteOptions> = {}): Promise<number> {
    return writeSnapshot(this.path, { ...writeOptions(from), ...options })
  }

  octets(): Buffer {
    return readFileSync(this.path)
  }

  /** Whether a snapshot was begun and not ended. */
  get hasDraft(): boolean {
    return existsSync(`${this.path}.tmp`)
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export function writeOptions({ cache }: TestCache): SnapshotWriteOptions {
  return {
    cache,
    upstreams: [],
    maxEntries: 1_000_000,
    maxSize: 2 ** 30,
    maxStale: 0,
    now: NOW,
    wallNow: WALL_NOW,
    pacer: new Pacer(),
    signal: new AbortController().signal,
  }
}

export function readOptions({ cache, memory }: TestCache): SnapshotReadOptions {
  return {
    cache,
    secret: memory.secret,
    slotOf: () => 0,
    maxTtl: 86_400,
    maxStale: 0,
    now: NOW,
    wallNow: WALL_NOW,
    pacer: new Pacer(),
    signal: new AbortController().signal,
  }
}

/** Octets to read as from a file. */
export function sourceOf(octets: Uint8Array): SnapshotSource {
  const read = async (buffer: Uint8Array, offset: number, length: number, position: number) => {
    const part = octets.subarray(position, position + length)
    buffer.set(part, offset)
    return { bytesRead: part.length, buffer }
  }
  return { read } as unknown as SnapshotSource
}
