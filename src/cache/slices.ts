// Removing many entries from a shard without keeping anybody out for long: a slice of the index at a
// time. Each ends at a free slot. What stands behind a free slot never moves before it, so that slices
// one after the other miss nothing, whatever is stored and removed between them.

import { Control } from './layout.ts'
import type { Shard } from './shard.ts'

/** Slots that are looked at under one lock: some ten microseconds' worth. */
const SLICE_SLOTS = 256

/** What came of a slice. */
export interface Slice {
  /** Where the next one starts; the number of slots when it was the last. */
  readonly next: number
  readonly removed: number
}

/** Picks entries by their place in `words`, with no effects: it may be asked twice of one. */
type Picks = (entry: number) => boolean

/** Removes the entries that are picked. @param from where the slice before ended; 0 at first */
export function removeSlice(shard: Shard, from: number, picks: Picks): Slice {
  const untouched = endWithout(shard, from, picks)
  if (untouched !== -1) return { next: untouched, removed: 0 }
  const { index, geometry } = shard
  let removed = 0
  let slot = from
  shard.lock.takePatiently()
  try {
    while (slot < geometry.slots) {
      if (index[slot * 2 + 1] === 0) {
        if (slot - from >= SLICE_SLOTS) break
        slot++
      } else if (picks(shard.entryAt(slot * 2))) {
        // The slot is looked at again: the next one may have come in its place.
        shard.remove(slot * 2)
        removed++
      } else slot++
    }
  } finally {
    shard.lock.free()
  }
  return { next: slot, removed }
}

/** The end of a slice, found without the lock; -1 when something is picked, or writers are at work. */
function endWithout(shard: Shard, from: number, picks: Picks): number {
  const { index, control, geometry } = shard
  const version = Atomics.load(control, Control.Version)
  if ((version & 1) !== 0) return -1
  let slot = from
  for (; slot < geometry.slots; slot++) {
    const isFree = index[slot * 2 + 1] === 0
    if (isFree ? slot - from >= SLICE_SLOTS : picks(shard.entryAt(slot * 2))) break
  }
  const isEnd = slot === geometry.slots || index[slot * 2 + 1] === 0
  // A read-modify-write, for a barrier between what was read and this.
  return isEnd && Atomics.add(control, Control.Version, 0) === version ? slot : -1
}
