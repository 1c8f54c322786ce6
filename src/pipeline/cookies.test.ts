import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CookieSecrets } from '../guard/cookie-secrets.ts'
import { CookieState, Cookies } from '../guard/cookies.ts'
import { LimitVerdict } from '../guard/limit-verdict.ts'
import type { Message } from '../wire/codec/message.ts'
import { ExtendedError, OptionCode } from '../wire/edns.ts'
import { Flag, Rcode } from '../wire/header.ts'
import { QueryFault } from '../wire/query-scan.ts'
import { RecordType } from '../wire/record-type.ts'
import { CookieStage } from './cookie-stage.ts'
import {
  type Answered,
  answer,
  type Asked,
  Bench,
  extendedErrorsOf,
  fail,
  Late,
  queryOf,
  read,
  recordsOf,
} from './testing.ts'

const A: Answered = { answers: recordsOf('www.example.org. 300 IN A 192.0.2.1') }
const CLIENT_COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

const secrets = CookieSecrets.random()

interface Mode {
  readonly required?: boolean
  readonly onMissing?: LimitVerdict
  readonly maxUnverifiedUdpSize?: number
}

function bench(mode: Mode = {}): Bench {
  const { required = false, onMissing = LimitVerdict.Pass, ...options } = mode
  const clock = () => 1_700_000_000
  const cookies = new CookieStage({ cookies: new Cookies(secrets), required, onMissing, clock })
  return new Bench({ ...options, guard: { cookies } })
}

/** A query with a COOKIE option. */
function withCookie(data: Uint8Array, asked: Asked = {}): Uint8Array {
  return queryOf({ ...asked, edns: { options: [{ code: OptionCode.Cookie, data }] } })
}

function cookieOf({ edns }: Message): Uint8Array | null {
  return edns?.options.find(({ code }) => code === OptionCode.Cookie)?.data ?? null
}

/** The cookie that a server gives a client, here 127.0.0.1 unless said. */
function given(to: Bench, client?: readonly number[]): Uint8Array {
  const sent = to.udp.send(withCookie(CLIENT_COOKIE, { questions: [] }), client)
  assert.ok(sent instanceof Uint8Array)
  return cookieOf(read(sent))!
}

function assertCookie(message: Message, client = CLIENT_COOKIE): void {
  const cookie = cookieOf(message)
  assert.equal(cookie?.length, 24)
  assert.deepEqual(cookie.subarray(0, 8), client)
}

suite('a client’s cookie (RFC 7873 §5.2)', () => {
  test('is answered with a server cookie over any transport: from the cache, late, and in errors', () => {
    const it = bench()
    for (const listener of [it.udp, it.tcp, it.tls]) {
      const name = `${listener.transport}.example.org`
      const late = listener.wait(withCookie(CLIENT_COOKIE, { name }))
      answer(it.resolver.last, { answers: recordsOf(`${name}. 300 IN A 192.0.2.1`) })
      assertCookie(late.message)
      assertCookie(listener.ask(withCookie(CLIENT_COOKIE, { name })))
      const failing = listener.wait(withCookie(CLIENT_COOKIE, { name: `not.${name}` }))
      fail(it.resolver.last, 'timeout')
      assertCookie(failing.message)
      const transfer = { questions: [{ name: new Uint8Array(1), type: RecordType.AXFR, class: 1 }] }
      assertCookie(listener.ask(withCookie(CLIENT_COOKIE, transfer)))
    }
    assert.equal(it.counts.of(`cookie:${CookieState.ClientOnly}`), 12)
  })

  test('never goes to the upstream, and makes no query another one', () => {
    const it = bench()
    const first = it.udp.wait(withCookie(CLIENT_COOKIE))
    const second = it.udp.wait(queryOf({ edns: {} }))
    assert.equal(it.resolver.exchanges.length, 1)
    assert.equal(it.resolver.last.question.options, null)
    answer(it.resolver.last, A)
    assertCookie(first.message)
    assert.equal(cookieOf(second.message), null)
  })

  test('of each who waits for one answer goes back to it alone', () => {
    const it = bench()
    const others = [1, 2, 3, 4].map((n) => Uint8Array.from(CLIENT_COOKIE, (octet) => octet + n))
    const late = others.map((cookie) => it.udp.wait(withCookie(cookie)))
    answer(it.resolver.last, A)
    for (const [i, { message }] of late.entries()) assertCookie(message, others[i])
    const made = new Set(late.map(({ message }) => String(cookieOf(message))))
    assert.equal(made.size, others.length)
  })

  test('with our server cookie is good, and goes back as it came', () => {
    const it = bench()
    it.ready({}, A)
    const cookie = given(it)
    const message = it.udp.ask(withCookie(cookie))
    assert.deepEqual(cookieOf(message), cookie)
    assert.equal(it.counts.of(`cookie:${CookieState.Good}`), 1)
  })

  test('of another address is bad, and answered with a fresh one (§5.2.4)', () => {
    const it = bench()
    it.ready({}, A)
    const foreign = given(it, [127, 0, 0, 2])
    const message = it.udp.ask(withCookie(foreign))
    assert.equal(message.rcode, Rcode.NoError)
    assert.notDeepEqual(cookieOf(message), foreign)
    assert.deepEqual(cookieOf(message), given(it))
    assert.equal(it.counts.of(`cookie:${CookieState.Bad}`), 1)
  })

  test('of no legal length is answered FORMERR, without a cookie (§5.2.2)', () => {
    const it = bench()
    for (const length of [0, 1, 7, 9, 15, 41, 100]) {
      const message = it.udp.ask(withCookie(new Uint8Array(length)))
      assert.equal(message.rcode, Rcode.FormErr, `${length} octets`)
      assert.equal(cookieOf(message), null)
    }
    assert.equal(it.counts.of(`cookie:${CookieState.Malformed}`), 7)
    assert.equal(it.counts.of(`rejected:${QueryFault.Malformed}`), 7)
  })

  test('is ignored, whatever it is, where there are none (§5.2)', () => {
    const off = new Bench()
    off.ready({}, A)
    for (const length of [0, 5, 8, 24, 60]) {
      const message = off.udp.ask(withCookie(new Uint8Array(length)))
      assert.equal(message.rcode, Rcode.NoError)
      assert.deepEqual(message.edns?.options, [])
    }
    const alone = off.udp.ask(withCookie(CLIENT_COOKIE, { questions: [] }))
    assert.equal(alone.rcode, Rcode.FormErr)
  })
})

