// Every zone of the world.

import type { ZoneSpec } from '../zone-spec.ts'
import { ALGORITHM_ZONES } from './algorithms.ts'
import { BROKEN_ALIASES } from './broken/aliases.ts'
import { BROKEN_DELEGATIONS } from './broken/delegations.ts'
import { BROKEN_DENIALS } from './broken/denials.ts'
import { BROKEN_HASHED_DENIALS } from './broken/hashed-denials.ts'
import { BROKEN_KEYS } from './broken/keys.ts'
import { BROKEN_ROLL_OVERS } from './broken/roll-overs.ts'
import { BROKEN_SIGNATURES } from './broken/signatures.ts'
import { CROSSING_ZONES } from './crossings.ts'
import { DENIAL_ZONES } from './denials.ts'
import { ODD_ZONES } from './odd.ts'
import { ROLL_OVER_ZONES } from './roll-overs.ts'
import { TOP_ZONES } from './top.ts'
import { TYPE_ZONES } from './types.ts'

export const BROKEN_ZONES: readonly ZoneSpec[] = [
  ...BROKEN_SIGNATURES,
  ...BROKEN_KEYS,
  ...BROKEN_ROLL_OVERS,
  ...BROKEN_DENIALS,
  ...BROKEN_HASHED_DENIALS,
  ...BROKEN_DELEGATIONS,
  ...BROKEN_ALIASES,
]

export const ALL_ZONES: readonly ZoneSpec[] = [
  ...TOP_ZONES,
  ...ALGORITHM_ZONES,
  ...DENIAL_ZONES,
  ...CROSSING_ZONES,
  ...ROLL_OVER_ZONES,
  ...TYPE_ZONES,
  ...ODD_ZONES,
  ...BROKEN_ZONES,
]

/** Zones whose keys validators are told beforehand. */
export const ANCHORED_ZONES: readonly string[] = ['.', 'island.unsigned.example.']
