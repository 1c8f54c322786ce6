// Two network namespaces that nobody else sees, joined by a cable (veth): this process's own, where
// the system under attack stands, and one where good clients and attackers live, with thousands of
// addresses out of the ranges for documentation (RFC 5737, RFC 3849).

import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

import { searchPath } from '../lab/program.ts'
import { run } from '../lab/tool.ts'

/** Where the system under attack answers. */
export const SERVER = { v4: '192.0.2.1', v6: '2001:db8::1' } as const

/** Good clients and attackers over IPv4 are in this range, floods over IPv6 in that. */
export const CLIENTS = '198.51.100.0/24'
export const FLOOD_PREFIX = '2001:db8:8000::'
const FLOODS = `${FLOOD_PREFIX}/33`

const NEAR = [
  `ip addr add ${SERVER.v4}/24 dev server`,
  `ip -6 addr add ${SERVER.v6}/64 dev server nodad`,
  'ip link set server up',
  `ip route add ${CLIENTS} via 192.0.2.2`,
  `ip -6 route add ${FLOODS} via 2001:db8::2`,
]

const FAR = [
  'ip link set lo up',
  'ip addr add 192.0.2.2/24 dev clients',
  'ip -6 addr add 2001:db8::2/64 dev clients nodad',
  'ip link set clients up',
  // Every address of these ranges is ours.
  `ip route add local ${CLIENTS} dev lo`,
  `ip -6 route add local ${FLOODS} dev lo`,
  // A client that does not read has little room; the server's is soon full.
  'echo 4096 16384 65536 > /proc/sys/net/ipv4/tcp_rmem',
]

/** Between two looks whether the other namespace is there, and for that in all; milliseconds. */
const LOOK = 20
const PATIENCE = 2000

export class Arena implements Disposable {
  /** Command that runs another on the clients' side. */
  readonly there: readonly string[]
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
    this.there = ['nsenter', '--net', '-t', String(holder.pid), '--']
  }

  static async build(): Promise<Arena> {
    const env = { ...process.env, PATH: searchPath() }
    const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { env, stdio: 'ignore' })
    process.once('exit', () => holder.kill('SIGKILL'))
    const arena = new Arena(holder)
    await arena.#separated()
    run('ip', ['link', 'add', 'server', 'type', 'veth', 'peer', 'name', 'clients'])
    run('ip', ['link', 'set', 'clients', 'netns', String(holder.pid)])
    run('sh', ['-ec', NEAR.join('\n')])
    const [enter, ...args] = arena.there
    run(enter!, [...args, 'sh', '-ec', FAR.join('\n')])
    return arena
  }

  [Symbol.dispose](): void {
    this.#holder.kill('SIGKILL')
  }

  /** Until the holder has a namespace of its own: before, "there" would be here. */
  async #separated(): Promise<void> {
    const namespaceOf = (pid: string): string => run('readlink', [`/proc/${pid}/ns/net`])
    const deadline = performance.now() + PATIENCE
    while (namespaceOf(String(this.#holder.pid)) === namespaceOf('self')) {
      if (performance.now() > deadline) throw new Error('no second network namespace')
      await sleep(LOOK)
    }
  }
}
