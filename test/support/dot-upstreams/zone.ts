// The zone that every real upstream of the interop tests serves.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FIXTURE = new URL('../../fixtures/test.example.zone', import.meta.url)

export const ZONE = 'test.example'

/** Octets that each record of the RRsets below takes in a message, its name compressed. */
export const BIG_RECORD_LENGTH = 12 + 4 * 248

/** TXT RRsets too big for the fixture, and how many records each has. */
export const BIG_RRSETS = {
  /** 2 KB: does not fit into UDP of 1,232 octets. */
  medium: 2,
  /** 20 KB. */
  big: 20,
  /** 65,260 octets: about all that a DNS message can hold. */
  huge: 65,
} as const

/** Writes the zone file into `dir` and returns its path. */
export function writeZone(dir: string): string {
  const path = join(dir, `${ZONE}.zone`)
  const big = Object.entries(BIG_RRSETS).flatMap(([name, records]) =>
    Array.from({ length: records }, (_, index) => {
      const text = `"${`${name} ${index} `.padEnd(247, 'x')}"`
      return `${name} TXT ${text} ${text} ${text} ${text}`
    }),
  )
  writeFileSync(path, `${readFileSync(FIXTURE, 'utf8')}\n${big.join('\n')}\n`)
  return path
}
