// Bar charts as SVG, readable on light and dark pages, without scripts or fonts of their own.

import type { Spread } from '../measure/results.ts'

export interface Bar {
  readonly label: string
  readonly value: Spread
  /** The one that the page is about. */
  readonly highlighted: boolean
}

export interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly unit: string
  /** In order from top to bottom. */
  readonly bars: readonly Bar[]
  /** Drawn as a dashed line across all bars. */
  readonly limit: { readonly label: string; readonly value: number } | null
}

const WIDTH = 820
const LABELS = 200
const VALUES = 120
const PLOT = WIDTH - LABELS - VALUES
const TOP = 78
const ROW = 30
const BAR = 16
const FOOT = 34

/** A bar longer than so many times the middle one is cut, or it would flatten all the others. */
const LONGEST = 4

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .muted { fill: #59636e; font-size: 12px }
  .mine { font-weight: 600 }
  .bar { fill: #afb8c1 } .bar.mine { fill: #0969da }
  .whisker { stroke: #1f2328; stroke-width: 1.5; fill: none }
  .grid { stroke: #d1d9e0 } .limit { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .limit-label { fill: #cf222e; font-size: 12px }
  .cut { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .muted { fill: #9198a1 }
    .bar { fill: #57606a } .bar.mine { fill: #4493f8 }
    .whisker { stroke: #e6edf3 } .grid { stroke: #30363d }
    .limit { stroke: #ff7b72 } .limit-label { fill: #ff7b72 } .cut { fill: #0d1117 }
  }`

export function drawChart(chart: Chart): string {
  const end = axisEnd(chart.bars)
  const step = roundStep(end)
  const x = (value: number): number => LABELS + (Math.min(value, end) / end) * PLOT
  const bottom = TOP + chart.bars.length * ROW
  const remark = chart.bars.some((bar) => bar.value.median > end) ? ' A cut bar is longer.' : ''
  const parts = [
    `<text class="title" x="16" y="28">${escape(chart.title)}</text>`,
    `<text class="muted" x="16" y="48">${escape(chart.subtitle + remark)}</text>`,
  ]
  for (let value = 0; value <= end; value += step) {
    parts.push(line('grid', x(value), TOP - 6, x(value), bottom))
    parts.push(text('muted', x(value), bottom + 18, String(Number(value.toFixed(2))), 'middle'))
  }
  chart.bars.forEach((bar, row) => parts.push(drawBar(bar, TOP + row * ROW, x, end)))
  if (chart.limit !== null) {
    const at = x(chart.limit.value)
    parts.push(line('limit', at, TOP - 6, at, bottom))
    parts.push(text('limit-label', at, TOP - 11, chart.limit.label, 'middle'))
  }
  parts.push(text('muted', WIDTH - VALUES + 8, bottom + 18, chart.unit, 'start'))
  const height = bottom + FOOT
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" \
width="${WIDTH}" height="${height}" role="img" aria-label="${escape(chart.title)}">
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`
}

function drawBar(bar: Bar, top: number, x: (value: number) => number, end: number): string {
  const { median, min, max } = bar.value
  const mine = bar.highlighted ? ' mine' : ''
  const middle = top + ROW / 2
  const barTop = middle - BAR / 2
  const right = x(median)
  const parts = [
    text(`label${mine}`, LABELS - 10, middle + 4, bar.label, 'end'),
    `<rect class="bar${mine}" x="${LABELS}" y="${barTop}" width="${n(right - LABELS)}" \
height="${BAR}" rx="2"/>`,
  ]
  if (median > end) {
    const gap = right - 26
    parts.push(
      `<path class="cut" d="M${n(gap)} ${middle + 10}l8 -20h6l-8 20z"/>`,
      text(`value${mine}`, right + 8, middle + 4, format(median), 'start'),
    )
    return parts.join('\n')
  }
  const [low, high] = [x(min), x(max)]
  parts.push(
    `<path class="whisker" d="M${n(low)} ${middle - 4}v8m0 -4H${n(high)}m0 -4v8"/>`,
    text(`value${mine}`, Math.max(right, high) + 8, middle + 4, format(median), 'start'),
  )
  return parts.join('\n')
}

function axisEnd(bars: readonly Bar[]): number {
  const values = bars.map((bar) => bar.value.max).sort((a, b) => a - b)
  const middle = values[Math.floor(values.length / 2)] ?? 1
  const fitting = values.filter((value) => value <= middle * LONGEST)
  return (fitting.at(-1) ?? middle) * 1.02
}

/** A step of 1, 2 or 5 times a power of ten that divides an axis into some six parts. */
function roundStep(end: number): number {
  const rough = end / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
}

const n = (value: number): string => value.toFixed(1)

const format = (value: number): string => value.toFixed(value < 100 ? 2 : 0)

const line = (name: string, x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${name}" x1="${n(x1)}" y1="${y1}" x2="${n(x2)}" y2="${y2}"/>`

const text = (name: string, x: number, y: number, what: string, anchor: string): string =>
  `<text class="${name}" x="${n(x)}" y="${y}" text-anchor="${anchor}">${escape(what)}</text>`

const escape = (what: string): string =>
  what.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
