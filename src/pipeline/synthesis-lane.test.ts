import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { EntryCopy } from '../cache/entry-copy.ts'
import { Provenance } from '../cache/layout.ts'
import { name as nameOf, NSEC3, signZone } from '../dnssec/denial/testing.ts'
import { RangesRig } from '../dnssec/aggressive/testing.ts'
import { Security } from '../dnssec/verdict.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { TimerWheel } from '../upstream/timer-wheel.ts'
import type { Message } from '../wire/codec/message.ts'
import { DNSSEC_OK, ExtendedError, OptionCode } from '../wire/edns.ts'
import { Flag, Rcode } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { formatName } from '../wire/text/name-text.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { SynthesisLane } from './synthesis-lane.ts'
import { answer, Bench, extendedErrorsOf, FakeResolver, queryOf, recordsOf } from './testing.ts'
import { ValidationLane } from './validation-lane.ts'

const { SOA, NSEC, NSEC3: HASHED, RRSIG } = RecordType
const ZONE = '$ORIGIN example.org.\n@ 60 SOA ns h 1 1 1 1 60\n@ 60 NS ns\nwww A 192.0.2.1\n'
const WILDCARD = `${ZONE}*.wild A 192.0.2.2\n*.wild A 192.0.2.3\n`
const DNSSEC = { edns: { flags: DNSSEC_OK } }

/** Ranges that know the zone, between the slow lane and upstreams. */
function setUp(zone = signZone(ZONE)) {
  const bench = new Bench({ dnssec: 'validate' })
  const rig = new RangesRig()
  const upstreams = new FakeResolver()
  const counts: string[] = []
  let flushes = 0
  const lane = new SynthesisLane({
    next: upstreams,
    ranges: rig.ranges,
    clock: { now: () => 0, startTimer: () => null, stopTimer() {} },
    flushes: () => flushes,
    metrics: { synthesized: (kind) => counts.push(kind) },
  })
  bench.resolver.react = (exchange) => lane.forward(exchange)
  rig.learn(zone, 'none.example.org A')
  rig.learn(zone, 'www.example.org AAAA')
  return {
    bench,
    rig,
    upstreams,
    counts,
    lane,
    flush: () => flushes++,
    ask: (name: string, asked: Parameters<typeof queryOf>[0] = {}): Message =>
      bench.tcp.wait(queryOf({ name, ...asked })).message,
  }
}

const typesOf = ({ authorities }: Message) => authorities.map(({ type }) => type)

suite('an answer made of what was proven before (RFC 8198)', () => {
  test('says that there is no such name, and nobody is asked', () => {
    const it = setUp()
    const message = it.ask('other.example.org')
    assert.equal(message.rcode, Rcode.NXDomain)
    assert.deepEqual([message.answers, typesOf(message)], [[], [SOA]])
    assert.equal(it.upstreams.exchanges.length, 0)
    assert.deepEqual(it.counts, ['nxdomain'])
  })

  test('says that there are no records of the type', () => {
    const it = setUp()
    const message = it.ask('www.example.org', { type: RecordType.MX })
    assert.deepEqual([message.rcode, typesOf(message)], [Rcode.NoError, [SOA]])
    assert.deepEqual(it.counts, ['nodata'])
  })

  for (const [zone, proofs] of [
    [signZone(ZONE), [NSEC]],
    [signZone(ZONE, NSEC3), [HASHED]],
  ] as const) {
    test(`has its proofs for those who ask with DO: ${zone.denial!.sets[0]!.type}`, () => {
      const it = setUp(zone)
      const types = typesOf(it.ask('www.example.org', { type: RecordType.MX, ...DNSSEC }))
      assert.deepEqual(types, [SOA, RRSIG, ...proofs, RRSIG])
    })
  }

  test('is authentic for those who ask for that (RFC 4035 §3.2.3)', () => {
    const it = setUp()
    for (const asked of [DNSSEC, { flags: Flag.RD | Flag.AD }]) {
      assert.notEqual(it.ask('other.example.org', asked).flags & Flag.AD, 0)
    }
    assert.equal(it.ask('another.example.org').flags & Flag.AD, 0)
  })

  test('says that it was made here (RFC 8914), now and from the cache, as its entry does', () => {
    const it = setUp()
    assert.deepEqual(extendedErrorsOf(it.ask('other.example.org', { edns: {} })), [
      ExtendedError.Synthesized,
    ])
    const again = it.bench.tcp.ask(queryOf({ name: 'other.example.org', edns: {} }))
    assert.deepEqual(extendedErrorsOf(again), [ExtendedError.Synthesized])
    assert.equal(it.bench.tcp.ask(queryOf({ name: 'other.example.org' })).edns, null)
    const entry = new EntryCopy()
    for (const shard of it.bench.cache.shards) {
      for (let slot = 0; slot < shard.geometry.slots; slot++) {
        if (!entry.take(shard, slot)) continue
        assert.notEqual(entry.answer.provenance & Provenance.Synthesized, 0)
        assert.equal(entry.answer.provenance & Provenance.UpstreamMask, 0)
      }
    }
  })

  test('is kept for what is left of what proves it', () => {
    const it = setUp()
    it.rig.now += 50
    const [soa] = it.ask('other.example.org').authorities
    assert.equal(soa!.ttl, 10)
    it.bench.pass(9)
    assert.equal(it.bench.tcp.ask(queryOf({ name: 'other.example.org' })).rcode, Rcode.NXDomain)
    it.bench.pass(1)
    it.rig.now += 10
    it.bench.tcp.wait(queryOf({ name: 'other.example.org' }))
    assert.equal(it.upstreams.exchanges.length, 1)
  })

  test('is for all networks (RFC 7871 §7.4)', () => {
    const it = setUp()
    const heard: number[] = []
    it.lane.forward({
      ...exchangeFor('other.example.org'),
      onAnswer: ({ subnetScope }) => heard.push(subnetScope),
    })
    assert.deepEqual(heard, [0])
  })
})

