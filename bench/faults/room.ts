// Where one run happens: the upstreams, the first of which is the one that things happen to.

import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Certificates } from '../lab/certificates.ts'
import { Upstream } from '../lab/upstream.ts'
import { now } from '../lab/clock.ts'
import { Scripted, type ServerSetup } from './scripted.ts'

/** Who stands at the first port: Unbound, a server that plays, or a relay before Unbound. */
export const First = { Unbound: 'unbound', Scripted: 'scripted', Relayed: 'relayed' } as const
export type First = (typeof First)[keyof typeof First]

export interface RoomOptions {
  readonly dir: string
  readonly certificates: Certificates
  readonly impostor: Certificates
  readonly core: number
  readonly upstreams: number
  readonly first: First
  /** After how many milliseconds the upstreams close an idle connection. */
  readonly idleTimeout: number
}

/** Milliseconds between two looks whether an upstream is back. */
const LOOK = 5

const BACK_WITHIN = 10_000

export class Room implements AsyncDisposable {
  readonly #unbounds: Upstream[] = []
  #scripted: Scripted | null = null
  #relay: Scripted | null = null
  /** Queries that an Unbound had counted when it was killed. */
  #lostCounts = 0

  static async open(options: RoomOptions): Promise<Room> {
    const { dir, certificates, impostor, core, upstreams, first, idleTimeout } = options
    const room = new Room()
    try {
      if (first === First.Scripted) {
        const { certificate, key } = certificates
        const setup: ServerSetup = {
          certificate,
          key,
          impostorCertificate: impostor.certificate,
          impostorKey: impostor.key,
        }
        room.#scripted = await Scripted.start({ setup }, core)
      }
      const real = first === First.Scripted ? upstreams - 1 : upstreams
      for (let i = 1; i <= real; i++) {
        const place = join(dir, `upstream-${i}`)
        room.#unbounds.push(await Upstream.start(place, certificates, core, { idleTimeout }))
      }
      if (first === First.Relayed) {
        room.#relay = await Scripted.start({ relayTo: room.#unbounds[0]!.port }, core)
      }
      for (const { port } of room.#unbounds) await listens(port)
      return room
    } catch (error) {
      await room[Symbol.asyncDispose]()
      throw error
    }
  }

  /** In order, as they are told to the system under test. */
  get ports(): number[] {
    const ports = this.#unbounds.map((upstream) => upstream.port)
    if (this.#scripted !== null) ports.unshift(this.#scripted.port)
    if (this.#relay !== null) ports[0] = this.#relay.port
    return ports
  }

  get scripted(): Scripted {
    if (this.#scripted === null) throw new Error('this fault has no scripted server')
    return this.#scripted
  }

  get relay(): Scripted {
    if (this.#relay === null) throw new Error('this fault has no relay')
    return this.#relay
  }

  signal(signal: NodeJS.Signals): void {
    this.#unbounds[0]!.signal(signal)
  }

  /** Kills the first so many Unbounds. */
  kill(count: number): void {
    const killed = this.#unbounds.slice(0, count)
    this.#lostCounts += killed.reduce((sum, upstream) => sum + upstream.queries(), 0)
    for (const upstream of killed) upstream.signal('SIGKILL')
  }

  /** Starts those that were killed again. Resolves with the moment when one of them listens. */
  async restart(count: number): Promise<number> {
    const dead = this.#unbounds.slice(0, count)
    await Promise.all(dead.map((upstream) => upstream.restart()))
    await Promise.any(dead.map((upstream) => listens(upstream.port)))
    return now()
  }

  /** Queries that all upstreams together have received. */
  async queries(): Promise<number> {
    const real = this.#unbounds.reduce((sum, upstream) => sum + upstream.queries(), 0)
    return this.#lostCounts + real + ((await this.#scripted?.queries()) ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay?.[Symbol.asyncDispose]()
    await this.#scripted?.[Symbol.asyncDispose]()
    for (const upstream of this.#unbounds) await upstream[Symbol.asyncDispose]()
  }
}

async function listens(port: number): Promise<void> {
  const giveUp = now() + BACK_WITHIN
  while (!(await accepts(port))) {
    if (now() > giveUp) throw new Error(`nothing listens on port ${port}`)
    await sleep(LOOK)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (accepted: boolean): void => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => done(true)).once('error', () => done(false))
  })
}
