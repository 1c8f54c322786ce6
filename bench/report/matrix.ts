// Rows by columns as SVG: in each field a bar for a time, on a logarithmic scale, or what is worse
// than being slow. Readable on light and dark pages, without scripts or fonts of their own.

export interface Field {
  /** Above the bar. */
  readonly text: string
  /** How the bar is coloured; `bad` colours the text as well. */
  readonly kind: 'good' | 'slow' | 'bad'
  /** Milliseconds: the bar, and the line in it. Null when there is neither. */
  readonly bar: { readonly value: number; readonly limit: number } | null
}

export interface Matrix {
  readonly title: string
  readonly subtitle: string
  /** What stands in the picture, for who cannot see it. */
  readonly label: string
  readonly columns: readonly { readonly name: string; readonly highlighted: boolean }[]
  readonly rows: readonly { readonly name: string; readonly fields: readonly (Field | null)[] }[]
}

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

export function drawMatrix({ title, subtitle, label, columns, rows }: Matrix): string {
  const width = Math.max(LEAST_WIDTH, LABELS + columns.length * COLUMN + GAP)
  const height = TOP + rows.length * ROW + FOOT
  const parts = [
    text('title', 16, 28, title),
    text('muted', 16, 48, subtitle),
    ...columns.map(({ name, highlighted }, column) => head(name, highlighted, column)),
    ...rows.flatMap(({ name, fields }, row) => [
      text('label', LABELS - 14, TOP + row * ROW + 14, name, 'end'),
      ...fields.map((field, column) => draw(field, column, row)),
    ]),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" \
width="${width}" height="${height}" role="img" aria-label="${escape(label)}">
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`
}

function head(name: string, highlighted: boolean, column: number): string {
  const x = LABELS + column * COLUMN
  const words = name.replace(/ \(.*\)$/, '').split(/,? /)
  const className = highlighted ? 'mine' : 'muted'
  return words
    .map((word, i) => text(className, x, TOP - 14 + (i + 1 - words.length) * 15, word))
    .join('\n')
}

function draw(field: Field | null, column: number, row: number): string {
  const x = LABELS + column * COLUMN
  const y = TOP + row * ROW
  if (field === null) return text('muted', x, y + 14, 'not measured')
  const { kind, bar } = field
  if (bar === null) return text(kind, x, y + 14, field.text)
  const full = COLUMN - GAP
  const at = n(x + share(bar.limit) * full)
  return [
    text(kind === 'bad' ? 'bad' : 'value', x, y + 11, field.text),
    `<rect class="track" x="${x}" y="${y + 15}" width="${full}" height="${BAR}" rx="2"/>`,
    `<rect class="${kind}" x="${x}" y="${y + 15}" width="${n(share(bar.value) * full)}" \
height="${BAR}" rx="2"/>`,
    `<line class="limit" x1="${at}" y1="${y + 13}" x2="${at}" y2="${y + 15 + BAR + 2}"/>`,
  ].join('\n')
}

/** Where a time stands between the scale's ends, from 0 to 1. */
function share(value: number): number {
  const bounded = Math.min(Math.max(value, LEAST), MOST)
  return Math.log(bounded / LEAST) / Math.log(MOST / LEAST)
}

const n = (value: number): string => value.toFixed(1)

const text = (name: string, x: number, y: number, what: string, anchor = 'start'): string =>
  `<text class="${name}" x="${n(x)}" y="${y}" text-anchor="${anchor}">${escape(what)}</text>`

const escape = (what: string): string =>
  what.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
