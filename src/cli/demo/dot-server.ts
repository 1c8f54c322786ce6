// A small DNS-over-TLS server (RFC 7858): takes many queries on a connection and answers each when
// it is ready (RFC 7766 §6.2.1.1), from zones in memory.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { FrameReader } from '../../upstream/dot/frame-reader.ts'
import { DNSSEC_OK, OptionCode, UDP_PAYLOAD_SIZE } from '../../wire/edns.ts'
import { Flag, Opcode, Rcode } from '../../wire/header.ts'
import { decodeMessage, type Edns, type Message } from '../../wire/codec/message.ts'
import { encodeMessage } from '../../wire/codec/message-encode.ts'
import { formatName } from '../../wire/text/name-text.ts'
import type { ServerCertificate } from './certificates.ts'
import { framed } from './frame.ts'
import type { DemoWorld, LookupResult } from './world.ts'

/** Answers grow to a multiple of this (RFC 8467 §4.1). */
const PADDING_BLOCK = 468

export interface DotServerOptions {
  readonly world: DemoWorld
  readonly certificate: ServerCertificate
  /** Milliseconds by lower-case absolute name, for names that are to be slow. */
  readonly delays: ReadonlyMap<string, number>
}

/** What was agreed on with a client. */
export interface TlsAgreement {
  /** As OpenSSL calls it: `TLSv1.3`. */
  readonly protocol: string
  /** Null when the client offered none. */
  readonly alpn: string | null
}

export class DotServer {
  /** With the client that came last; null before the first. */
  agreement: TlsAgreement | null = null
  readonly #options: DotServerOptions
  readonly #server: Server
  readonly #sockets = new Set<TLSSocket>()
  /** Queries received, by the name that was asked for. */
  readonly #queries = new Map<string, number>()

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: DotServerOptions): Promise<DotServer> {
    const server = new DotServer(options)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  private constructor(options: DotServerOptions) {
    this.#options = options
    const { cert, key } = options.certificate
    this.#server = createServer({ cert, key, minVersion: 'TLSv1.2', ALPNProtocols: ['dot'] })
    this.#server.on('secureConnection', (socket) => this.#serve(socket))
    // A client that fails the handshake is that client's business.
    this.#server.on('tlsClientError', () => {})
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Queries received. @param name lower case, absolute */
  queriesFor(name: string): number {
    return this.#queries.get(name) ?? 0
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(socket: TLSSocket): void {
    const { alpnProtocol } = socket
    this.agreement = {
      protocol: socket.getProtocol() ?? 'unknown',
      alpn: typeof alpnProtocol === 'string' ? alpnProtocol : null,
    }
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    const reader = new FrameReader({
      sink: {
        onMessage: (bytes, start, length) => {
          const query = decodeMessage(bytes.subarray(start, start + length))
          if (typeof query === 'string') socket.destroy()
          else this.#onQuery(query, socket)
          return !socket.destroyed
        },
      },
    })
    socket.on('data', (chunk) => {
      if (!reader.read(chunk, chunk.length)) socket.destroy()
    })
    // Whatever broke it, the client asks again.
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #onQuery(query: Message, socket: TLSSocket): void {
    const [question] = query.questions
    const name = question === undefined ? '' : formatName(question.name).toLowerCase()
    this.#queries.set(name, this.queriesFor(name) + 1)
    const send = (): void => {
      if (socket.writable) socket.write(framed(answerTo(query, this.#options.world)))
    }
    const delay = this.#options.delays.get(name)
    if (delay === undefined) send()
    else setTimeout(send, delay)
  }
}

function answerTo(query: Message, world: DemoWorld): Uint8Array {
  const { rcode, answer: answers, authority: authorities } = outcomeOf(query, world)
  const edns: Edns | null =
    query.edns === null
      ? null
      : // DO comes back (RFC 3225 §3).
        { udpSize: UDP_PAYLOAD_SIZE, version: 0, flags: query.edns.flags & DNSSEC_OK, options: [] }
  const answer: Message = {
    id: query.id,
    flags: Flag.QR | Flag.RA | (query.flags & (Flag.RD | Flag.CD)),
    opcode: query.opcode,
    rcode,
    questions: query.questions,
    answers,
    authorities,
    additionals: [],
    edns,
  }
  const wantsPadding = query.edns?.options.some(({ code }) => code === OptionCode.Padding) === true
  return edns !== null && wantsPadding ? padded(answer, edns) : encodeMessage(answer)
}

function outcomeOf(query: Message, world: DemoWorld): LookupResult {
  const [question, second] = query.questions
  const none = (rcode: number): LookupResult => ({ rcode, answer: [], authority: [] })
  if (query.opcode !== Opcode.Query) return none(Rcode.NotImp)
  if (query.edns !== null && query.edns.version > 0) return none(Rcode.BadVers)
  if (question === undefined || second !== undefined) return none(Rcode.FormErr)
  return world.lookUp(question, query.edns)
}

/** With as much padding (RFC 7830 §3) as fills the last block. */
function padded(answer: Message, edns: Edns): Uint8Array {
  const withPadding = (length: number): Uint8Array => {
    const padding = { code: OptionCode.Padding, data: new Uint8Array(length) }
    return encodeMessage({ ...answer, edns: { ...edns, options: [...edns.options, padding] } })
  }
  const { length } = withPadding(0)
  return withPadding((PADDING_BLOCK - (length % PADDING_BLOCK)) % PADDING_BLOCK)
}
