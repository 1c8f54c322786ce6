// One DoT connection: queries go out together, many in one TLS write; answers come back in any order (RFC 7766 §6.2.1.1, §7) and are matched by ID and question.

import { type AnswerScan, AnswerFault } from '../../wire/answer-scan.ts'
import { matchesSubnet } from '../../wire/client-subnet.ts'
import { Flag, RCODE_MASK, readUint16 } from '../../wire/header.ts'
import type { Clock } from '../clock.ts'
import type { ConnectionMemories } from './connection-memory.ts'
import type { ConnectionTools } from './connection-tools.ts'
import { FailureKind, type UpstreamQuestion } from '../exchange.ts'
import { FrameReader } from './frame-reader.ts'
import type { Health } from '../health.ts'
import type { IdleLifetime } from './idle-lifetime.ts'
import type { InFlightTable } from './in-flight.ts'
import { LifeSign } from './life-sign.ts'
import type { UpstreamMetrics } from '../metrics.ts'
import type { UpstreamLimits } from '../options.ts'
import type { PendingQuery } from '../pending-query.ts'
import { QueryBatch } from './query-batch.ts'
import { matchesQuestion } from './question-match.ts'
import type { Silence } from './silence.ts'
import { Timer, type TimerWheel } from '../timer-wheel.ts'
import type { DialledSocket, TlsDialer } from '../tls/tls-dialer.ts'

/** RFC 7828 §3.1: the keepalive option counts in units of 100 ms. */
const KEEPALIVE_UNIT = 100

/** We close so much before the upstream would: its answer to a late query could not reach us. */
const KEEPALIVE_MARGIN = 1_000

/** A timer so much later than it was set for, in milliseconds, tells that we slept, not the server. */
const OVERSLEPT = 40

/** Milliseconds after which a server that answers others will not answer a sign of life any more. */
const SIGN_LIFETIME = 1_000

/** At most so many doublings of the patience with a connection on which only slow names wait. */
const MAX_DOUBLINGS = 8

/** Answers to nothing in a row, times what may be in flight, after which nothing good is to come. */
const MAX_UNMATCHED = 4

/** An upstream that offers hours does not know what stands between it and us. */
const MAX_KEEPALIVE = 120_000

const State = { Connecting: 0, Open: 1, Closed: 2 } as const
type State = (typeof State)[keyof typeof State]

export interface ConnectionEnd {
  readonly unanswered: readonly PendingQuery[]
  readonly kind: FailureKind
  readonly detail: string
  /** Milliseconds, as `idleFor`. */
  readonly idleFor: number
}

export interface ConnectionOwner {
  onConnectionOpen(connection: DotConnection): void
  /** There may be room for queries where there was none. */
  onConnectionRoom(connection: DotConnection): void
  /** Nothing came for unusually long, though queries wait. */
  onConnectionSuspect(connection: DotConnection): void
  /** It is over; the unanswered queries are the owner's now. */
  onConnectionClosed(connection: DotConnection, end: ConnectionEnd): void
}

export interface ConnectionOptions {
  readonly dialer: TlsDialer
  readonly tools: ConnectionTools
  readonly limits: UpstreamLimits
  readonly metrics: UpstreamMetrics
  readonly health: Health
  readonly silence: Silence
  readonly memories: ConnectionMemories
  readonly idleLifetime: IdleLifetime
  readonly owner: ConnectionOwner
}

export class DotConnection {
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #scan: AnswerScan
  readonly #limits: UpstreamLimits
  readonly #metrics: UpstreamMetrics
  readonly #health: Health
  readonly #silence: Silence
  readonly #owner: ConnectionOwner
  readonly #dialled: DialledSocket
  readonly #inFlight: InFlightTable<PendingQuery>
  readonly #batch: QueryBatch
  readonly #frames = new FrameReader({ sink: this })
  readonly #timer = new Timer(() => this.#onTimer())

  #state: State = State.Connecting
  #tcpConnected = false
  /** When it was begun. */
  readonly dialledAt: number
  /** When an octet came last, or when queries began to wait where none did: stalls count from it. */
  #quietSince: number
  #heardAt = -Infinity
  /** How long nothing had been asked or heard when the query went out that is answered by nothing yet. */
  #idleBefore = 0
  #idleTimeout: number
  #timerAt = 0
  /** The upstream wants no more queries here (RFC 7828 §3.2.2). */
  #retiring = false

  readonly #lifeSign = new LifeSign()
  /** Silent for long enough that a sign of life was asked for, or would have been. */
  #suspect = false
  /** When judgement began to be near: from then on the grace counts. */
  #suspectSince = 0
  /** Whether the last query was given up before anything came at all. */
  #owing = false
  /** Signs of life that came while nothing else did. */
  #doublings = 0
  /** Answers to nothing since the last to something. */
  #unmatched = 0

