// The phases of every roll-over of RFC 6781 §4, one for each column of its figures, by the names that
// they have there; and of those that it describes without a figure, or that others added. What is not
// here has no phase that a zone could be in: §4.1.1.3, §4.1.5 and §4.3.1 to §4.3.4 are advice, figure 11
// is about time, and §4.2.3 about trust anchors, which `src/dnssec/anchors` follows.

import type { Algorithms } from './phase.ts'

export interface RollOver {
  /** Where it is described: in RFC 6781, where no other is named. */
  readonly source: string
  readonly algorithms?: Algorithms
  readonly denial?: 'nsec3'
  /** False where the phases do not follow one another, or not without harm. */
  readonly isSequence?: false
  /** Rows as `readPhase` takes them. */
  readonly phases: Readonly<Record<string, string>>
}

const KSK_DOUBLE_SIGNATURE = {
  initial: 'K1 | K1 Z1 | K1 | Z1',
  'new DNSKEY': 'K1 | K1 K2 Z1 | K1 K2 | Z1',
  'DS change': 'K2 | K1 K2 Z1 | K1 K2 | Z1',
  'DNSKEY removal': 'K2 | K2 Z1 | K2 | Z1',
}

/** The second key is of another algorithm. */
const CHANGE: Algorithms = { '2': 15 }

