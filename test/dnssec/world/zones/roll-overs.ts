// A zone for each phase of the roll-overs of RFC 6781, and one for phases that do not differ but in the
// names of keys. All of them are sound, or insecure while the parent has no DS record: nobody may notice.

import { ROLL_OVERS, type RollOver } from '../../roll-overs/figures.ts'
import { stateOf } from '../../roll-overs/phase.ts'
import type { Probe } from '../zone-spec.ts'
import { insecure, NSEC, NSEC3, soundProbes } from './make-zone.ts'
import { makePhaseZone, type PhaseZone } from './phase-zone.ts'

interface State {
  readonly rollOver: RollOver
  readonly row: string
  /** The first of the phases. */
  readonly label: string
  /** Of all phases that are so, in words. */
  readonly phases: string[]
}

/** How many columns of figures there are, and phases without one. */
export const PHASE_COUNT = Object.values(ROLL_OVERS).flatMap(({ phases }) =>
  Object.keys(phases),
).length

const SIGNERS = ['bind', 'ldns', 'knot'] as const

const STATES = new Map<string, State>()
for (const [title, rollOver] of Object.entries(ROLL_OVERS)) {
  const { source, algorithms = {}, denial, phases } = rollOver
  for (const [phase, row] of Object.entries(phases)) {
    const key = `${stateOf(row, algorithms)} ${denial ?? ''}`
    const label = `${title}-${phase.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
    const state = STATES.get(key) ?? { rollOver, row, label, phases: [] }
    state.phases.push(`${source}, ${phase}`)
    STATES.set(key, state)
  }
}

export const ROLL_OVER_ZONES: readonly PhaseZone[] = Array.from(
  STATES.values(),
  ({ rollOver: { algorithms = {}, denial }, row, label, phases }, index) => {
    const name = `${label}.rolling.example.`
    const others = phases.length > 1 ? `, and ${phases.length - 1} more phases like it` : ''
    const because = `${phases[0]!}${others}`
    return makePhaseZone(row, algorithms, {
      name,
      signer: SIGNERS[index % SIGNERS.length]!,
      denial: denial === 'nsec3' ? NSEC3 : NSEC,
      probes: row.startsWith('-') ? insecureProbes(name, because) : soundProbes(name, because),
    })
  },
)

function insecureProbes(zone: string, because: string): Probe[] {
  return [
    insecure(zone, 'SOA', { because }),
    insecure(`www.${zone}`, 'A', { because }),
    insecure(`www.${zone}`, 'TXT', { because }),
    insecure(`none.${zone}`, 'A', { because, rcode: 'NXDOMAIN' }),
  ]
}
