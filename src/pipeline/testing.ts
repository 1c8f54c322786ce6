// For tests: the pipeline between a listener and a resolver that are both only pretended, with
// clocks that stand still. Messages go in and come out as octets.

import { AnswerCache, allocateCache, type CacheMemory } from '../cache/answer-cache.ts'
import type { TtlBounds } from '../cache/pack.ts'
import { AccessList } from '../guard/acl.ts'
import type { AnswerOrigin, Exchange, FailureKind } from '../upstream/exchange.ts'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import type { SubnetLimits } from '../wire/client-subnet.ts'
import { Flag, Opcode, RCODE_MASK, readUint16, writeUint16 } from '../wire/header.ts'
import { decodeMessage, type Edns, type Message } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { parseName } from '../wire/text/name-text.ts'
import { RecordType } from '../wire/record-type.ts'
import { parseZone } from '../wire/text/zone-text.ts'
import { Finish } from './finish.ts'
import type { DnssecMode } from './dnssec-mode.ts'
import type { LocalAnswers } from './local-answers.ts'
import type { PipelineMetrics } from './metrics.ts'
import { Pipeline, type PipelineOptions } from './pipeline.ts'
import {
  type ClientIdentity,
  Handled,
  type Origin,
  Query,
  type ReturnPath,
  Transport,
} from './query.ts'
import type { StaleOptions } from './stale.ts'
import { type AnswerKeeper, type Resolver, SlowLane } from './slow-lane.ts'
import { SubnetStage } from './subnet-stage.ts'

export function nameOf(text: string): Uint8Array {
  const name = parseName(text)
  if (typeof name === 'string') throw new Error(`${text}: ${name}`)
  return name
}

/** Records from lines of a zone file. */
export function recordsOf(text: string): Message['answers'] {
  const { records, errors } = parseZone(text)
  if (errors.length > 0) throw new Error(`${text}: ${JSON.stringify(errors)}`)
  return records
}

export interface Asked extends Partial<Omit<Message, 'edns'>> {
  readonly name?: string
  readonly type?: number
  /** Null for none, which is what is sent unless told otherwise. */
  readonly edns?: Partial<Edns> | null
}

