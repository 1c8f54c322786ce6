// What a load is and what it brings, whichever program makes it.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { searchPath } from './program.ts'

export interface Load {
  readonly port: number
  /** As writeQuestions, or writeUris for DoH, writes them. */
  readonly questions: string
  /** Stops after this many seconds… */
  readonly seconds?: number
  /** …or after this many times through the file, whichever is first. Not for DoH. */
  readonly passes?: number
  /** Simulated clients; over TLS, as many connections. */
  readonly clients: number
  /** Most queries that wait for an answer at any time. */
  readonly outstanding: number
  /** Most queries a second, if there is to be a limit. Not for DoH. */
  readonly rate?: number
  /** A query without an answer for so many seconds counts as lost. Not for DoH. */
  readonly timeout?: number
  /** The cookie that each query brings (RFC 7873 §4), if any. Not for DoH. */
  readonly cookie?: Buffer | null
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
  /** Of an answer as DNS message, on average. */
  readonly answerOctets: number
}

/** Runs a load generator to its end and gives what it printed. */
export async function runLoad(
  core: number,
  command: string,
  args: readonly string[],
): Promise<string> {
  const running = promisify(execFile)('taskset', ['-c', String(core), command, ...args], {
    env: { ...process.env, PATH: searchPath() },
    // Each lost query is a line of output; losing all of them must not fill the buffer.
    maxBuffer: 1 << 30,
  })
  const kill = (): boolean => running.child.kill('SIGKILL')
  process.once('exit', kill)
  try {
    return (await running).stdout
  } finally {
    process.off('exit', kill)
  }
}
