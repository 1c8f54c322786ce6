// `npm run bench:floods`: what good clients of dotward notice while it is flooded with queries and
// besieged by connections. Everything happens in two network namespaces of the bench's own.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { Arena } from './floods/arena.ts'
import type { Scenario } from './floods/catalogue.ts'
import { GoodClients } from './floods/clients.ts'
import { type FloodOptions, parseOptions, USAGE } from './floods/options.ts'
import { reportFiles, writeReport } from './floods/report.ts'
import type { FloodResults, FloodRun } from './floods/results.ts'
import { type Bench, runScenario } from './floods/run-scenario.ts'
import { told } from './floods/told.ts'
import { makeCertificates } from './lab/certificates.ts'
import { runCommand } from './lab/command.ts'
import { canDropPackets } from './lab/sandbox.ts'
import { moveTo } from './lab/tool.ts'
import { describeMachine } from './measure/machine.ts'
import { compile } from './peers/echo.ts'
import { dotward } from './peers/dotward.ts'

const DIR = join(import.meta.dirname, '..', '.bench', 'floods')

async function main(options: FloodOptions): Promise<void> {
  const { rate, out, root } = options
  if (options.reportOnly) {
    const { json } = reportFiles(out)
    if (!existsSync(json)) throw new Error(`there is no ${json} to report`)
    writeReport(JSON.parse(readFileSync(json, 'utf8')) as FloodResults, out)
    return
  }
  if (!canDropPackets()) throw new Error('this kernel lets us make no network namespace')
  const version = dotward({ root }).version() ?? 'unknown'
  console.log(`dotward: ${version}`)
  const runs = await runAll(options)
  writeReport({ machine: describeMachine(), version, rate, runs }, out)
  console.log(`written: ${Object.values(reportFiles(out)).join(', ')}`)
}

async function runAll(options: FloodOptions): Promise<FloodRun[]> {
  const { rate, seconds, root, serverCore, loadCore } = options
  rmSync(DIR, { recursive: true, force: true })
  mkdirSync(DIR, { recursive: true })
  moveTo(loadCore)
  using arena = await Arena.build()
  await using clients = new GoodClients(loadCore, arena.there)
  const floodProgram = join(DIR, 'flood')
  compile(join(import.meta.dirname, 'floods', 'flood.c'), floodProgram)
  const certificates = makeCertificates(DIR)
  const place = { dir: DIR, root, certificates, arena, clients, floodProgram }
  const bench: Bench = { ...place, serverCore, loadCore, rate, seconds }
  const runs: FloodRun[] = []
  for (const scenario of options.scenarios) {
    const run = await attempt(bench, scenario)
    console.log(told(run))
    runs.push(run)
  }
  return runs
}

/** That it cannot even be run is a result too. */
async function attempt(bench: Bench, scenario: Scenario): Promise<FloodRun> {
  try {
    return await runScenario(bench, scenario)
  } catch (error) {
    const { message, cause = '' } = error as Error
    console.error(String(cause))
    const nothing = { fared: [], memory: null, cpuSeconds: 0, flood: null, attack: null }
    return { scenario: scenario.id, seconds: bench.seconds, failure: message, ...nothing }
  }
}

await runCommand({
  usage: USAGE,
  parse: parseOptions,
  isSandboxed: ({ reportOnly }) => !reportOnly,
  main,
})
