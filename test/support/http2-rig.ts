// An HTTP/2 door without TLS, and two clients for it: one that sends frames as the test has them, and
// one that means well.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { FrameReader, readUint31 } from '../../src/listen/https/http2/frame-reader.ts'
import { type ErrorCode, FrameType, PREFACE } from '../../src/listen/https/http2/protocol.ts'
import { httpsService } from '../../src/listen/https/https-service.ts'
import type { Service } from '../../src/listen/stream/door.ts'
import type { StreamLimits } from '../../src/listen/stream/limits.ts'
import type { Query } from '../../src/pipeline/query.ts'
import { dnsQuery, hello } from './http2-frames.ts'
import { type Rig, startRig, until } from './stream-rig.ts'

export interface Http2RigOptions {
  readonly handle: (query: Query) => number
  readonly limits?: Partial<StreamLimits>
  readonly maxHeld?: number
}

export function startHttp2Rig(context: TestContext, options: Http2RigOptions): Promise<Rig> {
  return startRig(context, {
    ...options,
    service: ({ onError = () => {}, ...serving }) => {
      const service = httpsService({
        ...serving,
        onError,
        path: '/dns-query',
        httpsMetrics: { onRefused() {} },
      })
      return agreed(service)
    },
  })
}

/** As if the TLS handshake had agreed on HTTP/2. */
const agreed =
  (service: Service): Service =>
  (host) => {
    const serve = service(host)
    return (admitted) => serve({ ...admitted, alpn: 'h2' })
  }

export interface ReceivedFrame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

/** Sends octets, and keeps the frames that come back. */
export class RawClient {
  readonly socket: Socket
  readonly frames: ReceivedFrame[] = []
  readonly closed: Promise<void>
  ended = false
  readonly #reader = new FrameReader()
  readonly #events: readonly string[]

  /** @param reads whether it takes what it is sent */
  constructor(rig: Rig, reads = true) {
    const client = rig.client(true)
    this.#events = rig.events
    this.socket = client.socket
    this.closed = client.closed
    this.socket.setNoDelay(true)
    // A server sends no preface of octets.
    this.#reader.push(PREFACE)
    this.#reader.next()
    this.socket.on('end', () => {
      this.ended = true
      this.socket.end()
    })
    if (reads) this.read()
  }

  read(): void {
    this.socket.on('data', (chunk) => {
      const reader = this.#reader
      reader.push(chunk)
      while (reader.next()) {
        const { type, flags, streamId, bytes, start, length } = reader
        const payload = Buffer.from(bytes.slice(start, start + length))
        this.frames.push({ type, flags, streamId, payload })
      }
    })
  }

  send(...frames: Uint8Array[]): this {
    this.socket.write(Buffer.concat(frames))
    return this
  }

  /** Sends the preface and more. */
  begin(...frames: Uint8Array[]): this {
    return this.send(hello(), ...frames)
  }

  of(type: FrameType, streamId?: number): ReceivedFrame[] {
    return this.frames.filter(
      (frame) => frame.type === type && (streamId === undefined || frame.streamId === streamId),
    )
  }

  /** IDs of the DNS answers that came whole in one frame, in the order of their coming. */
  get ids(): number[] {
    return this.of(FrameType.Data).map(({ payload }) => payload.readUInt16BE(0))
  }

  /** Octets of DATA on a stream. */
  octets(streamId: number): number {
    return this.of(FrameType.Data, streamId).reduce((sum, { payload }) => sum + payload.length, 0)
  }

  /** Waits until a stream is reset. @returns the error */
  async resetOf(streamId: number): Promise<number> {
    await until(() => this.of(FrameType.RstStream, streamId).length > 0)
    return this.of(FrameType.RstStream, streamId)[0]!.payload.readUInt32BE(0)
  }

  /** Waits for the end of the connection, with GOAWAY before it. @returns error and last stream */
  async goaway(): Promise<{ code: number; lastId: number }> {
    await this.closed
    await until(() => this.#events.some((event) => event !== 'opened'))
    const { payload } = this.of(FrameType.Goaway).at(-1)!
    return { code: payload.readUInt32BE(4), lastId: readUint31(payload, 0) }
  }

  async endsWith(code: ErrorCode): Promise<void> {
    assert.equal((await this.goaway()).code, code)
  }
}

/** A client that keeps to the rules. */
export class GoodClient {
  readonly #session: ClientHttp2Session

  constructor(rig: Rig, context: TestContext) {
    this.#session = connect(`http://127.0.0.1:${rig.listener.address().port}`)
    this.#session.on('error', () => {})
    context.after(() => this.#session.destroy())
  }

  async post(message: Uint8Array, path = '/dns-query'): Promise<{ status: number; body: Buffer }> {
    const request = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/dns-message',
    })
    request.end(message)
    return answerOf(request)
  }

  async get(message: Uint8Array): Promise<{ status: number; body: Buffer }> {
    const dns = Buffer.from(message).toString('base64url')
    return answerOf(this.#session.request({ ':path': `/dns-query?dns=${dns}` }))
  }

  /** Asks, and sees to it that the answer is its own. */
  async check(id: number): Promise<void> {
    for (const ask of [() => this.get(dnsQuery(id)), () => this.post(dnsQuery(id))]) {
      const { status, body } = await ask()
      assert.equal(status, 200)
      assert.equal(body.readUInt16BE(0), id)
    }
  }
}

async function answerOf(
  request: ReturnType<ClientHttp2Session['request']>,
): Promise<{ status: number; body: Buffer }> {
  const chunks: Buffer[] = []
  let status = 0
  request.on('response', (headers) => {
    status = headers[':status'] ?? 0
  })
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(request, 'close')
  return { status, body: Buffer.concat(chunks) }
}
