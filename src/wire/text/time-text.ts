// Times in presentation text: signature times (RFC 4034 §3.2) and TTLs, which may carry the units
// that zone files are written with (`1h30m`).

import { parseNumber } from './number-text.ts'

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
}

/** Seconds since 1970 (32 bits, unsigned) as YYYYMMDDHHmmSS in UTC. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)
}

/** @returns seconds since 1970 from YYYYMMDDHHmmSS or from a plain number, or null */
export function parseTime(text: string): number | null {
  if (!/^\d{14}$/.test(text)) return parseNumber(text, 0xffff_ffff)
  const iso = text.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z')
  const seconds = Date.parse(iso) / 1_000
  // Date.parse takes 31 February for 3 March: what does not print back was no date.
  if (!(seconds >= 0 && seconds <= 0xffff_ffff)) return null
  return formatTime(seconds) === text ? seconds : null
}

/** @returns seconds from `3600` or `1h30m` (either case), or null; 32 bits, unsigned */
export function parseTtl(text: string): number | null {
  if (/^\d+$/.test(text)) return parseNumber(text, 0xffff_ffff)
  if (!/^(?:\d+[smhdw])+$/i.test(text)) return null
  let seconds = 0
  for (const [, count, unit] of text.toLowerCase().matchAll(/(\d+)([smhdw])/g)) {
    seconds += Number(count) * UNIT_SECONDS[unit!]!
  }
  return seconds <= 0xffff_ffff ? seconds : null
}
