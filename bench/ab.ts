// Two versions of dotward against each other, in interleaved rounds: did a change of the hot path
// pay?
//
// usage: node bench/ab.ts BEFORE [AFTER] [--rounds N] [--seconds S] [--only hit,miss]
// Each version is a folder with a checkout, or a git revision, which is checked out below .bench/ab
// for the time being. AFTER is the working tree unless said.

import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { Lab } from './lab/lab.ts'
import type { System } from './lab/system.ts'
import { run } from './lab/tool.ts'
import { measureHits, measureMisses } from './measure/load.ts'
import { cost, spread, type Round, type Spread } from './measure/results.ts'
import { dotward } from './peers/dotward.ts'

const ROOT = join(import.meta.dirname, '..')
const CACHE_MIB = 512

const measures = { hit: measureHits, miss: measureMisses }
type Measure = keyof typeof measures

class Checkout implements Disposable {
  readonly root: string
  readonly #isOurs: boolean

  /** Takes a folder as it is, and makes a worktree of anything else. */
  constructor(version: string) {
    this.#isOurs = !existsSync(join(version, 'package.json'))
    if (!this.#isOurs) {
      this.root = resolve(version)
      return
    }
    const commit = run('git', ['rev-parse', '--short', `${version}^{commit}`], ROOT).trim()
    // Below the working tree, so that its node_modules serve both.
    this.root = join(ROOT, '.bench', 'ab', commit)
    if (existsSync(this.root)) this.#remove()
    run('git', ['worktree', 'add', '--detach', this.root, commit], ROOT)
    run(process.execPath, [join('scripts', 'build-native.mjs')], this.root)
  }

  [Symbol.dispose](): void {
    if (this.#isOurs) this.#remove()
  }

  #remove(): void {
    rmSync(this.root, { recursive: true, force: true })
    run('git', ['worktree', 'prune'], ROOT)
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string', default: 'hit,miss' },
    },
  })
  const [before, after = ROOT] = positionals
  if (before === undefined) throw new Error('usage: node bench/ab.ts BEFORE [AFTER]')
  const chosen = values.only.split(',').filter((name): name is Measure => name in measures)
  using first = new Checkout(before)
  using second = new Checkout(after)
  const systems = [
    dotward({ root: first.root, name: 'before' }),
    dotward({ root: second.root, name: 'after' }),
  ]
  await using lab = await Lab.open({
    dir: join(ROOT, '.bench', 'ab-run'),
    proxyCore: 1,
    loadCore: 0,
  })
  for (const system of systems) console.log(`${system.name}: ${system.version()}`)
  const rounds = await compare(lab, systems, chosen, Number(values.rounds), Number(values.seconds))
  for (const measure of chosen) report(measure, rounds[measure])
}

type Pairs = Record<Measure, Round[][]>

async function compare(
  lab: Lab,
  systems: readonly System[],
  chosen: readonly Measure[],
  rounds: number,
  seconds: number,
): Promise<Pairs> {
  const pairs: Pairs = { hit: [], miss: [] }
  for (let round = 1; round <= rounds; round++) {
    for (const measure of chosen) pairs[measure].push([])
    // Who goes first alternates: a drift of the machine favours neither.
    const order = round % 2 === 1 ? [0, 1] : [1, 0]
    for (const side of order) {
      await using running = await lab.start(systems[side]!, { cacheMiB: CACHE_MIB })
      for (const measure of chosen) {
        pairs[measure].at(-1)![side] = await measures[measure](lab, running, seconds, round)
      }
    }
    console.log(`round ${round} of ${rounds}`)
  }
  return pairs
}

function report(measure: Measure, pairs: readonly Round[][]): void {
  const costs = pairs.map((pair) => pair.map((round) => cost([round])?.median ?? Number.NaN))
  const side = (index: number): string => told(spread(costs.map((pair) => pair[index]!)), ' µs')
  const ratios = costs.map(([before, after]) => after! / before!)
  console.log(`${measure}: before ${side(0)}, after ${side(1)}, ratio ${told(spread(ratios), '')}`)
}

const told = (it: Spread | null, unit: string): string =>
  it === null
    ? 'none'
    : `${it.median.toFixed(3)}${unit} (${it.min.toFixed(3)}–${it.max.toFixed(3)})`

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
