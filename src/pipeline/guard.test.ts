import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AccessList } from '../guard/acl.ts'
import { CookieSecrets } from '../guard/cookie-secrets.ts'
import { Cookies } from '../guard/cookies.ts'
import { LimitReason, LimitVerdict } from '../guard/limit-verdict.ts'
import { allocateQueryLimits, QueryLimiter } from '../guard/rate-limit.ts'
import { allocateResponseLimits, ResponseLimiter } from '../guard/response-limit.ts'
import { ExtendedError, OptionCode } from '../wire/edns.ts'
import { Flag, Opcode, Rcode } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { CookieStage } from './cookie-stage.ts'
import type { ClientIdentity } from './query.ts'
import {
  type Answered,
  answer,
  Bench,
  extendedErrorsOf,
  fail,
  Late,
  queryOf,
  read,
  recordsOf,
} from './testing.ts'

const A: Answered = { answers: recordsOf('www.example.org. 300 IN A 192.0.2.1') }
const SOA = recordsOf('example.org. 900 IN SOA ns.example.org. host.example.org. 1 2 3 4 60')
const EXEMPT = [127, 0, 0, 9]

const access = AccessList.compile({ allow: ['127.0.0.0/8'], exempt: ['127.0.0.9'] })

function cookies(required = false): CookieStage {
  return new CookieStage({
    cookies: new Cookies(CookieSecrets.random()),
    required,
    onMissing: LimitVerdict.Pass,
    clock: () => 0,
  })
}

/** Three queries a second for each client over UDP, five for who has proved its address. */
function queryLimits(onExceed: LimitVerdict = LimitVerdict.Truncate): QueryLimiter {
  const shape = {
    perClient: { rate: 3, burst: 3 },
    perVerifiedClient: { rate: 5, burst: 5 },
    perListener: null,
    total: null,
    ipv4Prefix: 32,
    ipv6Prefix: 56,
  }
  const memory = allocateQueryLimits(shape)
  return new QueryLimiter({ memory, shape, listener: 0, onExceed, slip: 0 })
}

/** Two equal answers a second. @param slip as in `ResponseLimiterOptions` */
function responseLimits(slip = 0): ResponseLimiter {
  const rates = { equal: 2, noData: 2, nxDomain: 2, errors: 2, window: 1 }
  const shape = { ...rates, ipv4Prefix: 24, ipv6Prefix: 56 }
  return new ResponseLimiter({ memory: allocateResponseLimits(), shape, slip })
}

/** A cookie that is good for 127.0.0.1. */
function goodCookie(bench: Bench) {
  const option = (data: Uint8Array) => ({ options: [{ code: OptionCode.Cookie, data }] })
  const asked = { questions: [], edns: option(new Uint8Array(8)) }
  return option(bench.tcp.ask(queryOf(asked)).edns!.options[0]!.data)
}

function isRefused(sent: Uint8Array | Late | null): boolean {
  return sent instanceof Uint8Array && read(sent).rcode === Rcode.Refused
}

function isTruncated(sent: Uint8Array | Late | null): boolean {
  if (!(sent instanceof Uint8Array)) return false
  const { flags, answers, rcode } = read(sent)
  return (flags & Flag.TC) !== 0 && answers.length === 0 && rcode === Rcode.NoError
}

