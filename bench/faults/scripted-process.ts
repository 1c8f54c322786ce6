// A DoT server, or a relay before one, that misbehaves on request, in a process of its own.

import { randomFillSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'

import type { TestCertificate } from '../../test/support/certificates.ts'
import {
  DotServer,
  type DotServerOptions,
  type ServedQuery,
} from '../../test/support/dot-server.ts'
import { serveParent } from '../lab/child.ts'
import { now } from '../lab/clock.ts'
import type { ScriptedState, ScriptRequest, ServerPlay, ServerSetup } from './scripted.ts'

const NOISE_LENGTH = 60
const KINDS_OF_GARBAGE = 3

class ScriptedServer {
  readonly #setup: ServerSetup
  readonly #options: DotServerOptions
  #server: DotServer
  #queries = 0

  private constructor(setup: ServerSetup, options: DotServerOptions, server: DotServer) {
    this.#setup = setup
    this.#options = options
    this.#server = server
    this.#server.react = this.#react('right')
  }

  static async start(setup: ServerSetup): Promise<ScriptedServer> {
    const options = serving(setup.certificate, setup.key)
    return new ScriptedServer(setup, options, await DotServer.start(options))
  }

  get state(): ScriptedState {
    return { port: this.#server.port, queries: this.#queries }
  }

  async play(play: ServerPlay): Promise<void> {
    if (play === 'sink') await this.#replace({ ...this.#options, mute: true })
    else if (play === 'impostor') {
      const { impostorCertificate, impostorKey } = this.#setup
      await this.#replace(serving(impostorCertificate, impostorKey))
    } else if (play === 'recovered') await this.#replace(this.#options)
    this.#server.react = this.#react(play)
  }

  /** As a restarted server: all connections end, and TLS sessions with them. */
  async #replace(options: DotServerOptions): Promise<void> {
    const { port } = this.#server
    await this.#server[Symbol.asyncDispose]()
    this.#server = await DotServer.start({ ...options, port })
  }

  #react(play: ServerPlay): (query: ServedQuery) => void {
    if (play === 'close') {
      return (query) => {
        // What else came on this connection is never read.
        if (query.connection.queries !== 1) return
        this.#queries++
        query.answer(optOf(query))
        query.connection.close()
      }
    }
    return (query) => {
      this.#queries++
      if (play === 'servfail') query.answer({ rcode: 2, ...optOf(query) })
      else if (play === 'garbage') garble(query, this.#queries % KINDS_OF_GARBAGE)
      else query.answer(optOf(query))
    }
  }
}

function serving(certificate: string, key: string): DotServerOptions {
  const cert = readFileSync(certificate, 'utf8')
  const pem: TestCertificate = {
    certPath: certificate,
    keyPath: key,
    cert,
    key: readFileSync(key, 'utf8'),
    spkiPin: '',
  }
  return { certificate: pem, tls: { noDelay: true } }
}

/** An answer has OPT when its query had (RFC 6891 §7). */
const optOf = ({ message }: ServedQuery): { options?: Uint8Array } =>
  message.readUInt16BE(10) === 0 ? {} : { options: new Uint8Array(0) }

function garble(query: ServedQuery, kind: number): void {
  const noise = randomFillSync(Buffer.alloc(NOISE_LENGTH))
  if (kind === 0) query.connection.send(noise)
  else if (kind === 1) query.connection.sendMessage(noise)
  else {
    // The right ID and question, then records that are none.
    const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0])
    header.writeUInt16BE(query.id, 0)
    query.connection.sendMessage(Buffer.concat([header, query.question, noise]))
  }
}

/** Passes octets on, those from the server late by `delay` milliseconds. */
class Relay {
  delay = 0
  readonly #server = createServer((client) => this.#join(client))
  readonly #target: number

  private constructor(target: number) {
    this.#target = target
  }

  static async start(target: number): Promise<Relay> {
    const relay = new Relay(target)
    await new Promise<void>((resolve) => {
      relay.#server.listen(0, '127.0.0.1', resolve)
    })
    return relay
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  #join(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    const end = (): void => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
    client.on('data', (chunk) => server.write(chunk))
    const held: { readonly at: number; readonly chunk: Buffer }[] = []
    const release = (): void => {
      while (held.length > 0 && held[0]!.at <= now()) client.write(held.shift()!.chunk)
      if (held.length > 0) setTimeout(release, held[0]!.at - now())
    }
    server.on('data', (chunk) => {
      // Nothing overtakes what is still held.
      held.push({ at: Math.max(now() + this.delay, held.at(-1)?.at ?? 0), chunk })
      if (held.length === 1) release()
    })
  }
}

let server: ScriptedServer | null = null
let relay: Relay | null = null

serveParent(async (message): Promise<ScriptedState> => {
  const request = message as ScriptRequest
  if ('setup' in request) server = await ScriptedServer.start(request.setup)
  if ('relayTo' in request) relay = await Relay.start(request.relayTo)
  if ('play' in request) await server?.play(request.play)
  if ('delay' in request && relay !== null) relay.delay = request.delay
  return server?.state ?? { port: relay?.port ?? 0, queries: 0 }
})
