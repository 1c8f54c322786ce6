// One DoT connection: queries go out together, many in one TLS write; answers come back in any order (RFC 7766 §6.2.1.1, §7) and are matched by ID and question.

import { type AnswerScan, AnswerFault } from '../wire/answer-scan.ts'
import { Flag, RCODE_MASK, readUint16 } from '../wire/header.ts'
import type { Clock } from './clock.ts'
import { FailureKind } from './exchange.ts'
import { FrameReader } from './frame-reader.ts'
import { InFlightTable, type RandomIds } from './in-flight.ts'
import { LifeSign } from './life-sign.ts'
import type { UpstreamMetrics } from './metrics.ts'
import type { UpstreamLimits } from './options.ts'
import type { PendingQuery } from './pending-query.ts'
import { QueryBatch } from './query-batch.ts'
import { matchesQuestion } from './question-match.ts'
import { Timer, type TimerWheel } from './timer-wheel.ts'
import type { DialledSocket, TlsDialer } from './tls-dialer.ts'

/** Four TLS records' worth: one read call takes what a tick's answers usually are. */
const READ_SIZE = 65_536

/** RFC 7828 §3.1: the keepalive option counts in units of 100 ms. */
const KEEPALIVE_UNIT = 100

/** We close so much before the upstream would: its answer to a late query could not reach us. */
const KEEPALIVE_MARGIN = 1_000

/** Answers to nothing in a row, times what may be in flight, after which nothing good is to come. */
const MAX_UNMATCHED = 4

/** An upstream that offers hours does not know what stands between it and us. */
const MAX_KEEPALIVE = 120_000

const State = { Connecting: 0, Open: 1, Closed: 2 } as const
type State = (typeof State)[keyof typeof State]

/** What a connection shares with all others of its worker. */
export interface ConnectionTools {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly ids: RandomIds
  readonly scan: AnswerScan
}

export interface ConnectionOwner {
  onConnectionOpen(connection: DotConnection): void
  /** There may be room for queries where there was none. */
  onConnectionRoom(connection: DotConnection): void
  /** It is over; the unanswered queries are the owner's now. */
  onConnectionClosed(
    connection: DotConnection,
    unanswered: PendingQuery[],
    kind: FailureKind,
    detail: string,
  ): void
}

export interface ConnectionOptions {
  readonly dialer: TlsDialer
  readonly tools: ConnectionTools
  readonly limits: UpstreamLimits
  /** Milliseconds after which it closes when nothing is asked. */
  readonly idleTimeout: number
  readonly metrics: UpstreamMetrics
  readonly owner: ConnectionOwner
}

export class DotConnection {
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #scan: AnswerScan
  readonly #limits: UpstreamLimits
  readonly #metrics: UpstreamMetrics
  readonly #owner: ConnectionOwner
  readonly #dialled: DialledSocket
  readonly #inFlight: InFlightTable<PendingQuery>
  readonly #batch: QueryBatch
  readonly #frames = new FrameReader({ sink: this })
  readonly #timer = new Timer(() => this.#onTimer())

  #state: State = State.Connecting
  #tcpConnected = false
  readonly #dialledAt: number
  /** When an octet came last, or when queries began to wait where none did: stalls count from it. */
  #quietSince: number
  #idleTimeout: number
  /** The upstream wants no more queries here (RFC 7828 §3.2.2). */
  #retiring = false

  readonly #lifeSign = new LifeSign()
  /** Answers to nothing since the last to something. */
  #unmatched = 0

