// What is done about DNSSEC, and what of it is part of the cache's keys: an answer that was kept while
// one mode was in force is not served under another, however soon after a reload.

import { Variant } from '../wire/question-key.ts'

/**
 * `validate`: what is signed is proven here, and told by AD. `passthrough`: what upstreams say goes on.
 * `off`: nothing of DNSSEC is asked for, nor told.
 */
export type DnssecMode = 'validate' | 'passthrough' | 'off'

/** Bits of the variant of every key under this mode. */
export function viewOf(mode: DnssecMode): number {
  switch (mode) {
    case 'validate':
      return Variant.Validated
    case 'passthrough':
      return 0
    case 'off':
      return Variant.Unsigned
  }
}

/** Those bits of a client's that tell its answers from others'. */
export function maskOf(mode: DnssecMode): number {
  return mode === 'off' ? Variant.CheckingDisabled : Variant.DnssecOk | Variant.CheckingDisabled
}
