import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Refusal } from '../listen/https/refusal.ts'
import { CloseReason, RefuseReason } from '../listen/stream/metrics.ts'
import { LimitReason, LimitVerdict } from '../guard/limit-verdict.ts'
import { Transport } from '../pipeline/query.ts'
import { Security } from '../dnssec/verdict.ts'
import { FailureKind } from '../upstream/exchange.ts'
import { Rcode } from '../wire/header.ts'
import { QueryFault } from '../wire/query-scan.ts'
import { FAMILIES, type FamilyName, familyOffset, ROW_LENGTH, UPSTREAM_SLOTS } from './catalogue.ts'
import {
  allocateCounters,
  counterIndex,
  counterRow,
  countersText,
  readCounters,
} from './counters.ts'
import {
  PipelineCounters,
  StreamCounters,
  UdpCounters,
  UpstreamCounters,
} from './thread-counters.ts'

const UPSTREAMS = Array.from({ length: UPSTREAM_SLOTS }, (_, slot) => `u${slot}`)

/** The counters that have counted, by name and labels. */
function counted(memory: SharedArrayBuffer): Record<string, number> {
  const entries = readCounters(memory, UPSTREAMS).filter(({ value }) => value !== 0)
  return Object.fromEntries(
    entries.map(({ name, labels, value }) => [
      [name, ...labels.map(([, text]) => text)].join(':'),
      value,
    ]),
  )
}

function rowOf(): { memory: SharedArrayBuffer; row: Float64Array } {
  const memory = allocateCounters(2)
  return { memory, row: counterRow(memory, 1) }
}

suite('counters', () => {
  test('of all rows are added up, and no row touches another', () => {
    const memory = allocateCounters(4)
    const rows = [0, 1, 2, 3].map((row) => counterRow(memory, row))
    for (const [i, row] of rows.entries()) {
      for (let at = 0; at < ROW_LENGTH; at++) row[at] = at * 10 ** i
    }
    for (const [at, { value }] of readCounters(memory, UPSTREAMS).entries())
      assert.equal(value, at * 1_111)
    assert.equal(rows[0]!.length, ROW_LENGTH)
  })

  test('stand where their family and label say', () => {
    let at = 0
    for (const [name, { values, perUpstream }] of Object.entries(FAMILIES)) {
      for (let slot = 0; slot < (perUpstream ? UPSTREAM_SLOTS : 1); slot++) {
        assert.equal(familyOffset(name as FamilyName, slot), at)
        for (const value of values)
          assert.equal(counterIndex(name as FamilyName, value, slot), at++)
      }
    }
    assert.equal(at, ROW_LENGTH)
  })

  test('of an unforeseen label are those of the last one', () => {
    const last = FAMILIES.upstreamFailures.values.length - 1
    const index = familyOffset('upstreamFailures') + last
    assert.equal(counterIndex('upstreamFailures', 'unheard of'), index)
  })

  test('are told in a line each, zeros left out', () => {
    const { memory, row } = rowOf()
    row[counterIndex('queries', 'tcp')] = 2 ** 40
    row[counterIndex('cacheHits', '')] = 1
    row[counterIndex('resolveSeconds', '')] = 0.12345
    assert.equal(
      countersText(memory, UPSTREAMS),
      'queries{transport="tcp"} 1099511627776\ncache_hits 1\nresolve_seconds 0.123\n',
    )
  })
})

