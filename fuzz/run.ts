// npm run fuzz -- [--seconds N] [--seed S] [target …]: those fuzz targets in turn, or all, so long each.
// Ends with 1 when one of them finds a fault; the seed that it prints finds it again, or the command that
// it names.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { fuzzAddon } from './addon.ts'
import { print } from './command.ts'
import { fuzzCookies } from './cookies.ts'
import { fuzzDenial } from './denial.ts'
import { fuzzHttp1 } from './http1.ts'
import { fuzzHttp2 } from './http2.ts'
import { fuzzProvenRanges } from './proven-ranges.ts'
import { fuzzProxyProtocol } from './proxy-protocol.ts'
import type { Fuzzed } from './rounds.ts'
import { fuzzSignedAnswers } from './signed-answers.ts'
import { fuzzSnapshot } from './snapshot.ts'
import { fuzzValidator } from './validator.ts'
import { fuzzWire } from './wire.ts'

interface Options {
  readonly seconds: number
  readonly seed: number
}

/** By name. Each tells how many inputs it tried, or more, or has said so itself. */
const targets: Readonly<
  Record<string, (options: Options) => number | void | Promise<number | Fuzzed>>
> = {
  wire: fuzzWire,
  cookies: fuzzCookies,
  'proxy-protocol': fuzzProxyProtocol,
  http1: fuzzHttp1,
  http2: fuzzHttp2,
  snapshot: fuzzSnapshot,
  'signed-answers': (options) => fuzzSignedAnswers({ ...options, isMeasured: true }),
  denial: (options) => fuzzDenial({ ...options, isMeasured: true }),
  validator: (options) => fuzzValidator({ ...options, isMeasured: true }),
  'proven-ranges': (options) => fuzzProvenRanges({ ...options, isMeasured: true }),
  addon: fuzzAddon,
}

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  allowPositionals: true,
})
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? randomInt(2 ** 31))
const names = positionals.length > 0 ? positionals : Object.keys(targets)
if (!(seconds > 0) || !Number.isInteger(seed) || names.some((name) => !(name in targets))) {
  console.error('usage: npm run fuzz -- [--seconds N] [--seed S] [target …]')
  console.error(`targets: ${Object.keys(targets).join(', ')}`)
  process.exit(2)
}
for (const name of names) {
  console.log(`${name}, ${seconds} s, seed ${seed}`)
  // oxlint-disable-next-line no-await-in-loop
  const fuzzed = await targets[name]!({ seconds, seed })
  if (typeof fuzzed === 'number') console.log(`  ${fuzzed} inputs, no fault`)
  else if (fuzzed !== undefined) print(name, fuzzed)
}
