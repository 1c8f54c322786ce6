// The DoT server behind every proxy: Unbound with one zone in which each name has an address, unless
// zone files are given. No other name exists: a proxy that asks for one at its start is not kept waiting.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Certificates } from './certificates.ts'
import { freePort } from './port.ts'
import { Program, type ProgramOptions } from './program.ts'
import { run } from './tool.ts'

/** Every name under this zone has one A record, with a TTL of an hour. */
export const ZONE = 'bench.example'

export interface UpstreamOptions {
  /** Milliseconds after which it closes an idle connection. */
  readonly idleTimeout?: number
  /** Zone files by the name of the zone, the root among them, in place of the one zone. */
  readonly zones?: ReadonlyMap<string, string>
}

const IDLE_TIMEOUT = 60_000

export class Upstream implements AsyncDisposable {
  readonly port: number
  readonly #config: string
  readonly #launch: ProgramOptions
  #program: Program

  private constructor(port: number, config: string, launch: ProgramOptions) {
    this.port = port
    this.#config = config
    this.#launch = launch
    this.#program = new Program(launch)
  }

  static async start(
    dir: string,
    certificates: Certificates,
    core: number,
    options: UpstreamOptions = {},
  ): Promise<Upstream> {
    mkdirSync(dir, { recursive: true })
    const port = await freePort()
    const config = join(dir, 'upstream.conf')
    writeFileSync(config, configuration(port, await freePort(), certificates, options))
    const log = join(dir, 'upstream.log')
    return new Upstream(port, config, { command: 'unbound', args: ['-c', config], core, log })
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.kill(signal)
  }

  /** Starts it again on its port, counting from 0, after it was killed. */
  async restart(): Promise<void> {
    await this.#program.stop()
    this.#program = new Program(this.#launch)
  }

  /** How many queries have reached it since it started. */
  queries(): number {
    const statistics = run('unbound-control', ['-c', this.#config, 'stats_noreset'])
    const total = /^total\.num\.queries=(\d+)/m.exec(statistics)
    if (total === null) throw new Error('unbound-control gave no total.num.queries')
    return Number(total[1])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop()
  }
}

function configuration(
  port: number,
  controlPort: number,
  certificates: Certificates,
  { idleTimeout = IDLE_TIMEOUT, zones }: UpstreamOptions,
): string {
  return `server:
  num-threads: 1
  interface: 127.0.0.1@${port}
  tls-port: ${port}
  tls-service-key: "${certificates.key}"
  tls-service-pem: "${certificates.certificate}"
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  access-control: 127.0.0.0/8 allow
  incoming-num-tcp: 1000
  tcp-idle-timeout: ${idleTimeout}
  module-config: "iterator"
${zones === undefined ? ONE_ZONE : [...zones].map(zoneLines).join('')}remote-control:
  control-enable: yes
  control-interface: 127.0.0.1
  control-port: ${controlPort}
  control-use-cert: no
`
}

const ONE_ZONE = `\
  local-zone: "." static
  local-zone: "${ZONE}." redirect
  local-data: "${ZONE}. 3600 IN A 192.0.2.1"
`

const zoneLines = ([zone, file]: readonly [string, string]): string => `\
auth-zone:
  name: "${zone}"
  zonefile: "${file}"
  for-upstream: no
  fallback-enabled: no
`
