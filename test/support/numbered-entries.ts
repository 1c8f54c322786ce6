// Records that tell by themselves whether they are whole.

import type { DiskEntry } from '../../src/cache/stores/disk-file.ts'

const PER_BATCH = 40
const MINUTE = 60_000

/** The same names over and over, with other records. */
export function numberedEntries(name: string, batch: number): DiskEntry[] {
  return Array.from({ length: PER_BATCH }, (_, i) => ({
    key: numberedKey(name, i),
    record: Buffer.from(`${batch} `.repeat(20 + i)),
    expiresAt: Date.now() + MINUTE,
  }))
}

/** The batch that is in the file whole, or -1; throws when it is a mixture of several. */
export function wholeBatch(name: string, get: (key: string) => Uint8Array | null): number {
  const texts = Array.from({ length: PER_BATCH }, (_, i) => {
    const record = get(numberedKey(name, i))
    return record === null ? '' : Buffer.from(record).toString()
  })
  const batch = texts[0] === '' ? -1 : Number.parseInt(texts[0]!, 10)
  const isWhole = texts.every((text, i) => text === (batch < 0 ? '' : `${batch} `.repeat(20 + i)))
  if (!isWhole) throw new Error(`a mixture of batches: ${texts.join('')}`)
  return batch
}

function numberedKey(name: string, i: number): string {
  return `${name}-${i}.example.org./A/IN/0`
}
