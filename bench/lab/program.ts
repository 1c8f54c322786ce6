// Programs that the benchmark starts: pinned to a core, weighed through /proc, stopped by pid.
// Each runs in a session of its own, so that whatever it forks is counted and stopped with it.

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface ProgramOptions extends Launch {
  /** The core to run on. */
  readonly core: number
  /** File that takes stdout and stderr. */
  readonly log: string
}

/** Unit of the CPU times in /proc/PID/stat; Linux shows 100 ticks a second on every machine. */
const MICROS_PER_TICK = 10_000

/** How long a program may take to end by itself after SIGTERM, in milliseconds. */
const STOP_GRACE = 3000

const running = new Set<Program>()

// Whatever ends the benchmark (Ctrl-C too), nothing that it started stays behind.
process.once('exit', () => {
  for (const program of running) program.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1))
}

export class Program implements AsyncDisposable {
  readonly pid: number
  readonly #log: string
  readonly #child: ChildProcess

  /** Throws when the command cannot be started at all. */
  constructor({ command, args, env, core, log }: ProgramOptions) {
    const output = openSync(log, 'a')
    this.#log = log
    this.#child = spawn('taskset', ['-c', String(core), command, ...args], {
      detached: true,
      env: { ...process.env, PATH: searchPath(), ...env },
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    if (this.#child.pid === undefined) throw new Error(`cannot start taskset ${command}`)
    this.pid = this.#child.pid
    running.add(this)
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** CPU time of all its processes and threads so far, in microseconds. */
  cpuMicros(): number {
    let ticks = 0
    for (const stat of this.#stats()) ticks += stat.ticks
    return ticks * MICROS_PER_TICK
  }

  /** Resident memory of all its processes, in bytes. */
  residentBytes(): number {
    let bytes = 0
    for (const { pid } of this.#stats()) {
      const kib = /^VmRSS:\s+(\d+) kB/m.exec(readOr(`/proc/${pid}/status`, ''))
      if (kib !== null) bytes += Number(kib[1]) * 1024
    }
    return bytes
  }

  /** The last lines of what it said, for an error message. */
  lastWords(): string {
    return readOr(this.#log, '').trimEnd().split('\n').slice(-5).join('\n')
  }

  kill(signal: NodeJS.Signals): void {
    for (const { pid } of this.#stats()) {
      try {
        process.kill(pid, signal)
      } catch {
        // It ended between being listed and being signalled.
      }
    }
  }

  async stop(): Promise<void> {
    this.kill('SIGTERM')
    const deadline = performance.now() + STOP_GRACE
    while (this.#stats().some((stat) => stat.state !== 'Z')) {
      if (performance.now() > deadline) this.kill('SIGKILL')
      await sleep(20)
    }
    running.delete(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #stats(): Stat[] {
    const found: Stat[] = []
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      const stat = parseStat(readOr(`/proc/${entry}/stat`, ''))
      if (stat !== null && stat.session === this.pid) found.push(stat)
    }
    return found
  }
}

interface Stat {
  readonly pid: number
  readonly state: string
  readonly session: number
  /** User and system time, of its threads and of children it has waited for. */
  readonly ticks: number
}

/** One line of /proc/PID/stat (proc(5)); the name in it may hold spaces and parentheses. */
function parseStat(line: string): Stat | null {
  const end = line.lastIndexOf(')')
  if (end < 0) return null
  const [state, , , session, , , , , , , , ...times] = line.slice(end + 2).split(' ')
  const ticks = times.slice(0, 4).reduce((sum, time) => sum + Number(time), 0)
  return { pid: Number.parseInt(line, 10), state: state!, session: Number(session), ticks }
}

/** Servers live in sbin, which an ordinary user's PATH often lacks. */
export function searchPath(): string {
  return `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}
