// Everything that one cache holds into another one, of another size perhaps.

import { HEADER_LENGTH } from '../wire/header.ts'
import { QuestionKey, Variant } from '../wire/question-key.ts'
import type { AnswerCache } from './answer-cache.ts'
import { EntryCopy } from './entry-copy.ts'

/** Slots of the index that are looked at in one step. */
const STEP_SLOTS = 64

/**
 * Puts every entry into another cache, some with each step; gives how many were taken so far. What is
 * stored meanwhile may be missed, and nothing newer is overwritten there.
 * @param secret that both have their keys hashed with
 */
export function* moveEntries(
  from: AnswerCache,
  to: AnswerCache,
  secret: Uint32Array,
): Generator<number, number> {
  const entry = new EntryCopy()
  const key = new QuestionKey(secret)
  let moved = 0
  for (const shard of from.shards) {
    for (let slot = 0; slot < shard.geometry.slots; slot++) {
      if (slot % STEP_SLOTS === 0) yield moved
      if (!entry.take(shard, slot)) continue
      const { answer, variant, storedAt, notes } = entry
      key.take(answer.bytes, HEADER_LENGTH, answer.nameLength, variant)
      if ((variant & Variant.Subnet) !== 0) key.within(entry.subnetBytes)
      if (to.restore(key, answer, storedAt, notes)) moved++
    }
  }
  return moved
}
