// Redis servers of the bench's own: one alone, a cluster, a set with Sentinels.

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { now } from '../lab/clock.ts'
import { freePort } from '../lab/port.ts'
import { Program, type ProgramOptions } from '../lab/program.ts'

/** Milliseconds within which servers must do what they are told. */
const PATIENCE = 15_000

/** Milliseconds between two looks whether they have. */
const LOOK = 50

/** Milliseconds after which servers of a cluster, and Sentinels, take one for dead. */
export const DEAD_AFTER = 1_000

const MASTERS = 3
const SENTINELS = 3

/** What Sentinels call the set. */
export const SET_NAME = 'answers'

export interface Place {
  readonly dir: string
  readonly core: number
}

export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #launch: ProgramOptions
  #program: Program

  private constructor(port: number, launch: ProgramOptions) {
    this.port = port
    this.#launch = launch
    this.#program = new Program(launch)
  }

  /** @param settings as on its command line */
  static async start(place: Place, settings: readonly string[] = []): Promise<RedisServer> {
    const port = await freePort()
    const dir = folder(place, `redis-${port}`)
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '']
    return RedisServer.#run(port, dir, place.core, [...args, ...settings])
  }

  /** One that only watches others. */
  static async startSentinel(place: Place): Promise<RedisServer> {
    const port = await freePort()
    const dir = folder(place, `sentinel-${port}`)
    const config = join(dir, 'sentinel.conf')
    writeFileSync(config, `port ${port}\nbind 127.0.0.1\ndir ${dir}\n`)
    return RedisServer.#run(port, dir, place.core, [config, '--sentinel'])
  }

  static async #run(
    port: number,
    dir: string,
    core: number,
    args: readonly string[],
  ): Promise<RedisServer> {
    const log = join(dir, 'output.log')
    const server = new RedisServer(port, { command: 'redis-server', args, core, log })
    await until(`Redis at ${port} answers`, async () => (await server.cli('ping')) === 'PONG')
    return server
  }

  /** What redis-cli prints, of a command that works. */
  cli(...args: readonly string[]): Promise<string> {
    return cli(['-p', String(this.port), ...args])
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.kill(signal)
  }

  /** Starts it again on its port, empty, after it was killed. */
  async restart(): Promise<void> {
    await this.#program.stop()
    this.#program = new Program(this.#launch)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that is stopped would not hear that it is to end.
    this.signal('SIGKILL')
    await this.#program.stop()
  }
}

/** Three masters, each with a replica. */
export class RedisCluster implements AsyncDisposable {
  readonly servers: readonly RedisServer[]
  readonly #running: AsyncDisposableStack

  private constructor(servers: readonly RedisServer[], running: AsyncDisposableStack) {
    this.servers = servers
    this.#running = running
  }

  static async start(place: Place): Promise<RedisCluster> {
    await using starting = new AsyncDisposableStack()
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(DEAD_AFTER)]
    const servers: RedisServer[] = []
    for (let i = 0; i < 2 * MASTERS; i++) {
      servers.push(starting.use(await RedisServer.start(place, settings)))
    }
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`)
    await cli(['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'])
    const cluster = new RedisCluster(servers, starting.move())
    await until('all of the cluster stand', () => cluster.#stands())
    return cluster
  }

  /** The first master: it is one from the beginning. */
  get master(): RedisServer {
    return this.servers[0]!
  }

  /** Moves slots from the first master to the second. */
  async reshard(slots: number): Promise<void> {
    const [from, to] = await Promise.all(
      this.servers.slice(0, 2).map((server) => server.cli('cluster', 'myid')),
    )
    const address = `127.0.0.1:${this.master.port}`
    const what = ['--cluster-from', from!, '--cluster-to', to!, '--cluster-slots', String(slots)]
    await cli(['--cluster', 'reshard', address, ...what, '--cluster-yes'])
  }

  async #stands(): Promise<boolean> {
    for (const server of this.servers) {
      const info = await server.cli('cluster', 'info')
      if (!info.includes('cluster_state:ok')) return false
    }
    const nodes = await this.master.cli('cluster', 'nodes')
    return (nodes.match(/\bslave\b/g) ?? []).length === MASTERS
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.disposeAsync()
  }
}

/** A master with a replica, watched by three Sentinels. */
export class SentinelSet implements AsyncDisposable {
  readonly master: RedisServer
  readonly sentinels: readonly RedisServer[]
  readonly #running: AsyncDisposableStack

  private constructor(
    master: RedisServer,
    sentinels: readonly RedisServer[],
    running: AsyncDisposableStack,
  ) {
    this.master = master
    this.sentinels = sentinels
    this.#running = running
  }

  static async start(place: Place): Promise<SentinelSet> {
    await using starting = new AsyncDisposableStack()
    const master = starting.use(await RedisServer.start(place))
    const replica = starting.use(await RedisServer.start(place))
    await replica.cli('replicaof', '127.0.0.1', String(master.port))
    await until('the replica follows', async () => {
      return (await replica.cli('info', 'replication')).includes('master_link_status:up')
    })
    const sentinels: RedisServer[] = []
    for (let i = 0; i < SENTINELS; i++) {
      const sentinel = starting.use(await RedisServer.startSentinel(place))
      await sentinel.cli('sentinel', 'monitor', SET_NAME, '127.0.0.1', String(master.port), '2')
      await sentinel.cli('sentinel', 'set', SET_NAME, 'down-after-milliseconds', String(DEAD_AFTER))
      sentinels.push(sentinel)
    }
    for (const sentinel of sentinels) {
      await until('all Sentinels know each other', async () => {
        const known = await sentinel.cli('sentinel', 'master', SET_NAME)
        return /num-slaves\n1\n/.test(known) && /num-other-sentinels\n2\n/.test(known)
      })
    }
    return new SentinelSet(master, sentinels, starting.move())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.disposeAsync()
  }
}

function folder({ dir }: Place, name: string): string {
  const made = join(dir, name)
  mkdirSync(made, { recursive: true })
  return made
}

const run = promisify(execFile)

async function cli(args: readonly string[]): Promise<string> {
  const { stdout } = await run('redis-cli', [...args], { timeout: PATIENCE })
  return stdout.trim()
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUp = now() + PATIENCE
  while (!(await holds().catch(() => false))) {
    if (now() > giveUp) throw new Error(`not within ${PATIENCE} ms: ${what}`)
    await sleep(LOOK)
  }
}