/** By the name that their zones have. */
export const ROLL_OVERS: Readonly<Record<string, RollOver>> = {
  'zsk-pre-publish': {
    source: '§4.1.1.1, figure 1',
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new DNSKEY': 'K1 | K1 Z1 Z2 | K1 | Z1',
      'new RRSIGs, half-way': 'K1 | K1 Z1 Z2 | K1 | Z1/Z2',
      'new RRSIGs': 'K1 | K1 Z1 Z2 | K1 | Z2',
      'DNSKEY removal': 'K1 | K1 Z2 | K1 | Z2',
    },
  },
  'zsk-pre-publish-twice': {
    source: '§4.1.1.1, figure 2',
    phases: {
      initial: 'K1 | K1 Z1 Z2 | K1 | Z1',
      'new RRSIGs': 'K1 | K1 Z1 Z2 | K1 | Z2',
      'new DNSKEY': 'K1 | K1 Z2 Z3 | K1 | Z2',
      'new RRSIGs II': 'K1 | K1 Z2 Z3 | K1 | Z3',
      'new DNSKEY II': 'K1 | K1 Z3 Z4 | K1 | Z3',
    },
  },
  'zsk-double-signature': {
    source: '§4.1.1.2, figure 3',
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new DNSKEY': 'K1 | K1 Z1 Z2 | K1 | Z1 Z2',
      'DNSKEY removal': 'K1 | K1 Z2 | K1 | Z2',
    },
  },
  'ksk-double-signature': { source: '§4.1.2, figure 4', phases: KSK_DOUBLE_SIGNATURE },
  'ksk-double-ds': {
    source: '§4.1.2, figure 5',
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new DS': 'K1 K2 | K1 Z1 | K1 | Z1',
      'new DNSKEY': 'K1 K2 | K2 Z1 | K2 | Z1',
      'DS removal': 'K2 | K2 Z1 | K2 | Z1',
    },
  },
  'ksk-revoked': {
    source: '§4.1.2.1',
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new DNSKEY': 'K1 | K1 K2 Z1 | K1 K2 | Z1',
      'DS change': 'K2 | K1 K2 Z1 | K1 K2 | Z1',
      'revoke DNSKEY': 'K2 | K1r K2 Z1 | K1r K2 | Z1',
      'DNSKEY removal': 'K2 | K2 Z1 | K2 | Z1',
    },
  },
  'ksk-double-rrset': {
    source: 'RFC 7583 §3.3.3',
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new DNSKEY and DS': 'K1 K2 | K1 K2 Z1 | K1 K2 | Z1',
      'DNSKEY and DS removal': 'K2 | K2 Z1 | K2 | Z1',
    },
  },
  'single-type': {
    source: '§4.1.3, figure 6',
    phases: {
      initial: 'S1 | S1 | S1 | S1',
      'new DNSKEY': 'S1 | S1 S2 | S1 S2 | S1 S2',
      'DS change': 'S2 | S1 S2 | S1 S2 | S1 S2',
      'DNSKEY removal': 'S2 | S2 | S2 | S2',
    },
  },
  'single-type-swap': {
    source: '§4.1.3, the signatures being swapped later',
    phases: {
      initial: 'S1 | S1 | S1 | S1',
      'new DNSKEY': 'S1 | S1 S2 | S1 S2 | S1',
      'DS change': 'S2 | S1 S2 | S1 S2 | S1',
      'new RRSIGs': 'S2 | S1 S2 | S1 S2 | S2',
      'DNSKEY removal': 'S2 | S2 | S2 | S2',
    },
  },
  'single-type-double-ds': {
    source: '§4.1.3, figure 7',
    phases: {
      initial: 'S1 | S1 | S1 | S1',
      'new DS': 'S1 S2 | S1 S2 | S1 | S1',
      'new RRSIG': 'S1 S2 | S1 S2 | S2 | S2',
      'DS removal': 'S2 | S2 | S2 | S2',
    },
  },
  algorithm: {
    source: '§4.1.4, figure 8',
    algorithms: CHANGE,
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new RRSIGs': 'K1 | K1 Z1 | K1 | Z1 Z2',
      'new DNSKEY': 'K1 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'new DS beside the old': 'K1 K2 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'new DS': 'K2 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'DNSKEY removal': 'K2 | K2 Z2 | K2 | Z1 Z2',
      'RRSIGs removal': 'K2 | K2 Z2 | K2 | Z2',
    },
  },
  'algorithm-liberal': {
    source: '§4.1.4, the liberal approach',
    algorithms: CHANGE,
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new DNSKEY, half-way': 'K1 | K1 K2 Z1 Z2 | K1 K2 | Z1/Z1 Z2',
      'new DNSKEY': 'K1 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'DS change': 'K2 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'DNSKEY removal, half-way': 'K2 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2/Z2',
      'DNSKEY removal': 'K2 | K2 Z2 | K2 | Z2',
    },
  },
  'algorithm-single-type': {
    source: '§4.1.4.1, figure 12',
    algorithms: CHANGE,
    phases: {
      initial: 'S1 | S1 | S1 | S1',
      'new RRSIGs': 'S1 | S1 | S1 S2 | S1 S2',
      'new DNSKEY': 'S1 | S1 S2 | S1 S2 | S1 S2',
      'new DS': 'S2 | S1 S2 | S1 S2 | S1 S2',
      'DNSKEY removal': 'S2 | S2 | S1 S2 | S1 S2',
      'RRSIGs removal': 'S2 | S2 | S2 | S2',
    },
  },
  'algorithm-revoked': {
    source: '§4.1.4.2, figures 9 and 13',
    algorithms: CHANGE,
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'new RRSIGs': 'K1 | K1 Z1 | K1 | Z1 Z2',
      'new DNSKEY': 'K1 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'new DS': 'K2 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'revoke DNSKEY': 'K2 | K1r K2 Z2 | K1r K2 | Z1 Z2',
      'DNSKEY removal': 'K2 | K2 Z2 | K2 | Z1 Z2',
      'RRSIGs removal': 'K2 | K2 Z2 | K2 | Z2',
    },
  },
  'algorithm-single-type-revoked': {
    source: '§4.1.4.3, figure 14',
    algorithms: CHANGE,
    phases: {
      initial: 'S1 | S1 Z1 | S1 | S1 Z1',
      'new RRSIGs': 'S1 | S1 Z1 | S1 S2 | Z1 S2',
      'new DNSKEY': 'S1 | S1 Z1 S2 | S1 S2 | Z1 S2',
      'new DS': 'S2 | S1 Z1 S2 | S1 S2 | Z1 S2',
      'revoke DNSKEY': 'S2 | S1r Z1 S2 | S1r S2 | Z1 S2',
      'DNSKEY removal': 'S2 | S2 | S1r S2 | S2',
      'RRSIGs removal': 'S2 | S2 | S2 | S2',
    },
  },
  'algorithm-to-nsec3': {
    source: '§4.1.4.4, up to there as in figure 8',
    algorithms: CHANGE,
    denial: 'nsec3',
    phases: {
      'new DS': 'K2 | K1 K2 Z1 Z2 | K1 K2 | Z1 Z2',
      'DNSKEY removal': 'K2 | K2 Z2 | K2 | Z1 Z2',
      'RRSIGs removal': 'K2 | K2 Z2 | K2 | Z2',
    },
  },
  'algorithm-incomplete': {
    source: 'RFC 6840 §5.11, what RFC 4035 §2.2 forbids zones and validators let pass',
    algorithms: CHANGE,
    isSequence: false,
    phases: {
      'DNSKEY before RRSIGs': 'K1 | K1 K2 Z1 Z2 | K1 K2 | Z1',
      'RRSIGs removed before DNSKEY': 'K2 | K1 K2 Z1 Z2 | K1 K2 | Z2',
      'RRSIGs missing, two DS': 'K1 K2 | K1 K2 Z1 Z2 | K1 K2 | Z1',
      'RRSIG over DNSKEY missing, two DS': 'K1 K2 | K1 K2 Z1 Z2 | K1 | Z1 Z2',
      'DS before DNSKEY': 'K1 K2 | K1 Z1 | K1 | Z1',
    },
  },
  'ksk-compromised': {
    source: '§4.2.1.1, the chain of trust being kept',
    phases: KSK_DOUBLE_SIGNATURE,
  },
  'ksk-compromised-insecure': {
    source: '§4.2.1.2, the chain of trust being broken; bogus the other way',
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      'DS removal': '- | K1 Z1 | K1 | Z1',
      'DNSKEY and RRSIGs removal': '- | - | - | -',
      'new DNSKEY and RRSIGs': '- | K2 Z2 | K2 | Z2',
      'new DS': 'K2 | K2 Z2 | K2 | Z2',
    },
  },
  'zsk-compromised': {
    source: '§4.2.2, what is in caches being bogus',
    isSequence: false,
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      're-signed': 'K1 | K1 Z2 | K1 | Z2',
    },
  },
  'stand-by': {
    source: '§4.2.4',
    phases: {
      initial: 'K1 | K1 Z1 | K1 | Z1',
      prepared: 'K1 K2 | K1 Z1 Z2 | K1 | Z1',
      recovered: 'K1 K2 | K2 Z1 Z2 | K2 | Z2',
      'old keys removal': 'K2 | K2 Z2 | K2 | Z2',
    },
  },
  operators: {
    source: '§4.3.5.1, figure 10',
    phases: {
      initial: 'KA | KA ZA | KA | ZA',
      'pre-publish at A': 'KA | KA KB ZA ZB | KA KB | ZA',
      'pre-publish at B': 'KA | KA KB ZA ZB | KA KB | ZB',
      're-delegation at A': 'KB | KA KB ZA ZB | KA KB | ZA',
      're-delegation at B': 'KB | KA KB ZA ZB | KA KB | ZB',
      'post-migration': 'KB | KB ZB | KB | ZB',
    },
  },
  'operators-double-ds': {
    source: '§4.3.5.1, figure 15',
    phases: {
      initial: 'KA | KA ZA | KA | ZA',
      'new DS': 'KA KB | KA ZA | KA | ZA',
      'pre-publish at A': 'KA KB | KA ZA ZB | KA KB | ZA',
      'pre-publish at B': 'KA KB | KB ZA ZB | KA KB | ZB',
      're-delegation at A': 'KA KB | KA ZA ZB | KA | ZA',
      're-delegation at B': 'KA KB | KB ZA ZB | KB | ZB',
      'post-migration': 'KB | KB ZB | KB | ZB',
    },
  },
  'operators-insecure': {
    source: '§4.3.5.2',
    phases: {
      initial: 'KA | KA ZA | KA | ZA',
      'DS removal': '- | KA ZA | KA | ZA',
      're-delegation': '- | KB ZB | KB | ZB',
      'new DS': 'KB | KB ZB | KB | ZB',
    },
  },
}
