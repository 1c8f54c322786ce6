// `npm run bench:faults`: what dotward and its peers do to their clients while an upstream dies,
// hangs, lies or comes back. Everything happens in a network namespace of the bench's own.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { makeCertificates } from './lab/certificates.ts'
import { runCommand } from './lab/command.ts'
import { Kind, type System } from './lab/system.ts'
import { moveTo } from './lab/tool.ts'
import { describeMachine } from './measure/machine.ts'
import type { Fault } from './faults/catalogue.ts'
import { LoadGenerator } from './faults/load.ts'
import { type FaultOptions, parseOptions, USAGE } from './faults/options.ts'
import { reportFiles, writeReport } from './faults/report.ts'
import type { FaultResults, FaultRun, FaultSystem } from './faults/results.ts'
import { type Bench, runFault } from './faults/run-fault.ts'
import { canDropPackets, clearPacketFaults } from './lab/sandbox.ts'
import { cellOf } from './faults/verdict.ts'

const DIR = join(import.meta.dirname, '..', '.bench', 'faults')

async function main(options: FaultOptions): Promise<void> {
  const { json } = reportFiles(options.out)
  const old = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as FaultResults) : null
  if (options.reportOnly) {
    if (old === null) throw new Error(`there is no ${json} to report`)
    writeReport(old, options.out)
    return
  }
  const versions = new Map(options.systems.map((system) => [system, system.version()]))
  const installed = options.systems.filter((system) => versions.get(system) !== null)
  const named = installed.map(
    (system): FaultSystem => ({
      id: system.id,
      name: system.name,
      version: versions.get(system)!,
    }),
  )
  for (const { name, version } of named) console.log(`${name}: ${version}`)
  const runs = await runAll(options, installed)
  const results = { machine: describeMachine(), rate: options.rate, systems: named, runs }
  writeReport(merge(options.fresh ? null : old, results), options.out)
  console.log(`written: ${Object.values(reportFiles(options.out)).join(', ')}`)
}

async function runAll(options: FaultOptions, systems: readonly System[]): Promise<FaultRun[]> {
  rmSync(DIR, { recursive: true, force: true })
  const folder = (name: string): string => {
    const dir = join(DIR, name)
    mkdirSync(dir, { recursive: true })
    return dir
  }
  const { proxyCore, loadCore, rate } = options
  moveTo(loadCore)
  await using load = new LoadGenerator(loadCore)
  const bench: Bench = {
    dir: DIR,
    certificates: makeCertificates(folder('certificates')),
    impostor: makeCertificates(folder('impostor'), 'other.test'),
    load,
    proxyCore,
    loadCore,
    rate,
  }
  const runs: FaultRun[] = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const fault of options.faults) {
      if (fault.needsPackets && !canDropPackets()) {
        console.log(`${fault.id}: left out, this kernel lets us make no network namespace`)
        continue
      }
      for (const upstreams of options.upstreams) {
        for (const system of systems) {
          if (fault.seen && system.kind !== Kind.Dotward) continue
          const result = await attempt(bench, fault, system, upstreams, round)
          console.log(told(result, fault))
          runs.push(result)
        }
      }
    }
  }
  return runs
}

/** A system that does not even start is a result too. */
async function attempt(
  bench: Bench,
  fault: Fault,
  system: System,
  upstreams: number,
  round: number,
): Promise<FaultRun> {
  try {
    return await runFault(bench, fault, system, upstreams, round)
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    const nothing = { sent: 0, good: 0, lost: 0, servFail: 0, otherRcode: 0, wrong: 0 }
    const times = { p50: 0, p99: 0, p999: 0, worst: 0, backAfter: null, lag: 0 }
    const what = { fault: fault.id, system: system.id, upstreams, round, failure }
    return { ...what, ...nothing, ...times, upstreamQueries: 0 }
  } finally {
    if (fault.needsPackets) clearPacketFaults()
  }
}

/** Runs anew replace those of the same fault, system and number of upstreams. */
function merge(old: FaultResults | null, fresh: FaultResults): FaultResults {
  if (old === null) return fresh
  const keyOf = ({ fault, system, upstreams }: FaultRun): string =>
    `${fault} ${system} ${upstreams}`
  const replaced = new Set(fresh.runs.map(keyOf))
  const renamed = new Set(fresh.systems.map((system) => system.id))
  return {
    ...fresh,
    systems: [...old.systems.filter((system) => !renamed.has(system.id)), ...fresh.systems],
    runs: [...old.runs.filter((it) => !replaced.has(keyOf(it))), ...fresh.runs],
  }
}

function told(result: FaultRun, fault: Fault): string {
  const { system, upstreams, sent, lost, servFail, otherRcode, wrong, backAfter } = result
  const { p50, p99, p999, worst, lag } = result
  const cell = cellOf([result], fault.demand)
  const head = `${fault.id.padEnd(12)} ${system} (${upstreams}):`
  if (cell.failure !== null) return `${head} ${cell.failure}`
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
  return (
    `${head} ${sent} sent, ${lost} lost, ${servFail} SERVFAIL, ${otherRcode + wrong} not right, ` +
    `p50 ${ms(p50)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}, worst ${ms(worst)} ms, ` +
    `extra ${(cell.extraShare * 100).toFixed(1)} %` +
    (backAfter === null ? '' : `, back after ${ms(backAfter)} ms`) +
    `, load late by ${ms(lag)} ms: ${cell.missed.length === 0 ? 'reached' : cell.missed.join(', ')}`
  )
}

await runCommand({
  usage: USAGE,
  parse: parseOptions,
  isSandboxed: ({ reportOnly }) => !reportOnly,
  main,
})
