// Faults by systems as SVG: in each field a bar for the worst answer, on a logarithmic scale, or
// what was lost. Readable on light and dark pages, without scripts or fonts of its own.

import type { Fault } from './catalogue.ts'
import type { FaultResults, FaultSystem } from './results.ts'
import { cellAt, DOTWARD, measuredFaults, measuredSystems, measuredUpstreams } from './table.ts'
import { type Cell, WORST } from './verdict.ts'

const LABELS = 312
const COLUMN = 82
const GAP = 10
const TOP = 124
const ROW = 30
const BAR = 6
const FOOT = 24

/** For the title. */
const LEAST_WIDTH = 720

/** The scale's ends, in milliseconds. */
const LEAST = 1
const MOST = 10_000

const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .muted { fill: #59636e }
  .mine { font-weight: 600 }
  .track { fill: #eaeef2 }
  .good { fill: #1a7f37 } .slow { fill: #bf8700 } .bad { fill: #cf222e }
  .limit { stroke: #59636e; stroke-dasharray: 2 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .muted { fill: #9198a1 } .track { fill: #21262d }
    .good { fill: #3fb950 } .slow { fill: #d29922 } .bad { fill: #ff7b72 }
    .limit { stroke: #9198a1 }
  }`

export function drawMatrix(results: FaultResults): string {
  const upstreams = measuredUpstreams(results)[0] ?? 2
  const systems = measuredSystems(results)
  const faults = measuredFaults(results)
  const width = Math.max(LEAST_WIDTH, LABELS + systems.length * COLUMN + GAP)
  const height = TOP + faults.length * ROW + FOOT
  const parts = [
    text('title', 16, 28, `The worst answer while upstreams fail, ${upstreams} of them`),
    text(
      'muted',
      16,
      48,
      'Bars from 1 ms to 10 s, logarithmic; the line in them is the target. Lost: no answer. Failed: SERVFAIL.',
    ),
    ...systems.map((system, column) => head(system, column)),
    ...faults.flatMap((fault, row) => [
      text('label', LABELS - 14, TOP + row * ROW + 14, fault.name, 'end'),
      ...systems.map((system, column) =>
        field(cellAt(results, fault, system.id, upstreams), fault, column, row),
      ),
    ]),
  ]
  const title = 'Worst answer by fault and system'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" \
width="${width}" height="${height}" role="img" aria-label="${title}">
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`
}

function head({ id, name }: FaultSystem, column: number): string {
  const x = LABELS + column * COLUMN
  const words = name.replace(/ \(.*\)$/, '').split(/,? /)
  const className = id === DOTWARD ? 'mine' : 'muted'
  return words
    .map((word, i) => text(className, x, TOP - 14 + (i + 1 - words.length) * 15, word))
    .join('\n')
}

function field(cell: Cell | null, fault: Fault, column: number, row: number): string {
  const x = LABELS + column * COLUMN
  const y = TOP + row * ROW
  if (cell === null) return text('muted', x, y + 14, 'not measured')
  if (cell.failure !== null) return text('bad', x, y + 14, 'not run')
  const bad = badness(cell, fault)
  const limit = WORST[fault.demand]
  const kind = bad !== null ? 'bad' : cell.worst > limit ? 'slow' : 'good'
  const full = COLUMN - GAP
  const at = n(x + share(limit) * full)
  return [
    text(bad === null ? 'value' : 'bad', x, y + 11, bad ?? told(cell.worst)),
    `<rect class="track" x="${x}" y="${y + 15}" width="${full}" height="${BAR}" rx="2"/>`,
    `<rect class="${kind}" x="${x}" y="${y + 15}" width="${n(share(cell.worst) * full)}" \
height="${BAR}" rx="2"/>`,
    `<line class="limit" x1="${at}" y1="${y + 13}" x2="${at}" y2="${y + 15 + BAR + 2}"/>`,
  ].join('\n')
}

/** What is worse than being slow, in few words. During an outage nobody can have good answers. */
function badness({ lost, servFail, notGood }: Cell, { demand }: Fault): string | null {
  if (lost > 0) return `${lost.toLocaleString('en')} lost`
  if (demand === 'outage') return null
  if (servFail > 0) return `${servFail.toLocaleString('en')} failed`
  return notGood > 0 ? `${notGood.toLocaleString('en')} wrong` : null
}

/** Where a time stands between the scale's ends, from 0 to 1. */
function share(value: number): number {
  const bounded = Math.min(Math.max(value, LEAST), MOST)
  return Math.log(bounded / LEAST) / Math.log(MOST / LEAST)
}

const told = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(0)} ms`

const n = (value: number): string => value.toFixed(1)

const text = (name: string, x: number, y: number, what: string, anchor = 'start'): string =>
  `<text class="${name}" x="${n(x)}" y="${y}" text-anchor="${anchor}">${escape(what)}</text>`

const escape = (what: string): string =>
  what.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
