// A relay before a Redis that talks nonsense when told to, in a process of its own. Three kinds, in
// turn from one half second to the next: noise; a reply that is announced and never comes; a reply to
// every request that is well-formed and means nothing.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

import { serveParent } from '../lab/child.ts'
import { now } from '../lab/clock.ts'
import type { LiarRequest, LiarState } from './liar.ts'

const KINDS = 3
const TURN = 500
const NOISE_LENGTH = 60
const NEVER_COMES = '$1000000\r\nnever'
const NONSENSE = '$8\r\nnonsense\r\n'

class Liar {
  readonly #target: number
  readonly #server = createServer((client) => this.#join(client))
  /** Connections on which a lie was told: nothing true can follow. */
  readonly #spoilt = new Set<Socket>()
  #lies = false

  constructor(target: number) {
    this.#target = target
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as { port: number }).port
  }

  set lies(lies: boolean) {
    this.#lies = lies
    if (lies) return
    for (const client of this.#spoilt) client.destroy()
    this.#spoilt.clear()
  }

  #join(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    const end = (): void => {
      client.destroy()
      server.destroy()
      this.#spoilt.delete(client)
    }
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
    client.on('data', (chunk) => {
      if (this.#lies) this.#lie(client, chunk)
      else if (!this.#spoilt.has(client)) server.write(chunk)
    })
    server.on('data', (chunk) => {
      if (!this.#spoilt.has(client)) client.write(chunk)
    })
  }

  #lie(client: Socket, requests: Buffer): void {
    this.#spoilt.add(client)
    const kind = Math.floor(now() / TURN) % KINDS
    if (kind === 0) client.write(randomBytes(NOISE_LENGTH))
    else if (kind === 1) client.write(NEVER_COMES)
    else client.write(NONSENSE.repeat(requestsIn(requests)))
  }
}

/** Arrays begin a line with their length; what is in the values here never does. */
function requestsIn(chunk: Buffer): number {
  return chunk.toString('latin1').match(/^\*\d+\r$/gm)?.length ?? 0
}

let liar: Liar | null = null
let port = 0

serveParent(async (message): Promise<LiarState> => {
  const request = message as LiarRequest
  if ('before' in request) {
    liar = new Liar(request.before)
    port = await liar.listen()
  } else if (liar !== null) {
    liar.lies = request.lies
  }
  return { port }
})
