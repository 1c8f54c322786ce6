// Redis servers of Debian's package, each on a free port and in a folder of its own: alone, in a
// cluster, or as a set that Sentinels watch.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCertificate } from './certificates.ts'
import {
  freePort,
  requireTool,
  runProgram,
  type RunningProgram,
  startProgram,
} from './processes.ts'

/** Files for servers that are reached over TLS only, and want a certificate of everybody. */
export interface RedisTlsFiles {
  readonly caPath: string
  /** A server's, and a client's for where servers ask one another and for redis-cli. */
  readonly server: Pick<TestCertificate, 'certPath' | 'keyPath'>
  readonly client: Pick<TestCertificate, 'certPath' | 'keyPath'>
}

interface RedisOptions {
  /** As in redis.conf: `maxmemory 1mb`. */
  readonly settings?: readonly string[]
  readonly tls?: RedisTlsFiles
}

export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #dir: string
  readonly #arguments: readonly string[]
  readonly #cli: readonly string[]
  #program: RunningProgram

  private constructor(port: number, dir: string, flags: readonly string[], tls?: RedisTlsFiles) {
    this.port = port
    this.#dir = dir
    this.#arguments = [join(dir, 'redis.conf'), ...flags]
    this.#cli = ['-p', String(port), ...cliOptions(tls)]
    this.#program = run(this.#arguments)
  }

  /** @param settings as in redis.conf: `maxmemory 1mb` */
  static start(settings: readonly string[] = [], tls?: RedisTlsFiles): Promise<RedisServer> {
    return persistently(() => RedisServer.#start([], ['save ""', ...settings], tls))
  }

  /** Watches a set of servers, with others that do. @param settings what is said of the set */
  static startSentinel(settings: readonly string[], tls?: RedisTlsFiles): Promise<RedisServer> {
    return persistently(() => RedisServer.#start(['--sentinel'], settings, tls))
  }

  static async #start(
    flags: readonly string[],
    settings: readonly string[],
    tls?: RedisTlsFiles,
  ): Promise<RedisServer> {
    const port = await freePort()
    const dir = mkdtempSync(join(tmpdir(), 'dotward-redis-'))
    const door = tls === undefined ? [`port ${port}`] : tlsSettings(tls, port)
    // Sentinels and servers of a set write into it what they learn.
    const lines = [...door, 'bind 127.0.0.1', `dir ${dir}`, ...settings]
    writeFileSync(join(dir, 'redis.conf'), lines.map((line) => `${line}\n`).join(''))
    const server = new RedisServer(port, dir, flags, tls)
    try {
      await server.#ready()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  get pid(): number {
    return this.#program.pid
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal)
  }

  /** Ends it without warning; what it held in memory is gone. */
  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL')
  }

  async restart(): Promise<void> {
    this.#program = run(this.#arguments)
    await this.#ready()
  }

  /** What redis-cli prints for a command to this server. */
  async command(...words: readonly string[]): Promise<string> {
    const { output } = await runProgram('redis-cli', [...this.#cli, ...words])
    return output.trim()
  }

  async until(what: string, ready: () => Promise<boolean>): Promise<void> {
    await this.#program.until(what, ready)
  }

  /** How many keys it holds. */
  async size(): Promise<number> {
    return Number(await this.command('dbsize'))
  }

  #ready(): Promise<unknown> {
    return this.#program.printed(/Ready to accept connections|Sentinel ID is/)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

/** Three masters with a replica each. A master that is silent for a second is replaced. */
export class RedisCluster implements AsyncDisposable {
  readonly servers: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers
  }

  static async start({ settings = [], tls }: RedisOptions = {}): Promise<RedisCluster> {
    const clustered = ['cluster-enabled yes', 'cluster-node-timeout 1000', ...settings]
    const servers = await Promise.all(
      Array.from({ length: 6 }, () =>
        persistently(async () => {
          return RedisServer.start([...clustered, `cluster-port ${await freePort()}`], tls)
        }),
      ),
    )
    const hosts = servers.map(({ port }) => `127.0.0.1:${port}`)
    const options = ['--cluster-replicas', '1', '--cluster-yes']
    const { code, output } = await runProgram('redis-cli', [
      ...cliOptions(tls),
      '--cluster',
      'create',
      ...hosts,
      ...options,
    ])
    if (code !== 0) throw new Error(`no cluster came of it:\n${output}`)
    const cluster = new RedisCluster(servers)
    await cluster.#settled()
    return cluster
  }

  /** As it says itself: the role may have changed. */
  async masters(): Promise<RedisServer[]> {
    const roles = await Promise.all(this.servers.map((server) => server.command('role')))
    return this.servers.filter((_, i) => roles[i]!.startsWith('master'))
  }

  /** Replicas hold as many keys as their masters. */
  async replicated(): Promise<void> {
    const masters = await this.masters()
    await masters[0]!.until('all is replicated', async () => {
      const sizes = await Promise.all(
        this.servers.map(async (one) => [one, await one.size()] as const),
      )
      const sum = (of: readonly RedisServer[]): number =>
        sizes.reduce((total, [one, size]) => (of.includes(one) ? total + size : total), 0)
      return sum(this.servers) === 2 * sum(masters)
    })
  }

  /** Every server knows all, and every master has a replica that is up to date. */
  #settled(): Promise<void> {
    const [first] = this.servers
    return first!.until('the cluster has settled', async () => {
      const told = await Promise.all(
        this.servers.flatMap((server) => [
          server.command('cluster', 'info'),
          server.command('info', 'replication'),
        ]),
      )
      return told.every((text) =>
        /cluster_state:ok|master_link_status:up|role:master[^]*state=online/.test(text),
      )
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()))
  }
}

