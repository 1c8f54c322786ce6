// The load: files of questions, and dnsperf runs over them.

import { execFile } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

import { searchPath } from './program.ts'
import { ZONE } from './upstream.ts'

export interface Load {
  readonly port: number
  /** File of questions, one "name type" a line. */
  readonly questions: string
  /** Stops after this many seconds… */
  readonly seconds?: number
  /** …or after this many times through the file, whichever is first. */
  readonly passes?: number
  /** Most queries that wait for an answer at any time. */
  readonly outstanding: number
  /** A query without an answer for so many seconds counts as lost. */
  readonly timeout?: number
  readonly core: number
}

export interface LoadResult {
  readonly sent: number
  readonly lost: number
  /** Answers by RCODE name, as dnsperf prints them. */
  readonly rcodes: Readonly<Record<string, number>>
  readonly seconds: number
  readonly perSecond: number
  readonly latencyMeanMs: number
  readonly latencyMaxMs: number
}

export async function dnsperf(load: Load): Promise<LoadResult> {
  const args = ['-c', String(load.core), 'dnsperf', '-s', '127.0.0.1', '-p', String(load.port)]
  args.push('-d', load.questions, '-c', '16', '-q', String(load.outstanding))
  if (load.seconds !== undefined) args.push('-l', String(load.seconds))
  if (load.timeout !== undefined) args.push('-t', String(load.timeout))
  if (load.passes !== undefined) args.push('-n', String(load.passes))
  const running = promisify(execFile)('taskset', args, {
    env: { ...process.env, PATH: searchPath() },
    // Each lost query is a line of output; losing all of them must not fill the buffer.
    maxBuffer: 1 << 30,
  })
  const kill = (): boolean => running.child.kill('SIGKILL')
  process.once('exit', kill)
  try {
    return parseStatistics((await running).stdout)
  } finally {
    process.off('exit', kill)
  }
}

export function parseStatistics(output: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0)
  if (!output.includes('Statistics:')) throw new Error(`dnsperf printed no statistics: ${output}`)
  const rcodes: Record<string, number> = {}
  const listed = /Response codes:\s+(.*)/.exec(output)?.[1] ?? ''
  for (const [, name, count] of listed.matchAll(/(\w+) (\d+) \(/g)) rcodes[name!] = Number(count)
  return {
    sent: number(/Queries sent:\s+(\d+)/),
    lost: number(/Queries lost:\s+(\d+)/),
    rcodes,
    seconds: number(/Run time \(s\):\s+([\d.]+)/),
    perSecond: number(/Queries per second:\s+([\d.]+)/),
    latencyMeanMs: number(/Average Latency \(s\):\s+([\d.]+)/) * 1000,
    latencyMaxMs: number(/Average Latency \(s\):.*max ([\d.]+)/) * 1000,
  }
}

export interface QuestionFile {
  readonly file: string
  /** Start of every name, of letters and digits; another prefix, other names. */
  readonly prefix: string
  /** How many names there are to ask for. */
  readonly names: number
  /** How many questions to write; as many as there are names unless said. */
  readonly questions?: number
  /** Names in scattered order, so that neighbours in the file are no neighbours in a cache. */
  readonly scattered?: boolean
}

/** A prime above every number of names in use: steps of it, modulo that number, meet each once. */
const STRIDE = 7_368_787

/** Names are of one length within a file and between files, so that all weigh the same. */
export function writeQuestions(options: QuestionFile): string {
  const { file, prefix, names, questions = names, scattered = false } = options
  const output = openSync(file, 'w')
  let lines: string[] = []
  for (let i = 0; i < questions; i++) {
    const name = scattered ? (i * STRIDE) % names : i % names
    lines.push(`${prefix.padStart(8, 'x')}${name.toString(36).padStart(5, '0')}.${ZONE} A\n`)
    if (lines.length === 65_536 || i === questions - 1) {
      writeSync(output, lines.join(''))
      lines = []
    }
  }
  closeSync(output)
  return file
}