  constructor(options: ConnectionOptions) {
    const { tools } = options
    this.#clock = tools.clock
    this.#wheel = tools.wheel
    this.#scan = tools.scan
    this.#limits = options.limits
    this.#metrics = options.metrics
    this.#owner = options.owner
    this.#idleTimeout = options.idleTimeout
    this.#inFlight = new InFlightTable({ capacity: options.limits.maxInFlight, ids: tools.ids })
    this.#dialledAt = this.#clock.now()
    this.#quietSince = this.#dialledAt
    const buffer = new Uint8Array(READ_SIZE)
    this.#dialled = options.dialer.dial({
      buffer,
      callback: (length) => this.#onRead(buffer, length),
    })
    const { socket } = this.#dialled
    this.#batch = new QueryBatch({
      clock: this.#clock,
      write: (bytes, done) => socket.write(bytes, done),
      onRoom: () => this.#owner.onConnectionRoom(this),
    })
    this.#wheel.schedule(this.#timer, this.#dialledAt + options.limits.connectTimeout)
    this.#listen()
  }

  get open(): boolean {
    return this.#state === State.Open
  }

  get connecting(): boolean {
    return this.#state === State.Connecting
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Milliseconds since anything was asked or heard. */
  get quietFor(): number {
    return this.#clock.now() - this.#quietSince
  }

  /** Whether another query may be sent, if it is not too long for what room is left in the batch. */
  get hasRoom(): boolean {
    return this.#state === State.Open && !this.#retiring && !this.#inFlight.full
  }

  /**
   * Takes a query, of a length that fits a message; it leaves with others, soon.
   *
   * @returns false when there is no room now: `onConnectionRoom` will tell
   */
  send(pending: PendingQuery): boolean {
    if (!this.hasRoom || !this.#batch.hasRoom(pending.question)) return false
    if (this.#inFlight.size === 0) this.#startStallTimer()
    const id = this.#inFlight.add(pending)
    pending.id = id
    pending.connection = this
    this.#batch.add(id, pending.question)
    this.#metrics.querySent()
    return true
  }

  /** Forgets a query in flight; its answer, should it come, is dropped. */
  forget(pending: PendingQuery): void {
    this.#inFlight.delete(pending.id)
    pending.connection = null
    if (this.#inFlight.size === 0) this.#onIdle()
  }

  /** Closes at once. */
  close(kind: FailureKind, detail: string): void {
    if (this.#state === State.Closed) return
    const wasOpen = this.#state === State.Open
    this.#state = State.Closed
    this.#wheel.cancel(this.#timer)
    this.#batch.close()
    this.#inFlight.delete(this.#lifeSign.id)
    const unanswered = this.#inFlight.clear()
    for (const pending of unanswered) pending.connection = null
    const { socket } = this.#dialled
    if (kind === FailureKind.Shutdown && wasOpen && !this.#batch.writing) socket.destroySoon()
    else socket.destroy()
    if (wasOpen) this.#metrics.connectionClosed()
    else this.#metrics.connectionFailed(kind)
    this.#owner.onConnectionClosed(this, unanswered, kind, detail)
  }

  #listen(): void {
    const { socket } = this.#dialled
    socket.once('connect', () => {
      this.#tcpConnected = true
    })
    socket.once('secureConnect', () => this.#onSecure())
    const lost = (detail: string): void => {
      if (this.#state === State.Open) this.close(FailureKind.Closed, detail)
      else this.close(this.#handshakeFailure(), detail)
    }
    socket.on('error', (error: Error) => lost(error.message))
    socket.once('end', () => lost('the upstream closed the connection'))
    socket.once('close', () => lost('the connection closed'))
  }

  #handshakeFailure(): FailureKind {
    return this.#tcpConnected ? FailureKind.Tls : FailureKind.Connect
  }

  #onSecure(): void {
    if (this.#state !== State.Connecting) return
    const fault = this.#dialled.prove()
    if (fault !== null) {
      this.close(FailureKind.Tls, fault)
      return
    }
    const now = this.#clock.now()
    this.#state = State.Open
    this.#quietSince = now
    this.#wheel.schedule(this.#timer, now + this.#idleTimeout)
    this.#metrics.connectionOpened(this.#dialled.resumed, now - this.#dialledAt)
    this.#owner.onConnectionOpen(this)
  }

  #onRead(buffer: Uint8Array, length: number): boolean {
    if (this.#state !== State.Open) {
      // Before its identity is proven a server has nothing to say; after the end nobody listens.
      if (this.#state === State.Connecting)
        this.close(FailureKind.Malformed, 'data before any query')
      return true
    }
    this.#quietSince = this.#clock.now()
    if (!this.#frames.read(buffer, length)) {
      this.close(FailureKind.Malformed, 'a frame too short for a DNS message')
      return true
    }
    if (this.#state === State.Open) {
      this.#owner.onConnectionRoom(this)
      if (this.#inFlight.size === 0) this.#onIdle()
    }
    return true
  }

  /** A message off the stream (called by the frame reader). */
  onMessage(bytes: Uint8Array, start: number, length: number): boolean {
    const pending = this.#inFlight.get(readUint16(bytes, start))
    if (pending === null) return this.#onUnmatched()
    const scan = this.#scan
    const fault = scan.scan(bytes, start, length)
    if (fault === AnswerFault.None) {
      if (!matchesQuestion(scan, pending.question.question)) return this.#onUnmatched()
      if (scan.keepalive !== -1) this.#onKeepalive(scan.keepalive * KEEPALIVE_UNIT)
    }
    this.#unmatched = 0
    this.#inFlight.delete(pending.id)
    pending.connection = null
    if (fault !== AnswerFault.None) {
      pending.owner.onPendingFailure(
        pending,
        FailureKind.Malformed,
        faultDetail(bytes, start, fault),
      )
    } else if (scan.truncated) {
      const detail = 'a truncated answer over a stream'
      pending.owner.onPendingFailure(pending, FailureKind.Malformed, detail)
    } else {
      this.#metrics.answered(this.#quietSince - pending.sentAt, scan.rcode)
      pending.owner.onPendingAnswer(pending, scan)
    }
    return this.#state === State.Open
  }

  /** Forged, or to a query that was given up: the query that waits, if any, waits on. */
  #onUnmatched(): boolean {
    this.#metrics.answerUnmatched()
    if (++this.#unmatched > MAX_UNMATCHED * this.#limits.maxInFlight) {
      this.close(FailureKind.Malformed, 'answers to nothing that was asked')
    }
    return this.#state === State.Open
  }

  #onKeepalive(timeout: number): void {
    if (timeout === 0) {
      this.#retiring = true
      return
    }
    const bounded = timeout < MAX_KEEPALIVE ? timeout : MAX_KEEPALIVE
    this.#idleTimeout = bounded > 2 * KEEPALIVE_MARGIN ? bounded - KEEPALIVE_MARGIN : bounded / 2
  }

  #startStallTimer(): void {
    this.#quietSince = this.#clock.now()
    this.#wheel.schedule(this.#timer, this.#quietSince + this.#limits.stallTimeout / 2)
  }

  /** One timer for three things: the handshake, a stall, idleness. */
  #onTimer(): void {
    if (this.#state === State.Connecting) {
      const { connectTimeout } = this.#limits
      this.close(this.#handshakeFailure(), `no connection within ${connectTimeout} ms`)
      return
    }
    const quiet = this.quietFor
    if (this.#inFlight.size > 0) this.#checkStall(quiet)
    else if (quiet >= this.#idleTimeout) this.close(FailureKind.Shutdown, 'idle')
    else this.#wheel.schedule(this.#timer, this.#quietSince + this.#idleTimeout)
  }

  /** Silence may come from a slow name alone: half-way, something is asked that is never slow. */
  #checkStall(quiet: number): void {
    const { stallTimeout } = this.#limits
    if (quiet >= stallTimeout) {
      this.close(FailureKind.Timeout, `not one octet within ${stallTimeout} ms`)
      return
    }
    const half = stallTimeout / 2
    if (quiet >= half && this.#lifeSign.connection === null) this.send(this.#lifeSign)
    this.#wheel.schedule(this.#timer, this.#quietSince + (quiet >= half ? stallTimeout : half))
  }

  /** The last query was answered or given up; the timer stands at the stall's deadline still. */
  #onIdle(): void {
    if (this.#state !== State.Open) return
    if (this.#retiring) this.close(FailureKind.Shutdown, 'as the upstream wished')
    else if (this.#idleTimeout < this.#limits.stallTimeout) {
      this.#wheel.schedule(this.#timer, this.#quietSince + this.#idleTimeout)
    }
  }
}

/**
 * A server may give an error without repeating the question (it could not read it). The ID alone
 * ties it to the query then, which is enough for a failure: over TLS nobody else can have sent it.
 */
function faultDetail(bytes: Uint8Array, start: number, fault: AnswerFault): string {
  const flags = readUint16(bytes, start + 2)
  const bare = (flags & Flag.QR) !== 0 && readUint16(bytes, start + 4) === 0
  return bare
    ? `response code ${flags & RCODE_MASK} without the question`
    : `a malformed answer (fault ${fault})`
}