suite('every label that can come has a counter of its own', () => {
  const labels: readonly [FamilyName, readonly string[]][] = [
    ['connectionsClosed', Object.values(CloseReason)],
    ['connectionsRefused', Object.values(RefuseReason)],
    ['httpsRefused', [...new Set(Object.values(Refusal).map(({ status }) => String(status)))]],
    ['upstreamFailures', Object.values(FailureKind)],
    ['validations', Object.values(Security)],
  ]
  for (const [name, values] of labels) {
    test(FAMILIES[name].name, () =>
      assert.deepEqual([...FAMILIES[name].values].sort(), [...values].sort()),
    )
  }

  test('transports and faults stand at their numbers', () => {
    assert.equal(FAMILIES.queries.values.length, Object.keys(Transport).length)
    for (const [name, at] of Object.entries(Transport)) {
      assert.equal(FAMILIES.queries.values[at], name.toLowerCase())
    }
    assert.equal(FAMILIES.rejected.values.length, Object.keys(QueryFault).length)
    assert.equal(FAMILIES.rejected.values[QueryFault.BadVersion], 'bad-version')
  })

  test('limits and their verdicts stand at their numbers', () => {
    for (const [name, at] of Object.entries(LimitReason)) {
      assert.equal(FAMILIES.limited.values[at], name.toLowerCase())
    }
    for (const [name, at] of Object.entries(LimitVerdict)) {
      const value = at === LimitVerdict.Pass ? 'none' : name.toLowerCase()
      assert.equal(FAMILIES.limitedVerdicts.values[at], value)
    }
  })

  test('response codes stand at their numbers, those above BADVERS together', () => {
    for (const [name, at] of Object.entries(Rcode)) {
      if (at <= 10) assert.equal(FAMILIES.answers.values[at], name.toUpperCase())
    }
    assert.equal(FAMILIES.answers.values[Rcode.BadVers], 'BADVERS')
  })
})

suite('a thread counts', () => {
  test('what the pipeline does', () => {
    const { memory, row } = rowOf()
    const counters = new PipelineCounters(row)
    counters.received(Transport.Tcp)
    counters.denied(Transport.Udp)
    counters.rejected(QueryFault.Malformed)
    counters.limited(LimitReason.Total, LimitVerdict.Drop)
    counters.cacheHit()
    counters.cacheMiss()
    counters.coalesced()
    counters.overloaded()
    for (const rcode of [0, 3, 15, 16, 17, 23, 4_095]) counters.answered(rcode)
    counters.resolved(0.5)
    counters.resolved(0.25)
    assert.deepEqual(counted(memory), {
      'queries:tcp': 1,
      'denied:udp': 1,
      'rejected:malformed': 1,
      'limited:total': 1,
      'limited_verdicts:drop': 1,
      cache_hits: 1,
      cache_misses: 1,
      coalesced: 1,
      overloaded: 1,
      'answers:NOERROR': 1,
      'answers:NXDOMAIN': 1,
      'answers:15': 1,
      'answers:BADVERS': 1,
      'answers:other': 3,
      resolve_seconds: 0.75,
      resolved: 2,
    })
  })

  test('what upstreams do', () => {
    const { memory, row } = rowOf()
    const counters = new UpstreamCounters(row, 2)
    counters.querySent()
    counters.answered(12, Rcode.ServFail)
    counters.failed('tls')
    counters.answerUnmatched()
    counters.queryResent()
    counters.connectionOpened(false)
    counters.connectionOpened(true)
    counters.connectionFailed()
    counters.connectionClosed()
    counters.retried()
    counters.hedged()
    counters.hedgeWon()
    counters.hedgeDenied()
    assert.deepEqual(counted(memory), {
      'upstream_queries:u2': 1,
      'upstream_answers:u2:SERVFAIL': 1,
      'upstream_answer_seconds:u2': 0.012,
      'upstream_failures:u2:tls': 1,
      'upstream_unmatched:u2': 1,
      'upstream_resent:u2': 1,
      'upstream_connections:u2:full': 1,
      'upstream_connections:u2:resumed': 1,
      'upstream_connection_failures:u2': 1,
      'upstream_closed:u2': 1,
      'upstream_retries:u2': 1,
      'upstream_hedges:u2:sent': 1,
      'upstream_hedges:u2:won': 1,
      'upstream_hedges:u2:denied': 1,
    })
  })

  test('what listeners do', () => {
    const { memory, row } = rowOf()
    const streams = new StreamCounters(row)
    streams.onOpened()
    streams.onRefused(RefuseReason.ClientFull)
    streams.onClosed(CloseReason.Fault)
    const udp = new UdpCounters(row)
    udp.onReceived(64)
    udp.onAnswered(60)
    udp.onUnsent(2)
    udp.onTooLong(3)
    assert.deepEqual(counted(memory), {
      'udp:received': 64,
      'udp:sent': 60,
      'udp:dropped': 2,
      'udp:too-long': 3,
      connections_opened: 1,
      'connections_refused:client-full': 1,
      'connections_closed:fault': 1,
    })
  })
})
