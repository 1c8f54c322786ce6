// Octets fed to a session of HTTP/2 without any network, and a look at what it says to them.

import { isDeepStrictEqual } from 'node:util'
import { DohReader } from '../../src/listen/https/doh.ts'
import { FrameReader } from '../../src/listen/https/http2/frame-reader.ts'
import { Flag, FrameType, PREFACE } from '../../src/listen/https/http2/protocol.ts'
import {
  http2Sessions,
  type Session,
  type SessionSocket,
} from '../../src/listen/https/http2/session.ts'
import {
  Handled,
  type Origin,
  Query,
  type ReturnPath,
  Transport,
} from '../../src/pipeline/query.ts'

/** A client that reads all at once; what it asks is answered with its own octets. */
export class SessionStub implements SessionSocket {
  readonly context: SessionSocket['context']
  readonly isWritable = true
  out = Buffer.alloc(65_536)
  length = 0
  underWay = 0
  hasRoom = true
  readonly isInTurn = true
  asked = 0
  drained = false
  readonly late: ReturnPath[] = []
  readonly session: Session
  readonly #lateEvery: number

  /** @param lateEvery one of so many queries is answered later; 0 for none */
  constructor(lateEvery: number) {
    this.#lateEvery = lateEvery
    const query = new Query(Transport.Https, { detach: () => this.#nobody() })
    query.out = new Uint8Array(65_536)
    this.context = {
      query,
      lateAnswer: new Uint8Array(65_536),
      reader: new DohReader('/dns-query'),
      limits: {
        frameTimeout: 1,
        writeTimeout: 1,
        lifetime: 1,
        maxInFlight: 50,
        maxUnread: 2 ** 20,
      },
      clock: () => 0,
      httpsMetrics: { onRefused() {} },
    } as unknown as SessionSocket['context']
    this.session = http2Sessions()(this)
  }

  /** What was said so far, which is forgotten then. */
  take(): Buffer {
    const said = Buffer.from(this.out.subarray(0, this.length))
    this.length = 0
    return said
  }

  reserve(size: number): number {
    const end = this.length + size
    if (end > this.out.length) this.out = Buffer.concat([this.out, Buffer.alloc(end)])
    return this.length
  }

  commit(end: number): void {
    this.length = end
  }

  ask(bytes: Uint8Array, start: number, length: number, origin: Origin): number {
    const { query } = this.context
    if (this.#lateEvery > 0 && this.asked % this.#lateEvery === 0) {
      this.asked++
      this.late.push(origin.detach(query))
      return Handled.Later
    }
    this.asked++
    for (let i = 0; i < length; i++) query.out[i] = bytes[start + i]!
    return length
  }

  noteRequest(): void {}
  queueFlush(): void {}
  pause(): void {}
  spend(): void {}
  drain(): void {
    this.drained = true
  }

  #nobody(): never {
    throw new Error('a query without a connection')
  }
}

/** Octets that one session may hold, whatever it is sent: see session.ts. */
const MAX_HELD = 16_393 + 16_384 + 2 * 131_072 + 2 ** 20

/**
 * @param cuts where the octets are cut into chunks; every third answer comes late
 * @returns all that the session said; throws when that could not be said by anybody
 */
export function feedHttp2(octets: Uint8Array, cuts: readonly number[]): Buffer {
  const stub = new SessionStub(3)
  let from = 0
  const places = [...cuts.map((cut) => cut % (octets.length + 1)), octets.length]
  for (const to of places.sort((a, b) => a - b)) {
    if (to > from) stub.session.take(octets.slice(from, to))
    if (stub.session.held > MAX_HELD) throw new Error(`holds ${stub.session.held} octets`)
    from = to
  }
  for (const path of stub.late.toReversed()) path.commit(path.reserve(12) ? 12 : 0)
  stub.session.sweep(10)
  const said = stub.take()
  if (!isSpeech(said, stub.drained)) throw new Error(`says ${said.toString('hex')}`)
  return said
}

/** Whether these are frames that a server may send: one head and one end for each stream. */
function isSpeech(said: Uint8Array, failed: boolean): boolean {
  const reader = new FrameReader()
  reader.push(Buffer.concat([PREFACE, said]))
  const heads = new Set<number>()
  const ends = new Set<number>()
  let isOver = false
  while (reader.next()) {
    const { type, streamId, flags } = reader
    if (isOver) return false
    if (type === FrameType.Headers) {
      if (heads.has(streamId) || ends.has(streamId)) return false
      heads.add(streamId)
    } else if (type === FrameType.Data) {
      if (!heads.has(streamId) || ends.has(streamId)) return false
      if ((flags & Flag.EndStream) !== 0) ends.add(streamId)
    } else if (type === FrameType.RstStream) ends.add(streamId)
    else if (type === FrameType.Goaway) isOver = true
  }
  return !reader.midFrame && isOver === failed
}

/** Whether a session says the same however its octets are cut. */
export function saysTheSame(octets: Uint8Array, cuts: readonly number[]): boolean {
  return isDeepStrictEqual(feedHttp2(octets, cuts), feedHttp2(octets, []))
}
