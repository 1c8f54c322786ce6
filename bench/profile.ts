// Where dotward's time goes, for hits and for misses: perf with V8's symbol map, which sees the
// kernel, Node and the JavaScript functions in one list.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { Lab } from './lab/lab.ts'
import { measureHits, measureMisses } from './measure/load.ts'
import { cost, type Round } from './measure/results.ts'
import { dotward } from './peers/dotward.ts'

export interface ProfileOptions {
  readonly root: string
  readonly seconds: number
  readonly log: (line: string) => void
}

/** Odd, so that samples do not fall into step with timers. */
const SAMPLES_PER_SECOND = 997
const TOP = 40
const CACHE_MIB = 512

export async function profileDotward(lab: Lab, options: ProfileOptions): Promise<void> {
  const { root, seconds, log } = options
  const system = dotward({
    root,
    nodeOptions: ['--perf-basic-prof', '--interpreted-frames-native-stack'],
  })
  for (const [name, measure] of [
    ['cache hit', measureHits],
    ['cache miss', measureMisses],
  ] as const) {
    await using running = await lab.start(system, { cacheMiB: CACHE_MIB })
    // Once unobserved: by then the code that matters is compiled.
    await measure(lab, running, 1, 0)
    const load = (): Promise<Round> => measure(lab, running, seconds, 1)
    const { round, report } = await observe(running.program.pid, load)
    const micros = cost([round])?.median.toFixed(2) ?? 'no good answer'
    const readable = report.replaceAll(`file://${root}/`, '')
    log(`\n${name}: ${micros} µs per good answer under perf\n${readable}`)
  }
}

/** Samples a process while a load runs on it. */
export async function observe(
  pid: number,
  load: () => Promise<Round>,
): Promise<{ round: Round; report: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'dotward-profile-'))
  const data = join(dir, 'perf.data')
  try {
    const rate = String(SAMPLES_PER_SECOND)
    const recorder = execFile('perf', ['record', '-q', '-F', rate, '-p', String(pid), '-o', data])
    const ended = new Promise<void>((resolve) => recorder.once('exit', () => resolve()))
    const round = await load()
    recorder.kill('SIGINT')
    await ended
    const lines = [...(await perfReport(data, 'dso')), ...(await perfReport(data, 'dso,symbol'))]
    return { round, report: lines.join('\n') }
  } finally {
    rmSync(dir, { recursive: true, force: true })
    // Where V8 lists the addresses of its functions for perf.
    rmSync(join(tmpdir(), `perf-${pid}.map`), { force: true })
  }
}

/** The largest shares of the time, by library or by function. */
async function perfReport(data: string, sort: string): Promise<string[]> {
  const args = ['report', '--stdio', '-q', '-i', data, '--sort', sort, '--percent-limit', '0.5']
  const { stdout } = await promisify(execFile)('perf', args, { maxBuffer: 1 << 26 })
  const lines = stdout.split('\n').map((line) => line.replace(/[\s-]+$/, ''))
  return [`by ${sort}:`, ...lines.filter((line) => line !== '').slice(0, TOP)]
}
