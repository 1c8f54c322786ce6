// Attacks by kinds of good clients: how long 99 of 100 answers took at most, or what was lost.

import { drawMatrix, type Field } from '../report/matrix.ts'
import { milliseconds } from '../report/table.ts'
import { scenarios } from './catalogue.ts'
import { CLIENT_KINDS, type ClientKind } from './clients.ts'
import type { Fared, FloodResults } from './results.ts'
import { badness, P99 } from './verdict.ts'

/** As they stand above the columns. */
export const CLIENT_NAMES: Readonly<Record<ClientKind, string>> = {
  udp: 'UDP',
  cookie: 'UDP, cookie',
  tcp: 'TCP',
  dot: 'DoT',
  doh: 'DoH',
}

export function drawFloods({ runs }: FloodResults): string {
  return drawMatrix({
    title: 'Good clients while dotward is under attack',
    subtitle: `The time of the slowest answer in 100 (p99). Bars from 1 ms to 10 s, logarithmic; the line is ${P99} ms.`,
    label: 'Answers to good clients under attack',
    columns: CLIENT_KINDS.map((kind) => ({ name: CLIENT_NAMES[kind], highlighted: false })),
    rows: runs.map((run) => ({
      name: scenarios.find(({ id }) => id === run.scenario)?.name ?? run.scenario,
      fields: CLIENT_KINDS.map((kind) => field(run.fared.find((one) => one.kind === kind))),
    })),
  })
}

function field(one: Fared | undefined): Field | null {
  if (one === undefined) return null
  const { p99 } = one
  const bar = { value: p99, limit: P99 }
  const [bad] = badness(one)
  if (bad !== undefined) return { text: bad, kind: 'bad', bar }
  return { text: `${milliseconds(p99)} ms`, kind: p99 > P99 ? 'slow' : 'good', bar }
}