suite('a query for a cookie alone (RFC 7873 §5.4)', () => {
  const none = { questions: [] }

  test('gets one and no question, NOERROR for a client cookie, and for a good one', () => {
    const it = bench()
    for (const cookie of [CLIENT_COOKIE, given(it)]) {
      const message = it.udp.ask(withCookie(cookie, none))
      assert.equal(message.rcode, Rcode.NoError)
      assert.deepEqual(message.questions, [])
      assertCookie(message)
    }
  })

  test('gets BADCOOKIE for one that is not ours, also where none is required', () => {
    const it = bench()
    const message = it.udp.ask(withCookie(new Uint8Array(24), none))
    assert.equal(message.rcode, Rcode.BadCookie)
    assertCookie(message, new Uint8Array(8))
  })

  test('gets FORMERR for one of no legal length', () => {
    assert.equal(bench().udp.ask(withCookie(new Uint8Array(9), none)).rcode, Rcode.FormErr)
  })
})

suite('cookies that are required', () => {
  test('get BADCOOKIE with a fresh one to who has none of ours, over UDP alone (RFC 7873 §5.2.3)', () => {
    const it = bench({ required: true })
    it.ready({}, A)
    for (const cookie of [CLIENT_COOKIE, new Uint8Array(24), new Uint8Array(40)]) {
      const refused = it.udp.ask(withCookie(cookie))
      assert.equal(refused.rcode, Rcode.BadCookie)
      assert.deepEqual([refused.answers, refused.questions.length], [[], 1])
      const message = it.udp.ask(withCookie(cookieOf(refused)!))
      assert.equal(message.rcode, Rcode.NoError)
      assert.equal(message.answers.length, 1)
      assert.equal(it.tcp.ask(withCookie(cookie)).answers.length, 1)
    }
    assert.equal(it.counts.of(`answered:${Rcode.BadCookie}`), 3)
  })

  test('get who sends none what the setting says: TC, REFUSED, or an answer', () => {
    const query = queryOf({ edns: {} })
    const truncating = bench({ required: true, onMissing: LimitVerdict.Truncate })
    truncating.ready({}, A)
    for (const asked of [query, queryOf()]) {
      const message = truncating.udp.ask(asked)
      assert.deepEqual([message.flags & Flag.TC, message.answers], [Flag.TC, []])
    }
    assert.equal(truncating.tcp.ask(query).answers.length, 1)
    const refusing = bench({ required: true, onMissing: LimitVerdict.Refuse })
    const refused = refusing.udp.ask(query)
    assert.equal(refused.rcode, Rcode.Refused)
    assert.deepEqual(extendedErrorsOf(refused), [ExtendedError.Other])
    const answering = bench({ required: true, onMissing: LimitVerdict.Pass })
    answering.ready({}, A)
    assert.equal(answering.udp.ask(query).answers.length, 1)
  })

  test('do not let a query upstream that lacks them', () => {
    const it = bench({ required: true, onMissing: LimitVerdict.Truncate })
    for (const query of [queryOf(), withCookie(CLIENT_COOKIE)]) it.udp.ask(query)
    assert.equal(it.resolver.exchanges.length, 0)
    assert.ok(it.udp.send(withCookie(given(it))) instanceof Late)
  })
})

suite('the largest answer to who may be forged', () => {
  const long = { answers: recordsOf(`www.example.org. 300 IN TXT ${'"'.padEnd(201, 'x')}"`) }
  const asked = { type: RecordType.TXT }

  test('over UDP is never above its cap without a good cookie: TC says that there is more', () => {
    const it = bench({ maxUnverifiedUdpSize: 240 })
    const late = it.udp.wait(queryOf({ ...asked, edns: { udpSize: 4_096 } }))
    answer(it.resolver.last, long)
    assert.ok(late.sent!.length <= 240)
    assert.equal(late.message.flags & Flag.TC, Flag.TC)
    for (const message of [queryOf(asked), withCookie(CLIENT_COOKIE, asked)]) {
      const sent = it.udp.send(message)
      assert.ok(sent instanceof Uint8Array && sent.length <= 240)
      assert.equal(read(sent).flags & Flag.TC, Flag.TC)
    }
    assert.equal(it.tcp.ask(queryOf(asked)).answers.length, 1)
    assert.equal(it.udp.ask(withCookie(given(it), asked)).answers.length, 1)
  })

  test('is not held against a late answer to a good cookie', () => {
    const it = bench({ maxUnverifiedUdpSize: 240 })
    const late = it.udp.wait(withCookie(given(it), asked))
    answer(it.resolver.last, long)
    assert.equal(late.message.answers.length, 1)
  })
})
