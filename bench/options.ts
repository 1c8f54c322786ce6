// The command line of `npm run bench`.

import { parseArgs } from 'node:util'

import { wholeNumber } from './lab/arguments.ts'

export const SECTIONS = [
  'start',
  'hit',
  'miss',
  'memory',
  'scale',
  'dot',
  'doh',
  'idle',
  'guard',
] as const
export type Section = (typeof SECTIONS)[number]

export interface Options {
  readonly sections: readonly Section[]
  /** Ids of the systems to measure besides the limit and dotward; null for all that are installed. */
  readonly peers: readonly string[] | null
  readonly rounds: number
  /** Length of each measured load. */
  readonly seconds: number
  /** The Markdown report; JSON and charts go beside it. */
  readonly out: string
  readonly proxyCore: number
  readonly loadCore: number
  /** Keep what the JSON holds of sections that are not measured now. */
  readonly keep: boolean
  readonly profile: boolean
  /** Write the report anew from the JSON of an earlier run, measuring nothing. */
  readonly reportOnly: boolean
}

export const USAGE = `usage: npm run bench -- [options]
  --only LIST      of ${SECTIONS.join(',')}; all when not given
  --peers LIST     of the systems in bench/peers, "none" for none; all installed when not given
  --rounds N       rounds of everything that is measured in rounds (5)
  --seconds S      length of each measured load (5)
  --out FILE       the report (docs/benchmarks.md); JSON and charts go beside it
  --keep           keep what the JSON holds of sections that are not measured now
  --proxy-core N   core of the system under measurement (1)
  --load-core N    core of load and upstream (0)
  --report         write the report anew from its JSON, measuring nothing
  --profile        show where dotward's time goes in hits and misses, instead of measuring`

/** Throws an Error that is fit to be shown for anything it does not know. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: SECTIONS.join(',') },
      peers: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      out: { type: 'string', default: 'docs/benchmarks.md' },
      'proxy-core': { type: 'string', default: '1' },
      'load-core': { type: 'string', default: '0' },
      keep: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  })
  return {
    sections: values.only.split(',').map(section),
    peers: values.peers?.split(',') ?? null,
    rounds: wholeNumber('--rounds', values.rounds, 1),
    seconds: wholeNumber('--seconds', values.seconds, 1),
    out: values.out,
    proxyCore: wholeNumber('--proxy-core', values['proxy-core'], 0),
    loadCore: wholeNumber('--load-core', values['load-core'], 0),
    keep: values.keep,
    profile: values.profile,
    reportOnly: values.report,
  }
}

function section(name: string): Section {
  const known = SECTIONS.find((candidate) => candidate === name)
  if (known === undefined) throw new Error(`--only: there is no "${name}"`)
  return known
}
