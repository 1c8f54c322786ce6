// Faults of the store: the worst answer and what was lost, and how soon the store was used again.

import { drawMatrix, type Field } from '../report/matrix.ts'
import { storeFaults } from './catalogue.ts'
import type { StoreResults } from './results.ts'
import { BACK_AFTER, cellOf, type StoreCell, WORST } from './verdict.ts'

export function drawStoreFaults({ runs }: StoreResults): string {
  const measured = storeFaults.flatMap((fault) => {
    const own = runs.filter((run) => run.fault === fault.id)
    return own.length === 0 ? [] : [{ name: fault.name, cell: cellOf(own) }]
  })
  return drawMatrix({
    title: 'Two proxies while their shared store fails',
    subtitle:
      'Bars from 1 ms to 10 s, logarithmic; the line in them is the target. Lost: no answer. Failed: SERVFAIL.',
    label: 'Worst answer, and time until the store is used again, by fault of the store',
    columns: [
      { name: 'Worst answer', highlighted: true },
      { name: 'Used again', highlighted: false },
    ],
    rows: measured.map(({ name, cell }) => ({ name, fields: [worst(cell), usedAgain(cell)] })),
  })
}

function worst(cell: StoreCell): Field {
  if (cell.failure !== null) return { text: 'not run', kind: 'bad', bar: null }
  const bad = badness(cell)
  const bar = { value: cell.worst, limit: WORST }
  if (bad !== null) return { text: bad, kind: 'bad', bar }
  return { text: told(cell.worst), kind: cell.worst > WORST ? 'slow' : 'good', bar }
}

function usedAgain({ failure, backAfter }: StoreCell): Field | null {
  if (failure !== null) return null
  if (backAfter === null) return { text: 'never', kind: 'bad', bar: null }
  const kind = backAfter > BACK_AFTER ? 'slow' : 'good'
  return { text: told(backAfter), kind, bar: { value: backAfter, limit: BACK_AFTER } }
}

/** What is worse than being slow, in few words. */
function badness({ lost, servFail, notGood }: StoreCell): string | null {
  if (lost > 0) return `${lost.toLocaleString('en')} lost`
  if (servFail > 0) return `${servFail.toLocaleString('en')} failed`
  return notGood > 0 ? `${notGood.toLocaleString('en')} wrong` : null
}

const told = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(0)} ms`
