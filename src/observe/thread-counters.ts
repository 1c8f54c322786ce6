// The counting side: one object for each interface that a folder declares for its metrics, all over
// the row of one thread. They fit those interfaces by shape; the worker puts them together.

import { FAMILIES, type FamilyName, familyOffset } from './catalogue.ts'
import { counterIndex } from './counters.ts'

const QUERIES = familyOffset('queries')
const DENIED = familyOffset('denied')
const REJECTED = familyOffset('rejected')
const LIMITED = familyOffset('limited')
const LIMITED_VERDICTS = familyOffset('limitedVerdicts')
const COOKIES = familyOffset('cookies')
const ANY_ANSWERED = familyOffset('anyAnswered')
const CACHE_HITS = familyOffset('cacheHits')
const CACHE_MISSES = familyOffset('cacheMisses')
const ANSWERED_LOCALLY = familyOffset('answeredLocally')
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

  limited(reason: number, verdict: number): void {
    this.#row[LIMITED + reason]! += 1
    this.#row[LIMITED_VERDICTS + verdict]! += 1
  }

  cookie(state: number): void {
    this.#row[COOKIES + state]! += 1
  }

  anyAnswered(): void {
    this.#row[ANY_ANSWERED]! += 1
  }

  cacheHit(): void {
    this.#row[CACHE_HITS]! += 1
  }

  cacheMiss(): void {
    this.#row[CACHE_MISSES]! += 1
  }

  answeredLocally(): void {
    this.#row[ANSWERED_LOCALLY]! += 1
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

  servedStale(reason: string): void {
    this.#row[counterIndex('stale', reason)]! += 1
  }

  renewal(event: string): void {
    this.#row[counterIndex('renewals', event)]! += 1
  }

  subnet(event: string): void {
    this.#row[counterIndex('clientSubnets', event)]! += 1
  }
}

/** Of validation. */
export class DnssecCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  validated(security: string): void {
    this.#row[counterIndex('validations', security)]! += 1
  }

  bogus(code: number): void {
    this.#row[counterIndex('bogus', String(code))]! += 1
  }

  retried(): void {
    this.#row[familyOffset('bogusRetries')]! += 1
  }

  signatureChecked(isGood: boolean): void {
    this.#row[counterIndex('signatures', isGood ? 'good' : 'bad')]! += 1
  }

  questionAsked(): void {
    this.#row[familyOffset('chainQuestions')]! += 1
  }

  cutOff(): void {
    this.#row[familyOffset('cutOff')]! += 1
  }

  synthesized(kind: string): void {
    this.#row[counterIndex('synthesized', kind)]! += 1
  }

  clockDoubted(fault: string): void {
    this.#row[counterIndex('clockDoubts', fault)]! += 1
  }

  stripping(event: string): void {
    this.#row[counterIndex('stripping', event)]! += 1
  }
}

/** What one worker counts of one upstream. */
export class UpstreamCounters {
  readonly #row: Float64Array
  readonly #slot: number
  readonly #queries: number
  readonly #answers: number
  readonly #answerSeconds: number
  readonly #hedges: number

  /** @param slot the upstream's place in the catalogue's families */
  constructor(row: Float64Array, slot: number) {
    this.#row = row
    this.#slot = slot
    this.#queries = familyOffset('upstreamQueries', slot)
    this.#answers = familyOffset('upstreamAnswers', slot)
    this.#answerSeconds = familyOffset('upstreamAnswerSeconds', slot)
    this.#hedges = familyOffset('upstreamHedges', slot)
  }

  querySent(): void {
    this.#row[this.#queries]! += 1
  }

  answered(milliseconds: number, rcode: number): void {
    this.#row[this.#answers + rcodeOffset(rcode)]! += 1
    this.#row[this.#answerSeconds]! += milliseconds / 1000
  }

  failed(kind: string): void {
    this.#row[counterIndex('upstreamFailures', kind, this.#slot)]! += 1
  }

  answerUnmatched(): void {
    this.#add('upstreamUnmatched')
  }

  queryResent(): void {
    this.#add('upstreamResent')
  }

  connectionOpened(resumed: boolean): void {
    this.#add('upstreamConnections', resumed ? 1 : 0)
  }

  connectionFailed(): void {
    this.#add('upstreamConnectionFailures')
  }

  connectionClosed(): void {
    this.#add('upstreamClosed')
  }

  circuitOpened(): void {
    this.#add('upstreamCircuit')
  }

  circuitClosed(): void {
    this.#add('upstreamCircuit', 1)
  }

  probeSent(): void {
    this.#add('upstreamProbes')
  }

  retried(): void {
    this.#add('upstreamRetries')
  }

  hedged(): void {
    this.#row[this.#hedges]! += 1
  }

  hedgeWon(): void {
    this.#row[this.#hedges + 1]! += 1
  }

  hedgeDenied(): void {
    this.#row[this.#hedges + 2]! += 1
  }

  subnetRefused(): void {
    this.#add('upstreamSubnetRefusals')
  }

  unauthenticatedOpened(): void {
    this.#add('upstreamUnauthenticated')
  }

  unauthenticatedClosed(): void {
    this.#add('upstreamUnauthenticated', 1)
  }

  #add(family: FamilyName, at = 0): void {
    this.#row[familyOffset(family, this.#slot) + at]! += 1
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

export class StoreCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  lookedUp(result: string): void {
    this.#row[counterIndex('storeLookups', result)]! += 1
  }

  rejected(fault: string): void {
    this.#row[counterIndex('storeRejected', fault)]! += 1
  }

  written(records: number): void {
    this.#row[counterIndex('storeWrites', 'written')]! += records
  }

  dropped(records: number): void {
    this.#row[counterIndex('storeWrites', 'dropped')]! += records
  }

  claim(event: string): void {
    this.#row[counterIndex('storeClaims', event)]! += 1
  }
}

export class SnapshotCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  snapshot(event: string): void {
    this.#row[counterIndex('snapshots', event)]! += 1
  }

  entries(event: string, count: number): void {
    this.#row[counterIndex('snapshotEntries', event)]! += count
  }
}

export class TlsCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  onHandshake(outcome: string): void {
    this.#row[counterIndex('tlsHandshakes', outcome)]! += 1
  }
}

export class HttpsCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  onRefused(status: number): void {
    this.#row[counterIndex('httpsRefused', String(status))]! += 1
  }
}

/** Datagrams; connections that are refused for such reasons count among the others. */
export class ProxyCounters {
  readonly #row: Float64Array

  constructor(row: Float64Array) {
    this.#row = row
  }

  onRefused(reason: string): void {
    this.#row[counterIndex('proxyRefused', reason)]! += 1
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
