// The command line of `npm run bench:dnssec`.

import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { chosen, wholeNumber } from '../lab/arguments.ts'

export const SECTIONS = ['miss', 'hit', 'trap'] as const
export type Section = (typeof SECTIONS)[number]

export interface DnssecOptions {
  readonly sections: readonly Section[]
  /** Whether the peers are measured as well. */
  readonly peers: boolean
  readonly rounds: number
  /** The Markdown report; its JSON goes beside it. */
  readonly out: string
  /** Checkout of dotward to run. */
  readonly root: string
  readonly proxyCore: number
  readonly loadCore: number
  readonly profile: boolean
  readonly reportOnly: boolean
}

export const USAGE = `usage: npm run bench:dnssec -- [options]
  --only LIST     of ${SECTIONS.join(',')}; all when not given, and what is left out keeps its figures
  --alone         dotward without its peers
  --rounds N      rounds of everything (3)
  --out FILE      the report (docs/dnssec-speed.md); its JSON goes beside it
  --root DIR      checkout of dotward to run (this one)
  --profile       show where dotward's time goes in validated misses, instead of measuring
  --report        write the report anew from its JSON, measuring nothing
  --proxy-core N  core of the system under measurement (1)
  --load-core N   core of load and upstream (0)`

/** Throws an Error that is fit to be shown for anything it does not know. */
export function parseOptions(args: readonly string[]): DnssecOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      alone: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      out: { type: 'string', default: 'docs/dnssec-speed.md' },
      root: { type: 'string', default: join(import.meta.dirname, '..', '..') },
      profile: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      'proxy-core': { type: 'string', default: '1' },
      'load-core': { type: 'string', default: '0' },
    },
  })
  const known = SECTIONS.map((id) => ({ id }))
  return {
    sections: chosen('--only', values.only, known).map(({ id }) => id),
    peers: !values.alone,
    rounds: wholeNumber('--rounds', values.rounds, 1),
    out: values.out,
    root: values.root,
    proxyCore: wholeNumber('--proxy-core', values['proxy-core'], 0),
    loadCore: wholeNumber('--load-core', values['load-core'], 0),
    profile: values.profile,
    reportOnly: values.report,
  }
}
