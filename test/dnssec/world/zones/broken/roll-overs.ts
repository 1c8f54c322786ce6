// Roll-overs that went wrong, each as a zone.

import { MISTAKES } from '../../../roll-overs/mistakes.ts'
import { bogus } from '../make-zone.ts'
import { makePhaseZone, type PhaseZone } from '../phase-zone.ts'

export const BROKEN_ROLL_OVERS: readonly PhaseZone[] = Object.entries(MISTAKES).map(
  ([label, { row, algorithms = {}, ede, because }]) => {
    const name = `${label}.broken.example.`
    const probes = [bogus(`www.${name}`, 'A', { ede, because })]
    return makePhaseZone(row, algorithms, { name, signer: 'bind', probes })
  },
)
