// The counting side: one object for each interface that a folder declares for its metrics, all over
// the row of one thread. They fit those interfaces by shape; the worker puts them together.

import { FAMILIES, familyOffset } from './catalogue.ts'
import { counterIndex } from './counters.ts'

const QUERIES = familyOffset('queries')
const DENIED = familyOffset('denied')
const REJECTED = familyOffset('rejected')
const CACHE_HITS = familyOffset('cacheHits')
const CACHE_MISSES = familyOffset('cacheMisses')
const COALESCED = familyOffset('coalesced')
const OVERLOADED = familyOffset('overloaded')
const ANSWERS = familyOffset('answers')
const RESOLVE_SECONDS = familyOffset('resolveSeconds')
const RESOLVED = familyOffset('resolved')
const OTHER_RCODE = FAMILIES.answers.values.length - 1

function rcodeOffset(rcode: number): number {
  return rcode < OTHER_RCODE ? rcode : OTHER_RCODE
}

export class PipelineCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  received(transport: number): void {
    this.#row[QUERIES + transport]! += 1
  }

  denied(transport: number): void {
    this.#row[DENIED + transport]! += 1
  }

  rejected(fault: number): void {
    this.#row[REJECTED + fault]! += 1
  }

  cacheHit(): void {
    this.#row[CACHE_HITS]! += 1
  }

  cacheMiss(): void {
    this.#row[CACHE_MISSES]! += 1
  }

  coalesced(): void {
    this.#row[COALESCED]! += 1
  }

  overloaded(): void {
    this.#row[OVERLOADED]! += 1
  }

  answered(rcode: number): void {
    this.#row[ANSWERS + rcodeOffset(rcode)]! += 1
  }

  resolved(seconds: number): void {
    this.#row[RESOLVE_SECONDS]! += seconds
    this.#row[RESOLVED]! += 1
  }
}

const UPSTREAM_QUERIES = familyOffset('upstreamQueries')
const UPSTREAM_ANSWERS = familyOffset('upstreamAnswers')
const UPSTREAM_UNMATCHED = familyOffset('upstreamUnmatched')
const UPSTREAM_RESENT = familyOffset('upstreamResent')
const UPSTREAM_CONNECTIONS = familyOffset('upstreamConnections')
const UPSTREAM_CONNECTION_FAILURES = familyOffset('upstreamConnectionFailures')
const UPSTREAM_CLOSED = familyOffset('upstreamClosed')
const UPSTREAM_RETRIES = familyOffset('upstreamRetries')
const UPSTREAM_HEDGES = familyOffset('upstreamHedges')
const UPSTREAM_UNAUTHENTICATED = familyOffset('upstreamUnauthenticated')

export class UpstreamCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  querySent(): void {
    this.#row[UPSTREAM_QUERIES]! += 1
  }

  answered(_milliseconds: number, rcode: number): void {
    this.#row[UPSTREAM_ANSWERS + rcodeOffset(rcode)]! += 1
  }

  failed(kind: string): void {
    this.#row[counterIndex('upstreamFailures', kind)]! += 1
  }

  answerUnmatched(): void {
    this.#row[UPSTREAM_UNMATCHED]! += 1
  }

  queryResent(): void {
    this.#row[UPSTREAM_RESENT]! += 1
  }

  connectionOpened(resumed: boolean): void {
    this.#row[UPSTREAM_CONNECTIONS + (resumed ? 1 : 0)]! += 1
  }

  connectionFailed(): void {
    this.#row[UPSTREAM_CONNECTION_FAILURES]! += 1
  }

  connectionClosed(): void {
    this.#row[UPSTREAM_CLOSED]! += 1
  }

  retried(): void {
    this.#row[UPSTREAM_RETRIES]! += 1
  }

  hedged(): void {
    this.#row[UPSTREAM_HEDGES]! += 1
  }

  hedgeWon(): void {
    this.#row[UPSTREAM_HEDGES + 1]! += 1
  }

  hedgeDenied(): void {
    this.#row[UPSTREAM_HEDGES + 2]! += 1
  }

  unauthenticatedOpened(): void {
    this.#row[UPSTREAM_UNAUTHENTICATED]! += 1
  }

  unauthenticatedClosed(): void {
    this.#row[UPSTREAM_UNAUTHENTICATED + 1]! += 1
  }
}

const CONNECTIONS = familyOffset('connections')

export class StreamCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  onOpened(): void {
    this.#row[CONNECTIONS]! += 1
  }

  onRefused(reason: string): void {
    this.#row[counterIndex('connectionsRefused', reason)]! += 1
  }

  onClosed(reason: string): void {
    this.#row[counterIndex('connectionsClosed', reason)]! += 1
  }
}

const UDP = familyOffset('udp')

export class UdpCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  onReceived(datagrams: number): void {
    this.#row[UDP]! += datagrams
  }

  onAnswered(answers: number): void {
    this.#row[UDP + 1]! += answers
  }

  onUnsent(answers: number): void {
    this.#row[UDP + 2]! += answers
  }

  onTooLong(datagrams: number): void {
    this.#row[UDP + 3]! += datagrams
  }
}
