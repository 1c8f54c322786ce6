import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FailureKind } from '../upstream/exchange.ts'
import { DNSSEC_OK, ExtendedError, OptionCode } from '../wire/edns.ts'
import { Flag, Rcode } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import {
  type Answered,
  answer,
  Bench,
  extendedErrorsOf,
  fail,
  type Late,
  nameOf,
  queryOf,
  recordsOf,
} from './testing.ts'

const A: Answered = { answers: recordsOf('www.example.org. 300 IN A 192.0.2.1') }

function assertOnce(late: readonly Late[]): void {
  for (const { commits } of late) assert.equal(commits, 1)
}

suite('what an upstream is asked', () => {
  test('the question in lower case, with DO and CD as the client set them (RFC 4343 §4, RFC 4035 §3.2)', () => {
    const bench = new Bench()
    for (const dnssecOk of [false, true]) {
      for (const checkingDisabled of [false, true]) {
        const edns = { flags: dnssecOk ? DNSSEC_OK : 0 }
        const flags = checkingDisabled ? Flag.CD : 0
        bench.udp.wait(queryOf({ name: 'WWW.Example.Org', edns, flags }))
        const { question } = bench.resolver.last
        assert.deepEqual(
          [question.dnssecOk, question.checkingDisabled],
          [dnssecOk, checkingDisabled],
        )
        assert.deepEqual(question.question, Uint8Array.of(...nameOf('www.example.org'), 0, 1, 0, 1))
        assert.equal(question.options, null)
      }
    }
  })

  test('within the time that a client may be kept waiting', () => {
    const bench = new Bench()
    bench.udp.wait(queryOf())
    assert.equal(bench.resolver.last.deadline, 1_000_000 + 4_000)
  })
})

