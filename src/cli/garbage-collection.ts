// Who collects garbage: each thread its own. V8 has helpers for that, on threads of their own, for which
// it waits. Where every core has a worker they only keep workers, each other and the threads that check
// signatures from running: in floods, collections of half a millisecond took ten.

import { setFlagsFromString } from 'node:v8'

/** What V8 does by helpers otherwise, as far as it can be told while it runs. */
const HELPED = [
  'parallel-scavenge',
  'concurrent-marking',
  'concurrent-sweeping',
  'concurrent-array-buffer-sweeping',
  'parallel-compaction',
  'parallel-pointer-update',
]

/**
 * To be called before anything else is loaded: V8 takes such flags while it runs, but not while helpers
 * are at work.
 */
export function collectGarbageAlone(): void {
  for (const helped of HELPED) setFlagsFromString(`--no-${helped}`)
}