/** A master and a replica that three Sentinels watch. A master silent for half a second is replaced. */
export class RedisSet implements AsyncDisposable {
  readonly name = 'answers'
  readonly servers: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.servers = servers
    this.sentinels = sentinels
  }

  /** @param password of the servers and of the Sentinels; none when left out */
  static async start(
    password?: { servers: string; sentinels: string },
    { settings: others = [], tls }: RedisOptions = {},
  ): Promise<RedisSet> {
    const guarded = password === undefined ? [] : [`requirepass "${password.servers}"`]
    const joining = password === undefined ? [] : [`masterauth "${password.servers}"`]
    const settings = [...guarded, ...joining, 'repl-diskless-sync-delay 0', ...others]
    const master = await RedisServer.start(settings, tls)
    const replica = await RedisServer.start(
      [...settings, `replicaof 127.0.0.1 ${master.port}`],
      tls,
    )
    const watching = [
      `sentinel monitor answers 127.0.0.1 ${master.port} 2`,
      'sentinel down-after-milliseconds answers 500',
      'sentinel failover-timeout answers 3000',
      ...(password === undefined
        ? []
        : [
            `sentinel auth-pass answers "${password.servers}"`,
            `requirepass "${password.sentinels}"`,
            `sentinel sentinel-pass "${password.sentinels}"`,
          ]),
    ]
    const sentinels = await Promise.all(
      [1, 2, 3].map(() => RedisServer.startSentinel(watching, tls)),
    )
    const set = new RedisSet([master, replica], sentinels)
    const auth = password === undefined ? [] : ['-a', password.sentinels]
    await master.until('the Sentinels know each other and the replica', async () => {
      const told = await Promise.all(
        sentinels.map((one) => one.command(...auth, 'sentinel', 'master', 'answers')),
      )
      return told.every(
        (text) => /num-slaves\s+1\s/.test(text) && /num-other-sentinels\s+2\s/.test(text),
      )
    })
    return set
  }

  get master(): RedisServer {
    return this.servers[0]!
  }

  /** The replica holds as many keys as the master. */
  async replicated(): Promise<void> {
    await this.master.until('all is replicated', async () => {
      const [own, other] = await Promise.all(this.servers.map((server) => server.size()))
      return own === other
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.sentinels, ...this.servers]
    await Promise.all(all.map((server) => server[Symbol.asyncDispose]()))
  }
}

/** A port that was free may be somebody's a moment later. */
async function persistently<T>(start: () => Promise<T>): Promise<T> {
  for (let left = 3; ; left--) {
    try {
      return await start()
    } catch (error) {
      if (left === 1) throw error
    }
  }
}

function tlsSettings({ caPath, server, client }: RedisTlsFiles, port: number): string[] {
  return [
    'port 0',
    `tls-port ${port}`,
    `tls-ca-cert-file ${caPath}`,
    `tls-cert-file ${server.certPath}`,
    `tls-key-file ${server.keyPath}`,
    `tls-client-cert-file ${client.certPath}`,
    `tls-client-key-file ${client.keyPath}`,
    'tls-replication yes',
    'tls-cluster yes',
  ]
}

function cliOptions(tls?: RedisTlsFiles): string[] {
  if (tls === undefined) return []
  const { caPath, client } = tls
  return ['--tls', '--cacert', caPath, '--cert', client.certPath, '--key', client.keyPath]
}

function run(args: readonly string[]): RunningProgram {
  return startProgram(requireTool('redis-server'), args)
}