  constructor(options: ConnectionOptions) {
    const { tools } = options
    this.#clock = tools.clock
    this.#wheel = tools.wheel
    this.#scan = tools.scan
    this.#limits = options.limits
    this.#metrics = options.metrics
    this.#health = options.health
    this.#silence = options.silence
    this.#owner = options.owner
    this.dialledAt = this.#clock.now()
    this.#idleTimeout = options.idleLifetime.timeout(this.dialledAt)
    const memory = options.memories.take()
    this.#inFlight = memory.inFlight
    this.#quietSince = this.dialledAt
    const { read } = memory
    this.#dialled = options.dialer.dial({
      buffer: read,
      callback: (length) => this.#onRead(read, length),
    })
    const { socket } = this.#dialled
    this.#batch = new QueryBatch({
      clock: this.#clock,
      gathering: memory.gathering,
      writing: memory.writing,
      write: (bytes, done) => socket.write(bytes, done),
      onRoom: () => this.#owner.onConnectionRoom(this),
    })
    this.#setTimer(this.dialledAt + options.limits.connectTimeout)
    this.#listen()
    socket.once('close', () => options.memories.give(memory))
  }

  get open(): boolean {
    return this.#state === State.Open
  }

  /** Whether the server's TCP took the connection, whatever became of TLS. */
  get tcpConnected(): boolean {
    return this.#tcpConnected
  }

  /** When something came last, the end of the handshake included. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Whether it is silent while queries wait: better go elsewhere. */
  get suspect(): boolean {
    return this.#suspect
  }

  /** When it was last asked for a sign of life. */
  get suspectSince(): number {
    return this.#suspectSince
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Milliseconds that it lay idle: until now, or until a query went out that nothing came after. */
  get idleFor(): number {
    return this.#inFlight.size > 0 ? this.#idleBefore : this.#clock.now() - this.#quietSince
  }

  /** Whether it lay idle for so long that the next query should go here, to keep it alive. */
  staleAt(now: number): boolean {
    return this.#inFlight.size === 0 && now - this.#quietSince > this.#idleTimeout / 2
  }

  /** Whether another query may be sent, if it is not too long for what room is left in the batch. */
  get hasRoom(): boolean {
    const full = this.#inFlight.size >= this.#limits.maxInFlight
    return this.#state === State.Open && !this.#retiring && !full
  }

  /**
   * Takes a query, of a length that fits a message; it leaves with others, soon.
   *
   * @returns false when there is no room now: `onConnectionRoom` will tell
   */
  send(pending: PendingQuery): boolean {
    return this.hasRoom && this.#put(pending)
  }

  #put(pending: PendingQuery): boolean {
    if (!this.#batch.hasRoom(pending.question)) return false
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
    if (this.#inFlight.size > 0) return
    // Whoever gave it up may ask elsewhere from now on; this server still owes a sign of life.
    this.#owing = pending.sentAt >= this.#heardAt
    if (!this.#owing) this.#onIdle()
  }

  /** Closes at once. */
  close(kind: FailureKind, detail: string): void {
    if (this.#state === State.Closed) return
    const wasOpen = this.#state === State.Open
    const idleFor = this.idleFor
    this.#state = State.Closed
    this.#wheel.cancel(this.#timer)
    this.#batch.close()
    if (this.#lifeSign.connection !== null) this.#inFlight.delete(this.#lifeSign.id)
    const unanswered = this.#inFlight.clear()
    for (const pending of unanswered) pending.connection = null
    const { socket } = this.#dialled
    if (kind === FailureKind.Shutdown && wasOpen && !this.#batch.writing) socket.destroySoon()
    else socket.destroy()
    if (wasOpen) this.#metrics.connectionClosed()
    else this.#metrics.connectionFailed(kind)
    this.#owner.onConnectionClosed(this, { unanswered, kind, detail, idleFor })
  }

  #listen(): void {
    const { socket } = this.#dialled
    socket.once('connect', () => {
      this.#tcpConnected = true
      this.#silence.onConnected(this.#clock.now() - this.dialledAt)
    })
    socket.once('secureConnect', () => this.#onSecure())
    const lost = (detail: string): void => {
      if (this.#state === State.Open) this.close(FailureKind.Closed, detail)
      else this.close(this.#dialled.failureKind, detail)
    }
    socket.on('error', (error: Error) => lost(this.#dialled.explain(error)))
    socket.once('end', () => lost('the upstream closed the connection'))
    socket.once('close', () => lost('the connection closed'))
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
    this.#heardAt = now
    this.#setTimer(now + this.#idleTimeout)
    this.#metrics.connectionOpened(this.#dialled.resumed, now - this.dialledAt)
    this.#owner.onConnectionOpen(this)
  }

  #onRead(buffer: Uint8Array, length: number): boolean {
    if (this.#state !== State.Open) {
      // Before its identity is proven a server has nothing to say; after the end nobody listens.
      if (this.#state === State.Connecting)
        this.close(FailureKind.Malformed, 'data before any query')
      return true
    }
    this.#onOctets(this.#clock.now())
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

  #onOctets(now: number): void {
    if (this.#inFlight.size > 0 || this.#owing) this.#silence.onOctets(now - this.#quietSince)
    this.#owing = false
    this.#quietSince = now
    this.#heardAt = now
    this.#idleBefore = 0
    this.#suspect = false
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
    if (pending !== this.#lifeSign) this.#doublings = 0
    else if (this.#doublings < MAX_DOUBLINGS) this.#doublings++
    const detail =
      fault === AnswerFault.None
        ? objectionTo(scan, pending.question)
        : faultDetail(bytes, start, fault)
    if (detail !== null) {
      if (pending !== this.#lifeSign) {
        this.#health.onFailure(FailureKind.Malformed, this.#quietSince)
      }
      pending.owner.onPendingFailure(pending, FailureKind.Malformed, detail)
    } else {
      this.#health.onAnswer(this.#quietSince)
      pending.answeredAt = this.#quietSince
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
    if (this.#owing) return
    const now = this.#clock.now()
    this.#idleBefore = now - this.#quietSince
    this.#quietSince = now
    this.#setTimer(now + this.#silence.unusual)
  }

  #setTimer(at: number): void {
    this.#timerAt = at
    this.#wheel.schedule(this.#timer, at)
  }

  /** One timer for three things: the handshake, a stall, idleness. */
  #onTimer(): void {
    if (this.#state === State.Connecting) {
      const { connectTimeout } = this.#limits
      this.close(this.#dialled.failureKind, `no connection within ${connectTimeout} ms`)
      return
    }
    const now = this.#clock.now()
    const idleEnds = this.#quietSince + this.#idleTimeout
    if (this.#inFlight.size > 0 || this.#owing) this.#checkSilence(now)
    else if (now >= idleEnds) this.close(FailureKind.Shutdown, 'idle')
    else this.#setTimer(idleEnds)
  }

  /** Silence may come from a slow name alone, so something is asked that is never slow. */
  #checkSilence(now: number): void {
    const { stallTimeout } = this.#limits
    const usual = Math.min(this.#silence.unusual * 2 ** this.#doublings, stallTimeout / 2)
    if (!this.#suspect) {
      const unusualAt = this.#quietSince + usual
      if (now < unusualAt) this.#setTimer(unusualAt)
      else this.#askForLife(now)
    } else if (now - this.#timerAt > OVERSLEPT) {
      // What came meanwhile has not been read yet.
      this.#setTimer(now + this.#silence.grace)
    } else if (now >= this.#suspectSince + this.#silence.grace) {
      setImmediate(this.#giveUp)
    } else {
      this.#setTimer(this.#suspectSince + this.#silence.grace)
    }
  }

  #askForLife(now: number): void {
    const sign = this.#lifeSign
    this.#suspect = true
    this.#suspectSince = now
    if (sign.connection === null) {
      sign.sentAt = now
      this.#put(sign)
    } else if (now - sign.sentAt > SIGN_LIFETIME) {
      this.#silence.onSignIgnored()
    }
    this.#setTimer(now + this.#silence.grace)
    this.#owner.onConnectionSuspect(this)
  }

  /** Timers go before reads: only what has not come after the reads of this turn has not come. */
  readonly #giveUp = (): void => {
    if (this.#state !== State.Open) return
    const silence = Math.round(this.#clock.now() - this.#quietSince)
    if (this.#suspect) {
      this.#silence.onGivenUp()
      this.close(FailureKind.Stalled, `not one octet within ${silence} ms`)
    } else if (this.#inFlight.size > 0) this.#setTimer(this.#quietSince + this.#silence.unusual)
    else this.#setTimer(this.#quietSince + this.#idleTimeout)
  }

  /** The last query was answered or given up; the timer may stand later than idleness ends. */
  #onIdle(): void {
    if (this.#state !== State.Open) return
    this.#suspect = false
    if (this.#retiring) this.close(FailureKind.Shutdown, 'as the upstream wished')
    else if (this.#quietSince + this.#idleTimeout < this.#timerAt) {
      this.#setTimer(this.#quietSince + this.#idleTimeout)
    }
  }
}

/** What is wrong with an answer that is whole; null when nothing is. */
function objectionTo(answer: AnswerScan, { subnet }: UpstreamQuestion): string | null {
  if (answer.truncated) return 'a truncated answer over a stream'
  return matchesSubnet(answer, subnet) ? null : 'an answer for another client subnet'
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
