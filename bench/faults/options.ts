// The command line of `npm run bench:faults`.

import { parseArgs } from 'node:util'

import { chosen, wholeNumber } from '../lab/arguments.ts'
import { dotward } from '../peers/dotward.ts'
import { systems } from '../peers/index.ts'
import { Kind, type System } from '../lab/system.ts'
import { type Fault, faults } from './catalogue.ts'

export interface FaultOptions {
  readonly faults: readonly Fault[]
  readonly systems: readonly System[]
  /** How many upstreams: each of these numbers is a measurement of its own. */
  readonly upstreams: readonly number[]
  readonly rounds: number
  /** Queries a second. */
  readonly rate: number
  /** The Markdown report; JSON and chart go beside it. */
  readonly out: string
  /** Forget what the JSON holds of other faults and systems. */
  readonly fresh: boolean
  readonly reportOnly: boolean
  readonly proxyCore: number
  readonly loadCore: number
}

const measured = systems.filter((system) => system.kind !== Kind.Limit)

export const USAGE = `usage: npm run bench:faults -- [options]
  --only LIST       of ${faults.map((fault) => fault.id).join(',')}; all when not given
  --systems LIST    of ${measured.map((system) => system.id).join(',')}; all installed when not given
  --upstreams LIST  how many upstreams there are (2)
  --rounds N        times that each is run (1)
  --rate N          queries a second (1500)
  --out FILE        the report (docs/faults.md); JSON and chart go beside it
  --fresh           forget what the JSON holds of faults and systems that are not run now
  --root DIR        checkout of dotward to run (this one)
  --report          write the report anew from its JSON, measuring nothing
  --proxy-core N    core of the system under fault (1)
  --load-core N     core of load and upstreams (0)`

/** Throws an Error that is fit to be shown for anything it does not know. */
export function parseOptions(args: readonly string[]): FaultOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      systems: { type: 'string' },
      upstreams: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '1' },
      rate: { type: 'string', default: '1500' },
      out: { type: 'string', default: 'docs/faults.md' },
      fresh: { type: 'boolean', default: false },
      root: { type: 'string' },
      report: { type: 'boolean', default: false },
      'proxy-core': { type: 'string', default: '1' },
      'load-core': { type: 'string', default: '0' },
    },
  })
  const { root } = values
  const known =
    root === undefined
      ? measured
      : measured.map((it) => (it.kind === Kind.Dotward ? dotward({ root }) : it))
  return {
    faults: chosen('--only', values.only, faults),
    systems: chosen('--systems', values.systems, known),
    upstreams: values.upstreams.split(',').map((text) => wholeNumber('--upstreams', text, 2)),
    rounds: wholeNumber('--rounds', values.rounds, 1),
    rate: wholeNumber('--rate', values.rate, 1),
    out: values.out,
    fresh: values.fresh,
    reportOnly: values.report,
    proxyCore: wholeNumber('--proxy-core', values['proxy-core'], 0),
    loadCore: wholeNumber('--load-core', values['load-core'], 0),
  }
}