suite('an answer made of a wildcard (RFC 8198 §5.3)', () => {
  const knowing = (nsec3?: typeof NSEC3) => {
    const zone = signZone(WILDCARD, nsec3)
    const it = setUp(zone)
    const chain = zone.denial!.sets.flatMap((set) => zone.signed(set))
    it.rig.now += 10
    it.rig.learnAll(zone.apex, RecordType.A, [], [...zone.negativeSoa(), ...chain])
    it.rig.learn(zone, 'one.wild.example.org A')
    return it
  }
  const addressesOf = ({ answers }: Message) =>
    answers.filter(({ type }) => type === RecordType.A).map(({ rdata }) => rdata.join('.'))

  test('has its records at the name that was asked for, and nobody is asked', () => {
    const it = knowing()
    const message = it.ask('two.wild.example.org', { flags: Flag.RD | Flag.AD })
    assert.equal(message.rcode, Rcode.NoError)
    assert.notEqual(message.flags & Flag.AD, 0)
    assert.deepEqual(addressesOf(message), ['192.0.2.2', '192.0.2.3'])
    for (const { name, ttl } of message.answers) {
      assert.deepEqual([formatName(name), ttl], ['two.wild.example.org.', 60])
    }
    assert.deepEqual([message.answers.length, message.authorities], [2, []])
    assert.equal(it.upstreams.exchanges.length, 0)
    assert.deepEqual(it.counts, ['wildcard'])
  })

  for (const [nsec3, proof] of [
    [undefined, NSEC],
    [NSEC3, HASHED],
  ] as const) {
    test(`has its signature, and what denies the name, for those who ask with DO: ${proof}`, () => {
      const message = knowing(nsec3).ask('two.wild.example.org', DNSSEC)
      assert.deepEqual(
        message.answers.map(({ type }) => type),
        [RecordType.A, RecordType.A, RRSIG],
      )
      assert.deepEqual(typesOf(message), [proof, RRSIG])
    })
  }

  test('is kept for what is left of what it is made of', () => {
    const it = knowing()
    it.rig.now += 50
    assert.equal(it.ask('two.wild.example.org').answers[0]!.ttl, 10)
    it.bench.pass(9)
    const again = it.bench.tcp.ask(queryOf({ name: 'two.wild.example.org', edns: {} }))
    assert.deepEqual(addressesOf(again), ['192.0.2.2', '192.0.2.3'])
    assert.deepEqual(extendedErrorsOf(again), [ExtendedError.Synthesized])
    it.rig.now += 10
    it.bench.pass(1)
    it.bench.tcp.wait(queryOf({ name: 'two.wild.example.org' }))
    assert.equal(it.upstreams.exchanges.length, 1)
  })
})