suite('equal questions under way', () => {
  test('300 are one exchange, each answered with its own ID and letter case', () => {
    const bench = new Bench()
    const letters = 'www.example.org'.split('')
    const asked = Array.from({ length: 300 }, (_, id) => {
      const name = letters.map((c, i) => ((id >> (i % 9)) & 1 ? c.toUpperCase() : c)).join('')
      const listener = [bench.udp, bench.tcp, bench.tls][id % 3]!
      return { id, name, late: listener.wait(queryOf({ id, name })) }
    })
    assert.equal(bench.resolver.exchanges.length, 1)
    assert.equal(bench.slowLane.count, 1)
    answer(bench.resolver.last, A)
    for (const { id, name, late } of asked) {
      assert.equal(late.commits, 1)
      assert.equal(late.message.id, id)
      assert.deepEqual(late.message.questions[0]!.name, nameOf(name))
      assert.equal(late.message.answers.length, 1)
    }
    assert.equal(bench.counts.of('coalesced'), 299)
    assert.equal(bench.counts.of(`answered:${Rcode.NoError}`), 300)
    assert.equal(bench.counts.of('resolved'), 1)
    assert.equal(bench.slowLane.count, 0)
  })

  test('are different ones for another type, class, DO or CD (RFC 4035 §3.2)', () => {
    const bench = new Bench()
    const name = nameOf('www.example.org')
    for (const query of [
      queryOf(),
      queryOf({ type: RecordType.AAAA }),
      queryOf({ questions: [{ name, type: RecordType.A, class: 3 }] }),
      queryOf({ edns: { flags: DNSSEC_OK } }),
      queryOf({ flags: Flag.CD }),
      queryOf({ name: 'www.example.com' }),
    ]) {
      bench.udp.wait(query)
    }
    assert.equal(bench.resolver.exchanges.length, 6)
  })

  test('with EDNS options of their own are asked each for itself', () => {
    const bench = new Bench()
    const own = queryOf({ edns: { options: [{ code: OptionCode.Nsid, data: new Uint8Array(0) }] } })
    const late = [own, own, queryOf(), queryOf()].map((query) => bench.udp.wait(query))
    assert.equal(bench.resolver.exchanges.length, 3)
    for (const exchange of bench.resolver.exchanges) answer(exchange, A)
    assertOnce(late)
  })

  test('get what each can take: cut over UDP, whole over TCP, with OPT for those who sent one', () => {
    const bench = new Bench()
    const asked = { name: 't.example.org', type: RecordType.TXT }
    const plain = bench.udp.wait(queryOf(asked))
    const large = bench.udp.wait(queryOf({ ...asked, edns: { udpSize: 65_535 } }))
    const stream = bench.tcp.wait(queryOf(asked))
    const again = bench.udp.wait(queryOf(asked))
    const texts = Array.from(
      { length: 5 },
      (_, i) => `t.example.org. 60 IN TXT ${`${i}`.repeat(200)}`,
    )
    answer(bench.resolver.last, { answers: recordsOf(texts.join('\n')) })
    for (const cut of [plain, again]) {
      assert.ok((cut.message.flags & Flag.TC) !== 0)
      assert.deepEqual(cut.message.answers, [])
    }
    assert.equal(large.message.answers.length, 5)
    assert.ok(large.message.edns !== null)
    assert.equal(stream.message.answers.length, 5)
    assert.equal(stream.message.edns, null)
  })

  test('all hear of a failure, in the end', () => {
    const bench = new Bench()
    const late = [bench.udp, bench.tcp, bench.tls].map((l) => l.wait(queryOf({ edns: {} })))
    fail(bench.resolver.last, FailureKind.Timeout)
    assertOnce(late)
    for (const { message } of late) {
      assert.equal(message.rcode, Rcode.ServFail)
      assert.deepEqual(extendedErrorsOf(message), [ExtendedError.NoReachableAuthority])
    }
  })

  test('under way with names of one bucket do not get each other’s answers', () => {
    const bench = new Bench({ maxQuestions: 20_000 })
    const count = 9_000
    const late = Array.from({ length: count }, (_, i) => {
      return bench.udp.wait(queryOf({ id: i, name: `n${i}.example.org` }))
    })
    assert.equal(bench.slowLane.count, count)
    // From the middle, from the end and from the start of their chains.
    const order = bench.resolver.exchanges.toSorted((a, b) => {
      return (a.question.question[2]! % 7) - (b.question.question[2]! % 7)
    })
    for (const exchange of order) answer(exchange, { rcode: Rcode.NXDomain })
    assertOnce(late)
    for (const [i, { message }] of late.entries()) {
      assert.equal(message.id, i)
      assert.deepEqual(message.questions[0]!.name, nameOf(`n${i}.example.org`))
    }
    assert.equal(bench.slowLane.count, 0)
  })
})

