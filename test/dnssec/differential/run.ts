// Compares dotward with Unbound and Knot Resolver, by as many questions as wanted:
//
//     npm run dnssec:differential -- --queries 20000 --seed 1 --out docs/dnssec-agreement.md
//
// The second time around, dotward may answer by what was proven of other names (RFC 8198). Prints each
// disagreement that nothing explains, and ends with 1 when there are any; else `--out` names the page
// to be written about what was found.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startWorld } from '../world/world.ts'
import { type Comparison, compareOpinions, formatDisagreement, take } from './compare.ts'
import { AGGRESSIVE_EXPLANATIONS, EXPLANATIONS, explanationsOf } from './explained.ts'
import { Questions } from './questions.ts'
import { formatReport } from './report.ts'
import { startValidators } from './validators.ts'

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '20000' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    out: { type: 'string' },
  },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

await using world = await startWorld()
const zones = world.zones.length

async function compare(aggressive: boolean): Promise<Comparison> {
  await using validators = await startValidators(world, aggressive)
  const questions = new Questions(world.files, Number(values.seed))
  const queries = take(Number(values.queries), () => questions.next())
  const comparison = await compareOpinions(validators.all, queries)
  const { asked, counts, disagreements } = comparison
  const explanations = aggressive ? AGGRESSIVE_EXPLANATIONS : EXPLANATIONS
  const open = disagreements.filter((each) => explanationsOf(each, explanations) === null)
  const mode = aggressive ? 'aggressive' : 'not aggressive'
  say(`${asked} questions to ${zones} zones, seed ${values.seed}, ${mode}`)
  for (const { who, classes } of counts) {
    const found = Object.entries(classes).map(([name, count]) => `${name} ${count}`)
    say(`${who}: ${found.join(', ')}`)
  }
  say(`${disagreements.length} disagreements, ${open.length} of them not explained`)
  for (const disagreement of open) say(formatDisagreement(disagreement))
  if (open.length > 0) process.exitCode = 1
  return comparison
}

const plain = await compare(false)
const aggressive = await compare(true)
if (values.out !== undefined && process.exitCode !== 1) {
  writeFileSync(values.out, formatReport({ plain, aggressive, zones, seed: values.seed }))
}
