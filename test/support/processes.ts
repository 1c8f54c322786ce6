// Starts real programs for tests, waits until they are ready, and stops them by their process id.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const READY_WITHIN_MS = 20_000
const STOPPED_WITHIN_MS = 10_000

/** Debian keeps servers in sbin folders that an ordinary user's PATH lacks. */
const SEARCH_PATH = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** Returns the program's path; throws when it is not installed, so that its test fails. */
export function requireTool(name: string): string {
  for (const folder of SEARCH_PATH) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`${name} is not installed; .ci/run names the Debian packages that tests need`)
}

export interface Finished {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard output and standard error. */
  readonly output: string
}

/** Runs a program to its end, whatever its exit code. Throws after `timeoutMs`. */
export function runProgram(
  name: string,
  args: readonly string[],
  { env = {}, timeoutMs = 30_000, cwd = process.cwd() } = {},
): Promise<Finished> {
  const path = name.includes('/') ? name : requireTool(name)
  const options = { env: { ...process.env, ...env }, cwd, maxBuffer: 64 << 20, timeout: timeoutMs }
  return new Promise((resolve, reject) => {
    const child = execFile(path, [...args], options, (error, stdout, stderr) => {
      if (error?.killed) reject(new Error(`${name} took longer than ${timeoutMs} ms`))
      else resolve({ code: child.exitCode, signal: child.signalCode, output: stdout + stderr })
    })
    child.stdin?.end()
  })
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Runs as this user and group, with no capabilities. Only root can ask for it. */
  readonly uid?: number
}

/** A program that runs until it is stopped. Disposing kills it. */
export class RunningProgram implements AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** Standard output and standard error so far, in the order they came. */
  output = ''
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<Finished>
  readonly #child: ChildProcess
  #ended = false

  constructor(name: string, child: ChildProcess) {
    this.name = name
    this.pid = child.pid ?? -1
    this.#child = child
    const collect = (chunk: string): void => {
      this.output += chunk
    }
    child.stdout?.setEncoding('utf8').on('data', collect)
    child.stderr?.setEncoding('utf8').on('data', collect)
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => {
        this.#ended = true
        resolve({ code, signal, output: this.output })
      })
    })
  }

  /** Waits until `ready` is true. Throws with the program's output when it ends before, or never. */
  async until(what: string, ready: () => boolean | Promise<boolean>): Promise<void> {
    const giveUp = Date.now() + READY_WITHIN_MS
    while (!(await ready())) {
      if (this.#ended) throw new Error(`${this.name} ended before ${what}:\n${this.output}`)
      if (Date.now() > giveUp) throw new Error(`${this.name}: never ${what}:\n${this.output}`)
      await delay(20)
    }
  }

  /** Waits until the output that came after `from` characters matches. */
  async printed(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null
    await this.until(`it printed ${pattern}`, () => {
      match = pattern.exec(this.output.slice(from))
      return match !== null
    })
    return match!
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Ends it and waits. Throws, having killed it, when it does not end in time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    if (!this.#ended) this.#child.kill(signal)
    const ended = await Promise.race([this.exited, delay(STOPPED_WITHIN_MS, null, { ref: false })])
    if (ended !== null) return ended
    this.#child.kill('SIGKILL')
    throw new Error(`${this.name} did not stop at ${signal}:\n${(await this.exited).output}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGKILL')
    await this.exited
  }
}

/** Starts a program. It dies with this process: setpriv asks the kernel for that. */
export function startProgram(
  name: string,
  args: readonly string[],
  { env = {}, cwd = process.cwd(), uid }: StartOptions = {},
): RunningProgram {
  const user = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  const wrapped = [
    ...user,
    '--pdeathsig=KILL',
    name.includes('/') ? name : requireTool(name),
    ...args,
  ]
  const child = spawn(requireTool('setpriv'), wrapped, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new RunningProgram(name, child)
}

/**
 * A port that nobody has, on UDP and TCP, IPv4 and IPv6 alike. Taken from below the range that
 * the kernel gives to outgoing sockets, at random, since test files run side by side.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const checks = ['127.0.0.1', '::1'].flatMap((host) => [
      udpFree(host, port),
      tcpFree(host, port),
    ])
    if ((await Promise.all(checks)).every(Boolean)) return port
  }
  throw new Error('no free port found')
}

function udpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(true)))
  })
}

function tcpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
