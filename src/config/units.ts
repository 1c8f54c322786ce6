// Durations, sizes and shares as people write them: `250ms`, `10s`, `5m`, `1h`, `1d`; `512KiB`,
// `64MiB`; `5%`.

const DURATION_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const SIZE_UNITS = { GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1 } as const

/** @returns milliseconds; null when the text is no duration */
export function parseDuration(text: string): number | null {
  return parse(text, DURATION_UNITS)
}

/** @returns octets; null when the text is no size */
export function parseSize(text: string): number | null {
  return parse(text, SIZE_UNITS)
}

/** The shortest exact way to write a duration in milliseconds. */
export function formatDuration(milliseconds: number): string {
  return milliseconds === 0 ? '0s' : format(milliseconds, DURATION_UNITS)
}

/** The shortest exact way to write a size in octets. */
export function formatSize(octets: number): string {
  return octets === 0 ? '0B' : format(octets, SIZE_UNITS)
}

/** @returns the share of 1; null when the text is no percentage */
export function parsePercentage(text: string): number | null {
  const match = /^(\d{1,3})(?:\.(\d{1,3}))?%$/.exec(text)
  // In thousandths of a percent, so that what is written is exactly what is meant.
  return match === null ? null : Number(match[1]! + (match[2] ?? '').padEnd(3, '0')) / 100_000
}

/** The shortest way to write a share of 1 that was a percentage. */
export function formatPercentage(share: number): string {
  return `${Math.round(share * 100_000) / 1000}%`
}

function parse(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d{1,15})([A-Za-z]+)$/.exec(text)
  if (match === null || !Object.hasOwn(units, match[2]!)) return null
  return Number(match[1]) * units[match[2]!]!
}

function format(amount: number, units: Readonly<Record<string, number>>): string {
  for (const [unit, worth] of Object.entries(units)) {
    if (amount >= worth && amount % worth === 0) return `${amount / worth}${unit}`
  }
  return String(amount)
}
