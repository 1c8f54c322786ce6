// The command that each target is by itself: node fuzz/<target>.ts [--seconds N] [--seed S] [--inputs N].

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

import { commandFor, type Fuzzed, type FuzzOptions } from './rounds.ts'

/** Runs one target for as long, or as many inputs, as the command line says. */
export async function runTarget(
  name: string,
  target: (options: FuzzOptions) => Promise<Fuzzed>,
): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, seed: { type: 'string' }, inputs: { type: 'string' } },
  })
  const inputs = Number(values.inputs ?? Infinity)
  const seconds = Number(values.seconds ?? (values.inputs === undefined ? 60 : Infinity))
  const seed = Number(values.seed ?? randomInt(2 ** 31))
  console.log(`${name}: seed ${seed}`)
  print(name, await target({ seconds, seed, inputs, isMeasured: true }))
}

/** What was tried, and the dearest inputs with the commands that try them again. */
export function print(name: string, { inputs, most, counts }: Fuzzed): void {
  const others = Object.entries(counts).map(([what, count]) => `, ${count} ${what}`)
  console.log(`  ${inputs} inputs${others.join('')}, no fault`)
  for (const [kind, cost] of most) {
    console.log(`  ${cost.amount} of ${cost.limit} ${kind}: ${commandFor(name, cost)}`)
  }
}