suite('the way back', () => {
  test('is told once that nothing comes when the client has gone', () => {
    const bench = new Bench()
    bench.udp.gone = true
    const gone = [bench.udp.wait(queryOf()), bench.udp.wait(queryOf({ name: 'b.example.org' }))]
    bench.udp.gone = false
    const here = bench.udp.wait(queryOf())
    answer(bench.resolver.exchanges[0]!, A)
    fail(bench.resolver.exchanges[1]!, FailureKind.Closed)
    assertOnce([...gone, here])
    assert.deepEqual(
      gone.map(({ sent }) => sent),
      [null, null],
    )
    assert.equal(here.message.answers.length, 1)
    assert.equal(bench.counts.of(`answered:${Rcode.NoError}`), 1)
  })

  test('may be used before submit returns: by an answer, and by a failure', () => {
    const bench = new Bench()
    bench.resolver.react = (exchange) => answer(exchange, A)
    assert.equal(bench.udp.wait(queryOf()).message.answers.length, 1)
    bench.resolver.react = (exchange) => fail(exchange, FailureKind.Shutdown)
    const { message } = bench.udp.wait(queryOf({ name: 'b.example.org', edns: {} }))
    assert.equal(message.rcode, Rcode.ServFail)
    assert.deepEqual(extendedErrorsOf(message), [ExtendedError.NotReady])
    assert.equal(bench.slowLane.count, 0)
  })

  test('is used once, though a resolver calls twice', () => {
    const bench = new Bench()
    const late = [bench.udp.wait(queryOf()), bench.tcp.wait(queryOf())]
    const { last } = bench.resolver
    answer(last, A)
    answer(last, { rcode: Rcode.ServFail })
    fail(last, FailureKind.Timeout)
    assertOnce(late)
    assert.equal(late[0]!.message.rcode, Rcode.NoError)
    assert.equal(bench.slowLane.count, 0)
  })

  test('brings SERVFAIL when the resolver throws, and nobody joins the dead question later', () => {
    const bench = new Bench()
    const fault = new Error('as told')
    bench.resolver.react = () => {
      throw fault
    }
    assert.throws(() => bench.udp.send(queryOf()), fault)
    assertOnce(bench.udp.late)
    assert.equal(bench.udp.late[0]!.message.rcode, Rcode.ServFail)
    assert.equal(bench.slowLane.count, 0)
    bench.resolver.react = (exchange) => {
      answer(exchange, A)
      throw fault
    }
    assert.throws(() => bench.udp.send(queryOf()), fault)
    assertOnce(bench.udp.late)
    assert.equal(bench.udp.ask(queryOf()).answers.length, 1)
  })
})

suite('bounds', () => {
  test('beyond the questions under way: SERVFAIL with an extended error, at once (RFC 8914 §4.15)', () => {
    const bench = new Bench({ maxQuestions: 3 })
    for (const name of ['a', 'b', 'c']) bench.udp.wait(queryOf({ name: `${name}.example.org` }))
    const message = bench.udp.ask(queryOf({ name: 'd.example.org', edns: {} }))
    assert.equal(message.rcode, Rcode.ServFail)
    assert.deepEqual(extendedErrorsOf(message), [ExtendedError.NotReady])
    assert.equal(bench.counts.of('overloaded'), 1)
    // Others may still join, and there is room again when one has ended.
    bench.udp.wait(queryOf({ name: 'a.example.org' }))
    answer(bench.resolver.last, { rcode: Rcode.NXDomain })
    bench.udp.wait(queryOf({ name: 'd.example.org' }))
  })

  test('beyond the clients that wait for one question: the same, and those who wait are answered', () => {
    const bench = new Bench({ maxWaiters: 5 })
    const late = Array.from({ length: 5 }, () => bench.udp.wait(queryOf()))
    assert.equal(bench.udp.ask(queryOf()).rcode, Rcode.ServFail)
    answer(bench.resolver.last, A)
    assertOnce(late)
  })
})

test('the lane is idle when its last question has ended, for all who ask', async () => {
  const bench = new Bench()
  await bench.slowLane.idle()
  bench.udp.wait(queryOf())
  bench.udp.wait(queryOf({ name: 'b.example.org' }))
  let idle = 0
  const both = [bench.slowLane.idle(), bench.slowLane.idle()].map(async (promise) => {
    await promise
    idle++
  })
  answer(bench.resolver.exchanges[0]!, A)
  await Promise.resolve()
  assert.equal(idle, 0)
  fail(bench.resolver.exchanges[1]!, FailureKind.Timeout)
  await Promise.all(both)
})

test('what a client hears of a failure tells its kind, and nothing of our network (RFC 8914 §3)', () => {
  for (const kind of Object.values(FailureKind)) {
    const bench = new Bench()
    const late = bench.tls.wait(queryOf({ edns: {} }))
    fail(bench.resolver.last, kind)
    assert.equal(extendedErrorsOf(late.message).length, 1)
    const text = Buffer.from(late.message.edns!.options[0]!.data.subarray(2)).toString()
    assert.match(text, /^[a-z ]+$/)
    assert.doesNotMatch(text, /as told|^upstream/)
  }
})
