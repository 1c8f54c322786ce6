// Roll-overs that go wrong: a step too early, too late or left out (RFC 6781 §4).

import { Ede } from '../world/zones/broken/break-zone.ts'
import type { Algorithms } from './phase.ts'

const { DnssecBogus, DnskeyMissing, RrsigsMissing } = Ede

export interface Mistake {
  /** As `readPhase` takes it. */
  readonly row: string
  readonly algorithms?: Algorithms
  /** Extended errors of which one must be told. */
  readonly ede: readonly number[]
  readonly because: string
}

/** By the name that their zones have. */
export const MISTAKES: Readonly<Record<string, Mistake>> = {
  'zsk-removed-too-early': {
    row: 'K1 | K1 Z2 | K1 | Z1',
    ede: [DnskeyMissing],
    because: 'what is signed by the old key is still there, and the key is not (§4.1.1.1)',
  },
  'ds-before-dnskey': {
    row: 'K2 | K1 Z1 | K1 | Z1',
    ede: [DnskeyMissing],
    because: 'the DS record names the new key before the zone has it (§4.1.2)',
  },
  'ds-before-rrsig': {
    row: 'K2 | K1 K2 Z1 | K1 | Z1',
    ede: [DnskeyMissing, RrsigsMissing],
    because: 'the DS record names the new key before that has signed the keys (§4.1.2)',
  },
  'ksk-removed-too-early': {
    row: 'K1 | K2 Z1 | K2 | Z1',
    ede: [DnskeyMissing],
    because: 'the DS record still names the old key, which is gone (§4.2.1.2, §4.3.5.2)',
  },
  'ksk-revoked-too-early': {
    row: 'K1 | K1r K2 Z1 | K1r K2 | Z1',
    ede: [DnskeyMissing],
    because: 'the DS record still names the old key, which is revoked (§4.1.2.1)',
  },
  'single-type-swapped-too-early': {
    row: 'S1 S2 | S1 | S1 | S2',
    ede: [DnskeyMissing],
    because: 'the new single key signs before it is published (§4.1.3)',
  },
  'single-type-revoked-too-early': {
    row: 'S2 | S1r S2 | S1r S2 | S1',
    ede: [DnskeyMissing, DnssecBogus],
    because: 'the old single key still signs data, and is revoked (§4.1.4.3)',
  },
  'algorithm-ds-before-dnskey': {
    row: 'K2 | K1 Z1 | K1 | Z1 Z2',
    algorithms: { '2': 15 },
    ede: [DnskeyMissing],
    because: 'the DS record is of the new algorithm before the keys are (§4.1.4)',
  },
  'algorithm-removed-before-ds-change': {
    row: 'K1 | K2 Z2 | K2 | Z1 Z2',
    algorithms: { '2': 15 },
    ede: [DnskeyMissing],
    because: 'the DS record is of the old algorithm, whose keys are gone (§4.1.4)',
  },
  'algorithm-removed-before-new-rrsigs': {
    row: 'K2 | K2 Z2 | K2 | Z1',
    algorithms: { '2': 15 },
    ede: [DnskeyMissing],
    because: 'data have signatures of the old algorithm alone, whose keys are gone (§4.1.4)',
  },
}
