// Faults by systems: the worst answer, or what was lost.

import { drawMatrix, type Field } from '../report/matrix.ts'
import { Demand, type Fault } from './catalogue.ts'
import type { FaultResults } from './results.ts'
import { cellAt, DOTWARD, measuredFaults, measuredSystems, measuredUpstreams } from './table.ts'
import { type Cell, WORST } from './verdict.ts'

export function drawFaults(results: FaultResults): string {
  const upstreams = measuredUpstreams(results)[0] ?? 2
  const systems = measuredSystems(results)
  return drawMatrix({
    title: `The worst answer while upstreams fail, ${upstreams} of them`,
    subtitle:
      'Bars from 1 ms to 10 s, logarithmic; the line in them is the target. Lost: no answer. Failed: SERVFAIL.',
    label: 'Worst answer by fault and system',
    columns: systems.map(({ id, name }) => ({ name, highlighted: id === DOTWARD })),
    rows: measuredFaults(results).map((fault) => ({
      name: fault.name,
      fields: systems.map(({ id }) => field(cellAt(results, fault, id, upstreams), fault)),
    })),
  })
}

function field(cell: Cell | null, fault: Fault): Field | null {
  if (cell === null) return null
  if (cell.failure !== null) return { text: 'not run', kind: 'bad', bar: null }
  const bad = badness(cell, fault)
  const limit = WORST[fault.demand]
  const kind = bad !== null ? 'bad' : cell.worst > limit ? 'slow' : 'good'
  return { text: bad ?? told(cell.worst), kind, bar: { value: cell.worst, limit } }
}

/** What is worse than being slow, in few words. During an outage nobody can have good answers. */
function badness({ lost, servFail, notGood }: Cell, { demand }: Fault): string | null {
  if (lost > 0) return `${lost.toLocaleString('en')} lost`
  if (demand === Demand.Outage) return null
  if (servFail > 0) return `${servFail.toLocaleString('en')} failed`
  return notGood > 0 ? `${notGood.toLocaleString('en')} wrong` : null
}

const told = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(0)} ms`