/** A query as a client sends it. */
export function queryOf(asked: Asked = {}): Uint8Array {
  const { name = 'www.example.org', type = RecordType.A, edns = null, ...message } = asked
  return encodeMessage({
    id: 0x1234,
    flags: Flag.RD,
    opcode: Opcode.Query,
    rcode: 0,
    questions: [{ name: nameOf(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    ...message,
    edns: edns === null ? null : { udpSize: 1232, version: 0, flags: 0, options: [], ...edns },
  })
}

export function read(octets: Uint8Array): Message {
  const message = decodeMessage(octets)
  if (typeof message === 'string') throw new Error(`the answer is malformed: ${message}`)
  return message
}

/** The info codes of extended errors (RFC 8914) in an answer. */
export function extendedErrorsOf({ edns }: Message): number[] {
  const errors = edns?.options.filter(({ code }) => code === 15) ?? []
  return errors.map(({ data }) => readUint16(data, 0))
}

/** What surrounds the places where answers may be written. */
const GUARD = 0xa5

/** Memory with a place for `size` octets in it, and a look at whether anything else was written. */
export class GuardedRoom {
  readonly offset = 64
  readonly bytes: Uint8Array
  #end: number

  constructor(size: number) {
    this.bytes = new Uint8Array((size + 3 + 2 * this.offset) & ~3).fill(GUARD)
    this.#end = this.offset + size
  }

  /** Only so many octets may be written from now on. */
  narrow(size: number): void {
    this.#end = this.offset + size
  }

  check(): void {
    const outside = [...this.bytes.subarray(0, this.offset), ...this.bytes.subarray(this.#end)]
    if (outside.some((octet) => octet !== GUARD)) throw new Error('written beyond the room')
  }
}

/** A way back that holds its client to the contract. */
export class Late implements ReturnPath {
  readonly buffer: Uint8Array
  readonly offset: number
  /** What was sent; null for nothing. */
  sent: Uint8Array | null = null
  commits = 0
  readonly #room: GuardedRoom
  readonly #gone: boolean
  #reserved = 0

  constructor(capacity: number, gone: boolean) {
    this.#room = new GuardedRoom(capacity)
    this.buffer = this.#room.bytes
    this.offset = this.#room.offset
    this.#gone = gone
  }

  reserve(size: number): boolean {
    if (this.#gone || size > this.buffer.length - 2 * this.offset) return false
    this.#reserved = size
    this.#room.narrow(size)
    return true
  }

  commit(length: number): void {
    this.commits++
    if (length > this.#reserved) throw new Error(`${length} octets in room for ${this.#reserved}`)
    this.#room.check()
    if (length > 0) this.sent = this.buffer.slice(this.offset, this.offset + length)
  }

  /** The answer taken apart; throws when there is none. */
  get message(): Message {
    if (this.sent === null) throw new Error('nothing was sent')
    return read(this.sent)
  }
}

/** Octets that a listener of each transport has for an answer: whole words. */
const ROOM = { [Transport.Udp]: 1_280, [Transport.Tcp]: 65_536 }

/** A listener without sockets. */
export class FakeListener implements Origin {
  readonly transport: Transport
  /** Whether its clients have all gone. */
  gone = false
  /** What its clients prove by their certificates. */
  identity: ClientIdentity | null = null
  /** Ways back that were asked for, in order. */
  readonly late: Late[] = []
  readonly #room: number
  readonly #pipeline: Pipeline

  constructor(pipeline: Pipeline, transport: Transport) {
    this.#pipeline = pipeline
    this.transport = transport
    this.#room = transport === Transport.Udp ? ROOM[Transport.Udp] : ROOM[Transport.Tcp]
  }

  detach(): ReturnPath {
    const late = new Late(this.#room, this.gone)
    this.late.push(late)
    return late
  }

  /** @returns the immediate answer, the way back of a late one, or null for none at all */
  send(message: Uint8Array, client: readonly number[] = [127, 0, 0, 1]): Uint8Array | Late | null {
    const out = new GuardedRoom(this.#room)
    const query = new Query(this.transport, this)
    query.bytes = Uint8Array.of(0xff, 0xff, 0xff, ...message, 0xff)
    query.start = 3
    query.length = message.length
    query.client = Uint8Array.from(client)
    query.clientFamily = client.length === 4 ? 4 : 6
    query.identity = this.identity
    query.out = out.bytes
    query.outStart = out.offset
    const before = this.late.length
    const handled = this.#pipeline.handle(query)
    query.bytes.fill(0)
    out.check()
    if (handled === Handled.Dropped) return null
    if (handled === Handled.Later) {
      if (this.late.length !== before + 1) throw new Error('a late answer without a way back')
      return this.late[before]!
    }
    return out.bytes.slice(out.offset, out.offset + handled)
  }

  /** Sends a query that must be answered at once. */
  ask(message: Uint8Array): Message {
    const octets = this.send(message)
    if (!(octets instanceof Uint8Array)) throw new Error('not answered at once')
    return read(octets)
  }

  /** Sends a query that must be answered late. */
  wait(message: Uint8Array): Late {
    const late = this.send(message)
    if (!(late instanceof Late)) throw new Error('not left for later')
    return late
  }
}

/** A resolver that answers when it is told to, or as `react` says. */
export class FakeResolver implements Resolver {
  readonly exchanges: Exchange[] = []
  react: (exchange: Exchange) => void = () => {}
  isReachable = true

  reachable(): boolean {
    return this.isReachable
  }

  forward(exchange: Exchange): void {
    this.exchanges.push(exchange)
    this.react(exchange)
  }

  /** The exchange that came last. */
  get last(): Exchange {
    return this.exchanges.at(-1)!
  }
}

/** What an upstream answers, before its question is filled in. */
export interface Answered extends Partial<Omit<Message, 'edns'>> {
  readonly edns?: Partial<Edns> | null
}

/** Answers an exchange in the upstream's memory, which is overwritten at once. */
export function answer(exchange: Exchange, answered: Answered = {}, origin?: AnswerOrigin): void {
  const { question } = exchange.question
  const nameEnd = question.length - 4
  const { edns = {}, ...message } = answered
  const octets = encodeMessage({
    id: 0xbeef,
    flags: Flag.QR | Flag.RD | Flag.RA,
    opcode: Opcode.Query,
    rcode: 0,
    questions: [
      {
        name: question.subarray(0, nameEnd),
        type: readUint16(question, nameEnd),
        class: readUint16(question, nameEnd + 2),
      },
    ],
    answers: [],
    authorities: [],
    additionals: [],
    ...message,
    edns: edns === null ? null : { udpSize: 1232, version: 0, flags: 0, options: [], ...edns },
  })
  answerWith(exchange, octets, origin)
}

/** Answers an exchange with these octets. */
export function answerWith(exchange: Exchange, octets: Uint8Array, origin?: AnswerOrigin): void {
  const memory = new Uint8Array(octets.length + 5)
  memory.set(octets, 3)
  const scan = new AnswerScan()
  const fault = scan.scan(memory, 3, octets.length)
  if (fault !== AnswerFault.None) throw new Error(`the upstream's answer has fault ${fault}`)
  exchange.onAnswer(scan, 'upstream', exchange.startedAt, origin)
  memory.fill(0xee)
}

export function fail(exchange: Exchange, kind: FailureKind): void {
  const upstream = 'upstream'
  const detail = 'as told'
  exchange.onFailure({ kind, upstream, detail, phase: 'wait', ms: 1, tried: [upstream] })
}

/** Counts calls by their names, with what they counted behind a colon. */
export class Counts implements PipelineMetrics {
  readonly #counts = new Map<string, number>()

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  #count(name: string): void {
    this.#counts.set(name, this.of(name) + 1)
  }

  received(transport: number): void {
    this.#count(`received:${transport}`)
  }
  denied(transport: number): void {
    this.#count(`denied:${transport}`)
  }
  rejected(fault: number): void {
    this.#count(`rejected:${fault}`)
  }
  limited(reason: number, verdict: number): void {
    this.#count(`limited:${reason}:${verdict}`)
  }
  cookie(state: number): void {
    this.#count(`cookie:${state}`)
  }
  anyAnswered(): void {
    this.#count('any')
  }
  cacheHit(): void {
    this.#count('hit')
  }
  cacheMiss(): void {
    this.#count('miss')
  }
  answeredLocally(): void {
    this.#count('local')
  }
  coalesced(): void {
    this.#count('coalesced')
  }
  overloaded(): void {
    this.#count('overloaded')
  }
  answered(rcode: number): void {
    this.#count(`answered:${rcode}`)
  }
  resolved(): void {
    this.#count('resolved')
  }
  servedStale(reason: string): void {
    this.#count(`stale:${reason}`)
  }
  renewal(event: string): void {
    this.#count(`renewal:${event}`)
  }
  subnet(event: string): void {
    this.#count(`subnet:${event}`)
  }
}

/** The stages before the cache. */
type Guard = Pick<
  PipelineOptions,
  'access' | 'cookies' | 'queryLimits' | 'responseLimits' | 'minimalAny'
>

export interface BenchOptions {
  /** `passthrough` unless given. */
  readonly dnssec?: DnssecMode
  /** Nobody unless given. */
  readonly shared?: AnswerKeeper
  /** What another bench has in its cache. */
  readonly memory?: CacheMemory
  readonly bounds?: Partial<TtlBounds>
  readonly maxUdpSize?: number
  /** As `maxUdpSize` unless given. */
  readonly maxUnverifiedUdpSize?: number
  readonly maxQuestions?: number
  readonly maxWaiters?: number
  readonly maxRenewals?: number
  readonly stale?: StaleOptions
  readonly refuseStrangers?: boolean
  readonly localAnswers?: LocalAnswers
  /** Stages that are off, or let everybody on 127.0.0.0/8 in, unless given. */
  readonly guard?: Partial<Guard>
  /** The clock of limits, in place of the one that stands still. */
  readonly milliseconds?: () => number
  /** Who counts, in place of `counts`. */
  readonly metrics?: PipelineMetrics
  /** How much of what clients tell of their networks goes upstream; nothing unless given. */
  readonly subnets?: SubnetLimits
  /** The network that every question is asked for, as the option's data. */
  readonly subnet?: Uint8Array
}

/** The pipeline and all that stands around it. */
export class Bench {
  readonly resolver = new FakeResolver()
  readonly counts = new Counts()
  readonly memory: CacheMemory
  readonly cache: AnswerCache
  readonly slowLane: SlowLane
  readonly pipeline: Pipeline
  readonly udp: FakeListener
  readonly tcp: FakeListener
  readonly tls: FakeListener
  /** Seconds that have gone by. */
  now = 1_000
  /** What is to be called when time has gone by. */
  readonly timers: (() => void)[] = []

  constructor(options: BenchOptions = {}) {
    const { maxUdpSize = 1_232, maxQuestions = 1_000, maxWaiters = 1_000 } = options
    const { dnssec = 'passthrough' } = options
    const { memory = allocateCache(4 * 2 ** 20) } = options
    const { secret } = memory
    this.memory = memory
    const { resolver } = this
    const metrics = options.metrics ?? this.counts
    const seconds = { seconds: () => this.now }
    const milliseconds = options.milliseconds ?? (() => this.now * 1_000)
    const guard: Guard = {
      access: AccessList.compile({ allow: ['127.0.0.0/8'] }),
      cookies: null,
      queryLimits: null,
      responseLimits: null,
      minimalAny: false,
      ...options.guard,
    }
    const clock = {
      now: () => this.now * 1_000,
      startTimer: (callback: () => void) => this.timers.push(callback),
      stopTimer() {},
    }
    const { maxUnverifiedUdpSize = maxUdpSize } = options
    const finish = new Finish({ maxUdpSize, maxUnverifiedUdpSize, keepalive: () => 100 })
    const cache = new AnswerCache({ memory, thread: 1 })
    const bounds = { minTtl: 0, maxTtl: 86_400, negativeMaxTtl: 3_600, failureTtl: 5 }
    this.cache = cache
    this.slowLane = new SlowLane({
      resolver,
      cache,
      shared: options.shared ?? null,
      dnssec,
      upstreamNames: ['other', 'upstream'],
      secret,
      responseLimits: guard.responseLimits,
      bounds: { ...bounds, ...options.bounds },
      subnet: options.subnet ?? null,
      finish,
      clock,
      seconds,
      milliseconds,
      metrics,
      timeout: 4_000,
      maxQuestions,
      maxWaiters,
      maxRenewals: options.maxRenewals ?? 100,
      stale: options.stale ?? null,
      explain: false,
      onFailure() {},
    })
    this.pipeline = new Pipeline({
      ...guard,
      refuseStrangers: options.refuseStrangers ?? false,
      dnssec,
      cache,
      maxStale: options.stale?.maxAge ?? 0,
      localAnswers: options.localAnswers ?? null,
      subnets:
        options.subnets === undefined
          ? null
          : new SubnetStage({ limits: options.subnets, secret, metrics }),
      secret,
      slowLane: this.slowLane,
      finish,
      seconds,
      milliseconds,
      metrics,
    })
    this.udp = new FakeListener(this.pipeline, Transport.Udp)
    this.tcp = new FakeListener(this.pipeline, Transport.Tcp)
    this.tls = new FakeListener(this.pipeline, Transport.Tls)
  }

  /** Lets time go by, and calls whoever asked for that. */
  pass(seconds: number): void {
    this.now += seconds
    for (const callback of this.timers.splice(0)) callback()
  }

  /** Asks once over TCP and has it answered, so that the cache holds what it may hold. */
  ready(asked: Asked, answered: Answered): Message {
    const late = this.tcp.wait(queryOf(asked))
    answer(this.resolver.last, answered)
    return late.message
  }
}

/** The header's second word with its response code cut off. */
export function flagsOf(message: Uint8Array): number {
  return readUint16(message, 2) & ~RCODE_MASK
}

/** The message with its second word changed. */
export function withFlags(message: Uint8Array, flags: number): Uint8Array {
  const changed = Uint8Array.from(message)
  writeUint16(changed, 2, flags)
  return changed
}
