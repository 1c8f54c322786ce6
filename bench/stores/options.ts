// The command line of `npm run bench:stores`.

import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { chosen, wholeNumber } from '../lab/arguments.ts'
import { type StoreFault, storeFaults } from './catalogue.ts'

/** On the command line, beside the faults: two proxies that hand names to each other. */
const HANDOVER = { id: 'handover' } as const

export interface StoreOptions {
  readonly faults: readonly StoreFault[]
  readonly handover: boolean
  readonly rounds: number
  /** Queries a second, both proxies together. */
  readonly rate: number
  /** The Markdown report; JSON and chart go beside it. */
  readonly out: string
  /** Forget what the JSON holds of other faults. */
  readonly fresh: boolean
  readonly reportOnly: boolean
  /** Checkout of dotward to run. */
  readonly root: string
  readonly proxyCore: number
  readonly loadCore: number
}

const known: readonly (StoreFault | typeof HANDOVER)[] = [HANDOVER, ...storeFaults]

export const USAGE = `usage: npm run bench:stores -- [options]
  --only LIST     of ${known.map(({ id }) => id).join(',')}; all when not given
  --rounds N      times that each is run (1)
  --rate N        queries a second (2000)
  --out FILE      the report (docs/stores.md); JSON and chart go beside it
  --fresh         forget what the JSON holds of faults that are not run now
  --root DIR      checkout of dotward to run (this one)
  --report        write the report anew from its JSON, measuring nothing
  --proxy-core N  core of the proxies (1)
  --load-core N   core of load, upstreams and store (0)`

/** Throws an Error that is fit to be shown for anything it does not know. */
export function parseOptions(args: readonly string[]): StoreOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      rate: { type: 'string', default: '2000' },
      out: { type: 'string', default: 'docs/stores.md' },
      fresh: { type: 'boolean', default: false },
      root: { type: 'string', default: join(import.meta.dirname, '..', '..') },
      report: { type: 'boolean', default: false },
      'proxy-core': { type: 'string', default: '1' },
      'load-core': { type: 'string', default: '0' },
    },
  })
  const wanted = chosen('--only', values.only, known)
  return {
    faults: wanted.filter((it): it is StoreFault => it !== HANDOVER),
    handover: wanted.includes(HANDOVER),
    rounds: wholeNumber('--rounds', values.rounds, 1),
    rate: wholeNumber('--rate', values.rate, 1),
    out: values.out,
    fresh: values.fresh,
    reportOnly: values.report,
    root: values.root,
    proxyCore: wholeNumber('--proxy-core', values['proxy-core'], 0),
    loadCore: wholeNumber('--load-core', values['load-core'], 0),
  }
}