suite('limits of queries', () => {
  test('let a client over UDP know by TC, before anything is looked up or asked', () => {
    const bench = new Bench({ guard: { access, queryLimits: queryLimits() } })
    const sent = Array.from({ length: 5 }, () => bench.udp.send(queryOf()))
    assert.deepEqual(
      sent.map((one) => one instanceof Late),
      [true, true, true, false, false],
    )
    assert.ok(sent.slice(3).every(isTruncated))
    assert.equal(bench.counts.of(`limited:${LimitReason.Client}:${LimitVerdict.Truncate}`), 2)
    assert.equal(bench.counts.of('miss'), 3)
    bench.now += 1
    assert.ok(bench.udp.send(queryOf()) instanceof Late)
  })

  test('drop or refuse as they are told', () => {
    const drop = new Bench({ guard: { queryLimits: queryLimits(LimitVerdict.Drop) } })
    const refuse = new Bench({ guard: { queryLimits: queryLimits(LimitVerdict.Refuse) } })
    for (let i = 0; i < 3; i++) for (const { udp } of [drop, refuse]) udp.send(queryOf())
    assert.equal(drop.udp.send(queryOf()), null)
    const refused = refuse.udp.ask(queryOf({ edns: {} }))
    assert.equal(refused.rcode, Rcode.Refused)
    assert.deepEqual(extendedErrorsOf(refused), [ExtendedError.Other])
  })

  test('know who has proved its address, by a connection or by a good cookie, as another', () => {
    const bench = new Bench({ guard: { queryLimits: queryLimits(), cookies: cookies() } })
    const edns = goodCookie(bench)
    for (let i = 0; i < 3; i++) bench.udp.send(queryOf())
    assert.ok(isTruncated(bench.udp.send(queryOf())))
    // The first was the query for the cookie.
    for (let i = 1; i < 5; i++) assert.ok(bench.udp.send(queryOf({ edns })) instanceof Late)
    assert.equal(bench.udp.ask(queryOf({ edns })).rcode, Rcode.Refused)
    assert.equal(bench.tcp.ask(queryOf()).rcode, Rcode.Refused)
  })

  test('do not count the exempt', () => {
    const bench = new Bench({ guard: { access, queryLimits: queryLimits() } })
    for (let i = 0; i < 50; i++) assert.ok(bench.udp.send(queryOf(), EXEMPT) instanceof Late)
  })

  test('count what is no query as well, and drop it above them', () => {
    const bench = new Bench({ guard: { queryLimits: queryLimits() } })
    const bad = [queryOf({ opcode: Opcode.Update }), Uint8Array.of(...queryOf(), 0)]
    for (const message of [...bad, ...bad]) bench.udp.send(message)
    for (const message of bad) assert.equal(bench.udp.send(message), null)
  })

  test('do not count what nobody is answered: QR=1, strangers', () => {
    const bench = new Bench({ guard: { queryLimits: queryLimits() } })
    for (let i = 0; i < 9; i++) bench.udp.send(queryOf({ flags: Flag.QR }))
    for (let i = 0; i < 9; i++) bench.udp.send(queryOf(), [192, 0, 2, 1])
    assert.ok(bench.udp.send(queryOf()) instanceof Late)
  })
})

