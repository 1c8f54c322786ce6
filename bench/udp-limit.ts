// How near JavaScript comes to the limit: the C echo against the same echo in JavaScript, over the
// batch addon and over dgram, in interleaved rounds.
//
// usage: node bench/udp-limit.ts [--rounds N] [--seconds S]

import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { Lab } from './lab/lab.ts'
import { Kind, type System } from './lab/system.ts'
import { measureHits } from './measure/load.ts'
import { cost, type Round, spread } from './measure/results.ts'
import { echo } from './peers/echo.ts'

const ROOT = join(import.meta.dirname, '..')

function javascriptEcho(batch: 'addon' | 'dgram'): System {
  return {
    name: `JavaScript echo, ${batch}`,
    id: `echo-${batch}`,
    kind: Kind.Limit,
    encrypted: [],
    version: () => `Node ${process.versions.node}`,
    launch: ({ port }) => ({
      command: process.execPath,
      args: [join(import.meta.dirname, 'udp-echo.ts'), batch, String(port)],
    }),
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
    },
  })
  const systems = [echo, javascriptEcho('addon'), javascriptEcho('dgram')]
  const rounds = new Map<System, Round[]>(systems.map((system) => [system, []]))
  await using lab = await Lab.open({
    dir: join(ROOT, '.bench', 'udp-limit'),
    proxyCore: 1,
    loadCore: 0,
  })
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const system of systems) {
      await using running = await lab.start(system, { cacheMiB: 0 })
      rounds.get(system)!.push(await measureHits(lab, running, Number(values.seconds), round))
    }
  }
  report(rounds)
}

/** Costs, and what each is to the C echo of the same round. */
function report(rounds: ReadonlyMap<System, readonly Round[]>): void {
  const costs = (of: System): number[] =>
    rounds.get(of)!.map((round) => cost([round])?.median ?? Number.NaN)
  const limits = costs(echo)
  for (const system of rounds.keys()) {
    const own = spread(costs(system))!
    const ratio = spread(costs(system).map((micros, round) => micros / limits[round]!))!
    const range = `${own.min.toFixed(2)}–${own.max.toFixed(2)}`
    console.log(
      `${system.name}: ${own.median.toFixed(2)} µs (${range}), ${ratio.median.toFixed(3)} × C`,
    )
  }
}

await main()
