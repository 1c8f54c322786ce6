// `npm run bench:stores`: what two proxies do to their clients while the store that they share dies,
// hangs, lies or moves. Everything happens in a network namespace of the bench's own.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { LoadGenerator } from './faults/load.ts'
import { makeCertificates } from './lab/certificates.ts'
import { runCommand } from './lab/command.ts'
import { moveTo, versionOf } from './lab/tool.ts'
import { describeMachine } from './measure/machine.ts'
import { dotward } from './peers/dotward.ts'
import type { StoreFault } from './stores/catalogue.ts'
import { parseOptions, type StoreOptions, USAGE } from './stores/options.ts'
import { merge, readResults, reportFiles, writeReport } from './stores/report.ts'
import type { Handover, StoreResults, StoreRun } from './stores/results.ts'
import { runFault, runHandover, type StoreBench } from './stores/run-fault.ts'
import { cellOf, missedByHandover } from './stores/verdict.ts'

const DIR = join(import.meta.dirname, '..', '.bench', 'stores')

async function main(options: StoreOptions): Promise<void> {
  const { out, fresh, rate, root } = options
  const old = readResults(out)
  if (options.reportOnly) {
    if (old === null) throw new Error(`there is no ${reportFiles(out).json} to report`)
    writeReport(old, out)
    return
  }
  const redis = versionOf('redis-server', ['--version'], /v=([\d.]+)/)
  if (redis === null) throw new Error('redis-server is not installed')
  const version = dotward({ root }).version() ?? 'unknown'
  console.log(`dotward ${version}, Redis ${redis}`)
  const measured = await runAll(options)
  const results: StoreResults = { machine: describeMachine(), version, redis, rate, ...measured }
  writeReport(merge(fresh ? null : old, results), out)
  console.log(`written: ${Object.values(reportFiles(out)).join(', ')}`)
}

async function runAll(options: StoreOptions): Promise<Pick<StoreResults, 'handover' | 'runs'>> {
  const { proxyCore, loadCore, rate, root } = options
  rmSync(DIR, { recursive: true, force: true })
  const certificates = join(DIR, 'certificates')
  mkdirSync(certificates, { recursive: true })
  moveTo(loadCore)
  await using load = new LoadGenerator(loadCore)
  const bench: StoreBench = {
    dir: DIR,
    root,
    certificates: makeCertificates(certificates),
    load,
    proxyCore,
    loadCore,
    rate,
  }
  const handover = options.handover ? await runHandover(bench) : null
  if (handover !== null) console.log(toldHandover(handover))
  const runs: StoreRun[] = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const fault of options.faults) {
      const run = await attempt(bench, fault, round)
      console.log(told(run))
      runs.push(run)
    }
  }
  return { handover, runs }
}

/** A store that cannot even be set up is a result too. */
async function attempt(bench: StoreBench, fault: StoreFault, round: number): Promise<StoreRun> {
  try {
    return await runFault(bench, fault, round)
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    const counts = { sent: 0, good: 0, lost: 0, servFail: 0, otherRcode: 0, wrong: 0 }
    const times = { p50: 0, p99: 0, p999: 0, worst: 0, backAfter: null, lag: 0 }
    const rest = { upstreamQueries: 0, hits: [0, 0, 0] } as const
    return { fault: fault.id, round, failure, ...counts, ...times, ...rest }
  }
}

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0)

function told(run: StoreRun): string {
  const { failure, sent, lost, servFail, otherRcode, wrong, p50, p99, worst, backAfter } = run
  const head = run.fault.padEnd(9)
  if (failure !== null) return `${head} ${failure}`
  const { missed } = cellOf([run])
  return (
    `${head} ${sent} sent, ${lost} lost, ${servFail} SERVFAIL, ${otherRcode + wrong} not right, ` +
    `p50 ${ms(p50)}, p99 ${ms(p99)}, worst ${ms(worst)} ms, store hits ${run.hits.join('/')}, ` +
    `used again after ${backAfter === null ? 'all' : `${ms(backAfter)} ms`}, ` +
    `${run.upstreamQueries} upstream queries, load late by ${ms(run.lag)} ms: ` +
    (missed.length === 0 ? 'reached' : missed.join(', '))
  )
}

function toldHandover(handover: Handover): string {
  const { names, p50, p99, worst, upstreamQueries } = handover
  const missed = missedByHandover(handover)
  return (
    `handover  ${names} names: p50 ${ms(p50)}, p99 ${ms(p99)}, worst ${ms(worst)} ms, ` +
    `${upstreamQueries} upstream queries: ${missed.length === 0 ? 'reached' : missed.join(', ')}`
  )
}

await runCommand({
  usage: USAGE,
  parse: parseOptions,
  isSandboxed: ({ reportOnly }) => !reportOnly,
  main,
})
