import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readName } from '../dnssec/name.ts'
import { FailureKind } from '../upstream/exchange.ts'
import { allocateStrippingMemory, StrippingGuard } from '../upstream/stripping-guard.ts'
import { AnswerScan } from '../wire/answer-scan.ts'
import { RecordType } from '../wire/record-type.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { RootKeys, StrippingWatch } from './stripping-watch.ts'
import { answer, FakeResolver, fail, nameOf, recordsOf } from './testing.ts'
import { UpstreamSource } from './upstream-source.ts'

const ZONE = readName(nameOf('example.org'), 0, 0)
const KEY = 'example.org. 60 IN DNSKEY 257 3 13 AAAA'
const RRSIG =
  'example.org. 60 IN RRSIG DNSKEY 13 2 60 20300101000000 20200101000000 1 example.org. AAAA'

function setUp(stripping: StrippingWatch | null = null) {
  const upstream = new FakeResolver()
  const subnet = Uint8Array.of(0, 1, 0, 0)
  const clock = new FakeClock()
  const faults: unknown[] = []
  const onFault = (error: unknown) => void faults.push(error)
  const options = { next: upstream, clock, timeout: 4_000, subnet, stripping, onFault }
  return { upstream, source: new UpstreamSource(options), faults }
}

suite('the source of keys and delegations', () => {
  test('asks upstreams with DO and CD, within its own time', async () => {
    const { upstream, source } = setUp()
    const asked = source.ask(ZONE, RecordType.DNSKEY, ['other'])
    const { question, startedAt, deadline } = upstream.last
    assert.deepEqual(question, {
      question: Uint8Array.of(...nameOf('example.org'), 0, RecordType.DNSKEY, 0, 1),
      dnssecOk: true,
      checkingDisabled: true,
      options: null,
      subnet: Uint8Array.of(0, 1, 0, 0),
      avoid: ['other'],
    })
    assert.equal(deadline - startedAt, 4_000)
    answer(upstream.last, { answers: recordsOf(`${KEY}\n${RRSIG}`) })
    const got = await asked
    assert.ok('message' in got)
    assert.equal(got.upstream, 'upstream')
    assert.equal(got.message.answer[0]!.signatures.length, 1)
  })

  test('reads none of thousands of records, which prove nothing', async () => {
    const { upstream, source } = setUp()
    const keys = Array.from(
      { length: 300 },
      (_, i) =>
        `example.org. 60 IN DNSKEY 257 3 13 ${Buffer.of(i >> 8, i & 255).toString('base64')}`,
    )
    const asked = source.ask(ZONE, RecordType.DNSKEY, [])
    answer(upstream.last, { answers: recordsOf([...keys, RRSIG].join('\n')) })
    const got = await asked
    assert.ok('message' in got)
    assert.equal(got.upstream, 'upstream')
    assert.deepEqual(got.message, {
      name: ZONE,
      type: RecordType.DNSKEY,
      class: 1,
      rcode: 0,
      answer: [],
      authority: [],
      loose: [],
      count: 0,
    })
  })

  test('answers after a fault of ours, too: others wait for the same', async () => {
    const { upstream, source } = setUp()
    const asked = source.ask(ZONE, RecordType.DNSKEY, [])
    const broken = new AnswerScan()
    broken.answerCount = 1
    assert.throws(() => upstream.last.onAnswer(broken, 'upstream', 0))
    assert.deepEqual(await asked, { failure: 'a fault in the proxy' })
  })

  test('says in words for clients why there is nothing', async () => {
    const { upstream, source } = setUp()
    const asked = source.ask(ZONE, RecordType.DNSKEY, [])
    fail(upstream.last, FailureKind.Timeout)
    assert.deepEqual(await asked, { failure: 'no upstream answered in time' })
  })

  test('tells of a fault of ours in asking, and answers nevertheless', async () => {
    const { upstream, source, faults } = setUp()
    const fault = new Error('a fault')
    upstream.react = () => {
      throw fault
    }
    const asked = source.ask(ZONE, RecordType.DNSKEY, [])
    assert.deepEqual(await asked, { failure: 'a fault in the proxy' })
    assert.deepEqual(faults, [fault])
  })

  test('notices who leaves signatures out, and asks others from then on', async () => {
    const guard = new StrippingGuard({
      memory: allocateStrippingMemory(1),
      names: ['upstream'],
      seconds: () => 1_000,
    })
    const watch = new StrippingWatch({
      guard,
      rootKeysAt: () => Promise.resolve(RootKeys.Unsigned),
      events: { strippingFound() {}, strippingGone() {} },
    })
    const { upstream, source } = setUp(watch)
    upstream.react = (exchange) => answer(exchange, { answers: recordsOf(KEY) })
    await source.ask(ZONE, RecordType.DNSKEY, [])
    await source.ask(ZONE, RecordType.DNSKEY, ['other'])
    assert.deepEqual(upstream.last.question.avoid, ['upstream', 'other'])
  })
})
