// Compares dotward with Unbound and Knot Resolver, by as many questions as wanted:
//
//     npm run dnssec:differential -- --queries 20000 --seed 1
//
// Prints each disagreement that nothing explains, and ends with 1 when there are any.

import { parseArgs } from 'node:util'
import { startWorld } from '../world/world.ts'
import { compareOpinions, formatDisagreement, take } from './compare.ts'
import { explanationOf } from './explained.ts'
import { Questions } from './questions.ts'
import { startValidators } from './validators.ts'

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '20000' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
  },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

await using world = await startWorld()
await using validators = await startValidators(world)
const questions = new Questions(world.files, Number(values.seed))
const { asked, classes, disagreements } = await compareOpinions(
  validators.all,
  take(Number(values.queries), () => questions.next()),
)
const open = disagreements.filter((disagreement) => explanationOf(disagreement) === null)
say(`${asked} questions to ${world.zones.length} zones, seed ${values.seed}`)
say(
  Object.entries(classes)
    .map(([name, count]) => `${name} ${count}`)
    .join(', '),
)
say(`${disagreements.length} disagreements, ${open.length} of them not explained`)
for (const disagreement of open) say(formatDisagreement(disagreement))
process.exitCode = open.length === 0 ? 0 : 1
