// Every zone of the world.

import type { ZoneSpec } from '../zone-spec.ts'
import { ALGORITHM_ZONES } from './algorithms.ts'
import { CROSSING_ZONES } from './crossings.ts'
import { DENIAL_ZONES } from './denials.ts'
import { ROLL_OVER_ZONES } from './roll-overs.ts'
import { TOP_ZONES } from './top.ts'
import { TYPE_ZONES } from './types.ts'

export const ALL_ZONES: readonly ZoneSpec[] = [
  ...TOP_ZONES,
  ...ALGORITHM_ZONES,
  ...DENIAL_ZONES,
  ...CROSSING_ZONES,
  ...ROLL_OVER_ZONES,
  ...TYPE_ZONES,
]

/** Zones whose keys validators are told beforehand. */
export const ANCHORED_ZONES: readonly string[] = ['.', 'island.unsigned.example.']
