// All kinds of tampering.

import type { TamperCase } from '../case.ts'
import { delegations } from './delegations.ts'
import { flips } from './flips.ts'
import { loops } from './loops.ts'
import { rcodes } from './rcodes.ts'
import { replays } from './replays.ts'
import { splices } from './splices.ts'
import { strips } from './strips.ts'
import { untidy } from './untidy.ts'
import { words } from './words.ts'

/** By what an upstream does. */
export const casesByKind: Readonly<Record<string, readonly TamperCase[]>> = {
  'changes what is signed': flips,
  'leaves something out': strips,
  'replays what was signed for something else, or once': replays,
  'puts genuine proofs in the wrong place': splices,
  'forges keys and delegations': delegations,
  'says something else in the header': rcodes,
  'says more than it was asked': words,
  'leads in circles': loops,
  'writes answers in another form': untidy,
}

export const allCases: readonly TamperCase[] = Object.values(casesByKind).flat()