suite('limits of equal answers', () => {
  test('hold back the same answer to one prefix, from the cache and late alike', () => {
    const bench = new Bench({ guard: { responseLimits: responseLimits() } })
    const late = Array.from({ length: 3 }, () => bench.udp.wait(queryOf()))
    answer(bench.resolver.last, A)
    assert.deepEqual(
      late.map(({ sent }) => sent !== null),
      [true, true, false],
    )
    assert.ok(late.every(({ commits }) => commits === 1))
    assert.equal(bench.udp.send(queryOf()), null)
    assert.equal(bench.udp.send(queryOf(), [127, 0, 0, 200]), null, 'of the same /24')
    assert.ok(bench.udp.send(queryOf(), [127, 0, 1, 1]) instanceof Uint8Array)
    assert.equal(bench.counts.of(`limited:${LimitReason.Responses}:${LimitVerdict.Drop}`), 3)
  })

  test('let a true client through by TC, from the cache and late alike', () => {
    const bench = new Bench({ guard: { responseLimits: responseLimits(1) } })
    const late = Array.from({ length: 3 }, () => bench.udp.wait(queryOf({ edns: {} })))
    answer(bench.resolver.last, A)
    assert.ok(isTruncated(late[2]!.sent))
    assert.ok(late[2]!.message.edns)
    assert.ok(isTruncated(bench.udp.send(queryOf())))
  })

  test('are for UDP without a good cookie, and not for the exempt', () => {
    const guard = { access, responseLimits: responseLimits(), cookies: cookies() }
    const bench = new Bench({ guard })
    bench.ready({}, A)
    const edns = goodCookie(bench)
    for (let i = 0; i < 9; i++) {
      assert.ok(bench.tcp.send(queryOf()) instanceof Uint8Array)
      assert.ok(bench.udp.send(queryOf({ edns })) instanceof Uint8Array)
      assert.ok(bench.udp.send(queryOf(), EXEMPT) instanceof Uint8Array)
    }
  })

  test('count random names below one zone as one (ISC-TN-2012-1 §2.1)', () => {
    const bench = new Bench({ guard: { responseLimits: responseLimits() } })
    const sent = [1, 2, 3, 4].map((n) => {
      const late = bench.udp.wait(queryOf({ name: `n${n}.example.org` }))
      answer(bench.resolver.last, { rcode: Rcode.NXDomain, authorities: SOA })
      return late.sent !== null
    })
    assert.deepEqual(sent, [true, true, false, false])
  })

  test('count errors: failures of upstreams, FORMERR, and REFUSED to strangers', () => {
    const failing = new Bench({ guard: { responseLimits: responseLimits() } })
    const late = Array.from({ length: 3 }, () => failing.udp.wait(queryOf()))
    fail(failing.resolver.last, 'timeout')
    assert.deepEqual(
      late.map(({ sent }) => sent !== null),
      [true, true, false],
    )
    assert.equal(failing.udp.send(Uint8Array.of(...queryOf(), 0)), null)
    const guard = { responseLimits: responseLimits() }
    const strange = new Bench({ guard, refuseStrangers: true })
    const sent = Array.from({ length: 3 }, () => strange.udp.send(queryOf(), [192, 0, 2, 1]))
    assert.deepEqual(
      sent.map((one) => one !== null),
      [true, true, false],
    )
  })

  test('hold back what must be cut to size as well', () => {
    const bench = new Bench({ guard: { responseLimits: responseLimits(1) } })
    const strings = Array.from({ length: 9 }, () => `"${'x'.repeat(200)}"`).join(' ')
    const asked = { type: RecordType.TXT }
    bench.ready(asked, { answers: recordsOf(`www.example.org. 300 IN TXT ${strings}`) })
    const sent = Array.from({ length: 3 }, () => bench.udp.send(queryOf(asked)))
    assert.ok(sent.every(isTruncated))
    assert.equal(bench.counts.of(`limited:${LimitReason.Responses}:${LimitVerdict.Truncate}`), 1)
  })
})

suite('a client that showed a certificate', () => {
  const certificates = [{ name: 'CN=printer', allow: true, exempt: true, group: 0 }]
  const rules = AccessList.compile({ allow: ['127.0.0.1'], certificates })
  const stranger = [192, 0, 2, 1]
  const identityOf = (name: string): ClientIdentity => ({ names: [name], traits: 0, owner: null })

  test('is who it says, wherever it comes from', () => {
    const bench = new Bench({ guard: { access: rules, queryLimits: queryLimits() } })
    assert.ok(isRefused(bench.tls.send(queryOf(), stranger)))
    bench.tls.identity = identityOf('CN=printer')
    for (let i = 0; i < 9; i++) assert.ok(bench.tls.send(queryOf(), stranger) instanceof Late)
    bench.tls.identity = identityOf('CN=nobody')
    assert.ok(isRefused(bench.tls.send(queryOf(), stranger)))
    bench.tls.identity = identityOf('CN=nobody')
    assert.ok(bench.tls.send(queryOf()) instanceof Late)
  })

  test('is looked up once, and again under other rules', () => {
    const identity = identityOf('CN=printer')
    const [before, after] = [rules, AccessList.compile({ allow: [] })].map((list) => {
      const bench = new Bench({ guard: { access: list } })
      bench.tls.identity = identity
      const sent = bench.tls.send(queryOf(), stranger)
      assert.equal(identity.owner, list)
      return isRefused(sent)
    })
    assert.deepEqual([before, after], [false, true])
  })

  test('may be admitted where its address alone would not be', () => {
    const { pipeline } = new Bench({ guard: { access: rules } })
    assert.ok(pipeline.admitsCertificates)
    assert.ok(!pipeline.admits(Uint8Array.from(stranger), 0, 4))
    assert.ok(!new Bench().pipeline.admitsCertificates)
  })
})
