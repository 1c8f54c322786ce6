// Fuzzes the reader of snapshots; run.ts runs it. Octets changed anywhere must be noticed; entries
// changed by somebody who knows how to write checksums must still be answers, or none.

import assert from 'node:assert/strict'
import { EntryCopy } from '../src/cache/entry-copy.ts'
import {
  BLOCK_HEADER_LENGTH,
  BlockKind,
  CHECKSUM_LENGTH,
  checksum,
  PREAMBLE_LENGTH,
} from '../src/cache/snapshot/format.ts'
import { restoreFrom } from '../src/cache/snapshot/read.ts'
import { readOptions, SnapshotFolder, sourceOf, TestCache } from '../src/cache/snapshot/testing.ts'
import { AnswerFault, AnswerScan } from '../src/wire/answer-scan.ts'
import { mutator } from './mutator.ts'

/** @returns how many inputs were tried; rejects at the first that breaks an invariant */
export async function fuzzSnapshot(options: {
  readonly seconds: number
  readonly seed: number
}): Promise<number> {
  const mutate = mutator(options.seed)
  const end = performance.now() + options.seconds * 1_000
  const sample = await makeSample()
  let inputs = 0
  for (; performance.now() < end; inputs += 2) {
    const changed = mutate.octets(sample)
    const forged = forge(sample, (payload) => mutate.octets(payload))
    try {
      await check(changed, Buffer.from(changed).equals(sample))
      await check(forged, null)
    } catch (error) {
      const [first, second] = [changed, forged].map((one) => Buffer.from(one).toString('hex'))
      throw new Error(`snapshot ${first} or ${second}`, { cause: error })
    }
  }
  return inputs
}

async function makeSample(): Promise<Buffer> {
  using folder = new SnapshotFolder()
  const cache = new TestCache()
  for (let i = 0; i < 5; i++) cache.put(`n${i}.example.org`, i, { extendedError: i, provenance: i })
  await folder.write(cache, { upstreams: ['one', 'two', 'three', 'four'] })
  return folder.octets()
}

/** Changes the entries and puts everything right around them. */
function forge(sample: Buffer, change: (payload: Uint8Array) => Uint8Array): Buffer {
  const parts: Uint8Array[] = [sample.subarray(0, PREAMBLE_LENGTH)]
  let before: Uint8Array = new Uint8Array(CHECKSUM_LENGTH)
  for (let at = PREAMBLE_LENGTH; at < sample.length; ) {
    const length = sample.readUInt32BE(at + 1)
    const kind = sample[at]!
    const from = at + BLOCK_HEADER_LENGTH
    const payload = sample.subarray(from, from + length)
    const changed = kind === BlockKind.End ? payload : change(payload)
    const header = Buffer.alloc(BLOCK_HEADER_LENGTH)
    header[0] = kind
    header.writeUInt32BE(changed.length, 1)
    const block = Buffer.concat([header, changed])
    before = checksum(before, block)
    parts.push(block, before)
    at = from + length + CHECKSUM_LENGTH
  }
  return Buffer.concat(parts)
}

const entry = new EntryCopy()
const scan = new AnswerScan()

/** @param isGood whether it must be taken; null when both will do */
async function check(octets: Uint8Array, isGood: boolean | null): Promise<void> {
  const into = new TestCache(128 * 1024)
  const read = await restoreFrom(sourceOf(octets), readOptions(into))
  if (isGood !== null) assert.equal(read.ok, isGood)
  if (!read.ok) assert.equal(into.cache.state().entries, 0)
  for (const shard of into.cache.shards) {
    for (let slot = 0; slot < shard.geometry.slots; slot++) {
      if (!entry.take(shard, slot)) continue
      const { bytes, length, lifetime, ttlCount } = entry.answer
      assert.equal(scan.scan(bytes, 0, length), AnswerFault.None)
      assert.equal(scan.ttlCount, ttlCount)
      assert.ok(lifetime > 0 && lifetime <= readOptions(into).maxTtl)
      assert.ok(entry.variant <= 3 && entry.storedAt <= readOptions(into).now)
    }
  }
}