suite('whoever is not answered so', () => {
  for (const [what, asked] of [
    ['checks himself (RFC 4035 §3.2.2)', { checkingDisabled: true }],
    ['sends options of his own', { options: Uint8Array.of(0, 3, 0, 0) }],
  ] as const) {
    test(what, () => {
      const it = setUp()
      const exchange = exchangeFor('other.example.org')
      it.lane.forward({ ...exchange, question: { ...exchange.question, ...asked } })
      assert.equal(it.upstreams.exchanges.length, 1)
      assert.deepEqual(it.counts, [])
    })
  }

  test('asks for another class', () => {
    const it = setUp()
    const exchange = exchangeFor('other.example.org')
    const question = Uint8Array.of(...exchange.question.question.slice(0, -2), 0, 3)
    it.lane.forward({ ...exchange, question: { ...exchange.question, question } })
    assert.equal(it.upstreams.exchanges.length, 1)
  })

  test('renews what is known: it is to be had anew', () => {
    const it = setUp()
    it.lane.forward({ ...exchangeFor('other.example.org'), isRenewal: true })
    assert.equal(it.upstreams.exchanges.length, 1)
  })

  test('asks for what is there', () => {
    const it = setUp()
    const late = it.bench.tcp.wait(queryOf({ name: 'www.example.org' }))
    answer(it.upstreams.last, {})
    assert.equal(late.message.rcode, Rcode.NoError)
    assert.deepEqual(it.counts, [])
  })

  test('asks for what would be too long with its proofs', () => {
    const long = `${`${'l'.repeat(50)}.`.repeat(3)}example.org`
    const zone = signZone(`${ZONE}${long}. A 192.0.2.1\nm.${long}. A 192.0.2.1\n`)
    const it = setUp(zone)
    const asked = nameOf(`n.${long}`)
    const { authority } = zone.answer(asked, RecordType.A)
    const short = authority
      .filter(({ type, name }) => type === RRSIG && name.length > 100)
      .map((record) => ({ ...record, rdata: record.rdata.slice(0, 32) }))
    const many = Array.from({ length: 40 }, () => short).flat()
    // What was learnt just now is not looked at again.
    it.rig.now += 30
    it.rig.learnAll(asked, RecordType.A, [], [...authority, ...many])
    const other = `z.${long}`
    assert.equal(it.rig.ask(`${other} A`), 'nxdomain')
    it.bench.tcp.wait(queryOf({ name: other, ...DNSSEC }))
    assert.equal(it.upstreams.exchanges.length, 1)
    assert.equal(it.ask(`y.${long}`).rcode, Rcode.NXDomain)
  })

  test('asks after a flush', () => {
    const it = setUp()
    it.flush()
    it.lane.forward(exchangeFor('other.example.org'))
    assert.equal(it.upstreams.exchanges.length, 1)
  })
})

for (const [scope, expected] of [
  [0, true],
  [24, false],
] as const) {
  test(`data for networks of ${scope} bits are ${expected ? '' : 'not '}for all (RFC 7871 §7.2.1)`, () => {
    const upstreams = Object.assign(new FakeResolver(), { hasOther: () => false })
    const heard: boolean[] = []
    const ttls = Int32Array.of(60)
    const lane = new ValidationLane({
      next: upstreams,
      judge: { validate: () => ({ security: Security.Secure, fault: null, at: null, ttls }) },
      stripping: null,
      clockWatch: { onSecure() {}, onBogus: (_, fault) => fault },
      ranges: { learn: (_message, _ttls, isForAll) => heard.push(isForAll) },
      wheel: new TimerWheel({ clock: new FakeClock() }),
      clock: new FakeClock(),
      metrics: { validated() {}, bogus() {}, bogusFrom() {}, retried() {} },
      onFault: (error) => assert.fail(String(error)),
    })
    lane.forward(exchangeFor('www.example.org'))
    const data = Uint8Array.of(0, 1, 24, scope, 192, 0, 2)
    answer(upstreams.last, {
      answers: recordsOf('www.example.org. 60 IN A 192.0.2.1'),
      edns: { options: [{ code: OptionCode.ClientSubnet, data }] },
    })
    assert.deepEqual(heard, [expected])
  })
}

test('a stage that answers itself is as reachable as those behind it', () => {
  const { lane, upstreams } = setUp()
  assert.equal(lane.reachable(new Uint8Array(5)), true)
  upstreams.isReachable = false
  assert.equal(lane.reachable(new Uint8Array(5)), false)
})

function exchangeFor(name: string): Exchange {
  const query = queryOf({ name })
  return {
    question: {
      question: query.slice(12, 12 + name.length + 2 + 4),
      dnssecOk: false,
      checkingDisabled: false,
      options: null,
      subnet: Uint8Array.of(0, 1, 24, 0, 192, 0, 2),
    },
    startedAt: 0,
    deadline: 4_000,
    onAnswer() {},
    onFailure() {},
  }
}
