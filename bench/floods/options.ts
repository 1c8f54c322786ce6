// The command line of `npm run bench:floods`.

import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { chosen, wholeNumber } from '../lab/arguments.ts'
import { type Scenario, scenarios } from './catalogue.ts'

export interface FloodOptions {
  readonly scenarios: readonly Scenario[]
  /** Queries a second of each kind of good client. */
  readonly rate: number
  /** Of each attack. */
  readonly seconds: number
  /** The Markdown report; JSON and chart go beside it. */
  readonly out: string
  readonly root: string
  readonly reportOnly: boolean
  readonly serverCore: number
  readonly loadCore: number
}

export const USAGE = `usage: npm run bench:floods -- [options]
  --only LIST       of ${scenarios.map(({ id }) => id).join(',')}; all when not given
  --rate N          queries a second of each kind of good client (100)
  --seconds S       length of each attack (8)
  --out FILE        the report (docs/floods.md); JSON and chart go beside it
  --root DIR        checkout of dotward to run (this one)
  --report          write the report anew from its JSON, measuring nothing
  --server-core N   core of the system under attack (1)
  --load-core N     core of attackers, good clients and upstream (0)`

/** Throws an Error that is fit to be shown for anything it does not know. */
export function parseOptions(args: readonly string[]): FloodOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rate: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '8' },
      out: { type: 'string', default: 'docs/floods.md' },
      root: { type: 'string', default: join(import.meta.dirname, '..', '..') },
      report: { type: 'boolean', default: false },
      'server-core': { type: 'string', default: '1' },
      'load-core': { type: 'string', default: '0' },
    },
  })
  return {
    scenarios: chosen('--only', values.only, scenarios),
    rate: wholeNumber('--rate', values.rate, 1),
    seconds: wholeNumber('--seconds', values.seconds, 1),
    out: values.out,
    root: resolve(values.root),
    reportOnly: values.report,
    serverCore: wholeNumber('--server-core', values['server-core'], 0),
    loadCore: wholeNumber('--load-core', values['load-core'], 0),
  }
}
