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
    const observed = observe(running.program.pid, () => measure(lab, running, seconds, 1))
    const { round, report } = await observed
    const micros = cost([round])?.median.toFixed(2) ?? 'no good answer'
    log(`\n${name}: ${micros} µs per good answer under perf\n${report}`)
  }
}

/** Samples a process while a load runs on it. */
async function observe(
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
    const { stdout } = await promisify(execFile)(
      'perf',
      ['report', '--stdio', '-q', '-i', data, '--sort', 'dso,symbol', '--percent-limit', '0.3'],
      { maxBuffer: 1 << 26 },
    )
    const lines = stdout.split('\n').filter((line) => line.trim() !== '')
    return { round, report: lines.slice(0, TOP).join('\n') }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
