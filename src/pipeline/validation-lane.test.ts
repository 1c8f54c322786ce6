import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { OVERLOADED } from '../dnssec/attempt.ts'
import type { SignedMessage } from '../dnssec/rrset.ts'
import { Security, type Verdict } from '../dnssec/verdict.ts'
import {
  type AnswerOrigin,
  type Exchange,
  FailureKind,
  type UpstreamFailure,
  type UpstreamQuestion,
} from '../upstream/exchange.ts'
import { allocateStrippingMemory, StrippingGuard } from '../upstream/stripping-guard.ts'
import { TimerWheel } from '../upstream/timer-wheel.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError } from '../wire/edns.ts'
import type { Message } from '../wire/codec/message.ts'
import { Rcode } from '../wire/header.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { type Answered, answer, FakeResolver, fail, nameOf, read, recordsOf } from './testing.ts'
import type { Upstreams, ValidationTools } from './validation.ts'
import { RootKeys, StrippingWatch } from './stripping-watch.ts'
import { ValidationLane } from './validation-lane.ts'

const A = 'www.example.org. 60 IN A 192.0.2.1'
const RRSIG =
  'www.example.org. 60 IN RRSIG A 13 3 60 20300101000000 20200101000000 1 example.org. AAAA'
const NS = 'example.org. 60 IN NS ns.example.org.'
const GLUE = 'ns.example.org. 60 IN A 192.0.2.53'

const SIGNED: Answered = {
  answers: recordsOf(`${A}\n${RRSIG}`),
  authorities: recordsOf(NS),
  additionals: recordsOf(GLUE),
}

const SECURE: Verdict = {
  security: Security.Secure,
  fault: null,
  at: null,
  ttls: Int32Array.of(60, 60, 60),
}
const INSECURE: Verdict = { security: Security.Insecure, fault: null, at: null, ttls: null }
const BOGUS: Verdict = {
  security: Security.Bogus,
  fault: { code: ExtendedError.SignatureExpired, text: 'www.example.org. A: too late' },
  at: null,
  ttls: null,
}

/** Upstreams of which there may be another one. */
class FakeUpstreams extends FakeResolver implements Upstreams {
  names: readonly string[] = ['upstream']

  hasOther(_question: Uint8Array, than: readonly string[]): boolean {
    return this.names.some((name) => !than.includes(name))
  }
}

class Asking implements Exchange {
  readonly question: UpstreamQuestion
  readonly startedAt: number
  readonly deadline: number
  readonly answers: { message: Message; upstream: string; origin: AnswerOrigin | undefined }[] = []
  readonly codes: number[] = []
  readonly failures: UpstreamFailure[] = []

  constructor(startedAt: number, question: Partial<UpstreamQuestion>) {
    this.startedAt = startedAt
    this.deadline = startedAt + 4_000
    this.question = {
      question: Uint8Array.of(...nameOf('www.example.org'), 0, 1, 0, 1),
      dnssecOk: false,
      checkingDisabled: false,
      options: null,
      subnet: null,
      ...question,
    }
  }

  onAnswer(scan: AnswerScan, upstream: string, _now: number, origin?: AnswerOrigin): void {
    const { bytes, start, length } = scan
    this.codes.push(scan.extendedError)
    this.answers.push({ message: read(bytes.slice(start, start + length)), upstream, origin })
  }

  onFailure(failure: UpstreamFailure): void {
    this.failures.push(failure)
  }
}

/** Of an upstream that is known to leave signatures out. */
function strippingBy(upstream: string): StrippingWatch {
  const memory = allocateStrippingMemory(1)
  const guard = new StrippingGuard({ memory, names: [upstream], seconds: () => 1 })
  guard.settle(upstream, true)
  return new StrippingWatch({
    guard,
    rootKeysAt: () => Promise.resolve(RootKeys.Unsigned),
    events: { strippingFound() {}, strippingGone() {} },
  })
}

function setUp(stripping: StrippingWatch | null = null, ranges: ValidationTools['ranges'] = null) {
  const clock = new FakeClock()
  const upstreams = new FakeUpstreams()
  const judged: SignedMessage[] = []
  const counts: string[] = []
  const faults: unknown[] = []
  let verdict: () => Verdict | Promise<Verdict> = () => SECURE
  const wheel = new TimerWheel({ clock })
  const lane = new ValidationLane({
    next: upstreams,
    judge: {
      validate(message) {
        judged.push(message)
        return verdict()
      },
    },
    stripping,
    clockWatch: { onSecure() {}, onBogus: (_, fault) => fault },
    ranges,
    wheel,
    clock,
    metrics: {
      validated: (security) => counts.push(security),
      bogus: (code) => counts.push(`bogus ${code}`),
      bogusFrom: (upstream) => counts.push(`by ${upstream}`),
      retried: () => counts.push('retried'),
    },
    onFault: (error) => faults.push(error),
  })
  return {
    clock,
    wheel,
    upstreams,
    judged,
    counts,
    faults,
    judge(by: () => Verdict | Promise<Verdict>) {
      verdict = by
    },
    ask(question: Partial<UpstreamQuestion> = {}): Asking {
      const asking = new Asking(clock.now(), question)
      lane.forward(asking)
      return asking
    },
  }
}

/** An extended error. */
const option = (code: number) => ({
  edns: { options: [{ code: 15, data: Uint8Array.of(0, code) }] },
})

/** `version.bind. CH TXT` */
const CHAOS = Buffer.from('\x07version\x04bind\0\0\x10\0\x03', 'latin1')

const turn = () => new Promise(setImmediate)

suite('validation', () => {
  test('asks with DO and CD, whatever the client said (RFC 4035 §3.2.1, RFC 6840 §5.9)', () => {
    const it = setUp()
    it.ask({ subnet: Uint8Array.of(0, 1, 24, 0, 198, 51, 100), options: Uint8Array.of(0, 3, 0, 0) })
    const { question } = it.upstreams.last
    assert.deepEqual([question.dnssecOk, question.checkingDisabled], [true, true])
    assert.deepEqual(question.subnet, Uint8Array.of(0, 1, 24, 0, 198, 51, 100))
    assert.deepEqual(question.options, Uint8Array.of(0, 3, 0, 0))
  })

  for (const [what, question] of [
    ['whose client checks himself (RFC 4035 §3.2.2)', { checkingDisabled: true }],
    ['of another class', { question: CHAOS }],
  ] as const) {
    test(`leaves a question alone ${what}`, () => {
      const it = setUp()
      const asking = it.ask(question)
      assert.equal(it.upstreams.last, asking)
      assert.equal(it.judged.length, 0)
    })
  }

  test('says of what hangs on a negative trust anchor that it does (RFC 7646)', () => {
    const it = setUp()
    it.judge(() => ({ ...INSECURE, isPassing: true }))
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    const expected = { stored: false, security: Security.Insecure, isPassing: true }
    assert.deepEqual(asking.answers[0]!.origin, expected)
    assert.deepEqual(it.counts, ['insecure'])
  })

  test('hands on what was proven and nothing else', () => {
    const it = setUp()
    it.judge(() => ({ ...SECURE, ttls: Int32Array.of(60, 60, -1) }))
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    const [heard] = asking.answers
    assert.deepEqual(heard!.message.answers, SIGNED.answers)
    assert.deepEqual([heard!.message.authorities, heard!.message.additionals], [[], []])
    assert.deepEqual(heard!.origin, { stored: false, security: Security.Secure })
    assert.notEqual(heard!.message.edns, null)
    assert.deepEqual(it.counts, ['secure'])
  })

  test('hands on what was proven where a record before it was not', () => {
    const it = setUp()
    it.judge(() => ({ ...SECURE, ttls: Int32Array.of(-1, 60, 60) }))
    const asking = it.ask()
    answer(it.upstreams.last, {
      authorities: recordsOf(
        `${NS}\nexample.org. 60 IN SOA ns.example.org. a.example.org. 1 2 3 4 5`,
      ),
      additionals: recordsOf(`${GLUE}\nns.example.org. 60 IN AAAA 2001:db8::1`),
      answers: recordsOf('www.example.org. 60 IN TXT "unproven"'),
    })
    const { message } = asking.answers[0]!
    assert.deepEqual([message.answers.length, message.additionals.length], [0, 0])
    assert.deepEqual(
      message.authorities.map(({ type }) => type),
      [2, 6],
    )
  })

  test('caps times to live at what was proven (RFC 4035 §5.3.3)', () => {
    const it = setUp()
    it.judge(() => ({ ...SECURE, ttls: Int32Array.of(7, 7, 90) }))
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    const { message } = asking.answers[0]!
    assert.deepEqual(
      [...message.answers, ...message.authorities].map(({ ttl }) => ttl),
      [7, 7, 60],
    )
  })

  for (const security of [Security.Insecure, Security.Indeterminate]) {
    test(`hands on what is ${security} as it came`, () => {
      const it = setUp()
      it.judge(() => ({ ...INSECURE, security }))
      const asking = it.ask()
      answer(it.upstreams.last, SIGNED)
      assert.deepEqual(asking.answers[0]!.message.additionals, SIGNED.additionals)
      assert.deepEqual(asking.answers[0]!.origin, { stored: false, security })
      assert.deepEqual(it.counts, [security])
    })
  }

  test('says why a signed zone counts as insecure (RFC 9276 §3.2), and nothing that upstreams say of it', () => {
    const it = setUp()
    const fault = { code: ExtendedError.UnsupportedNsec3Iterations, text: 'too many' }
    const verdicts = [{ ...INSECURE, fault }, INSECURE, INSECURE]
    it.judge(() => verdicts.shift()!)
    const asking = it.ask()
    answer(it.upstreams.last, { ...SIGNED, ...option(ExtendedError.DnssecBogus) })
    const [one, other] = [it.ask(), it.ask()]
    answer(it.upstreams.exchanges[1]!, { ...SIGNED, ...option(ExtendedError.DnssecBogus) })
    answer(it.upstreams.exchanges[2]!, { ...SIGNED, ...option(ExtendedError.ForgedAnswer) })
    assert.deepEqual(
      [asking, one, other].map(({ codes }) => codes),
      [[ExtendedError.UnsupportedNsec3Iterations], [-1], [ExtendedError.ForgedAnswer]],
    )
  })

  test('has no say in errors of upstreams', () => {
    const it = setUp()
    const asking = it.ask()
    answer(it.upstreams.last, { rcode: Rcode.ServFail })
    assert.equal(it.judged.length, 0)
    assert.equal(asking.answers[0]!.message.rcode, Rcode.ServFail)
    assert.equal(asking.answers[0]!.origin, undefined)
  })

  test('believes no upstream that says why an answer does not validate', () => {
    const it = setUp()
    const [asking, other] = [it.ask(), it.ask()]
    answer(it.upstreams.exchanges[0]!, {
      rcode: Rcode.ServFail,
      ...option(ExtendedError.DnssecBogus),
    })
    answer(it.upstreams.exchanges[1]!, { rcode: Rcode.ServFail, ...option(ExtendedError.NotReady) })
    assert.deepEqual([asking.codes, other.codes], [[-1], [ExtendedError.NotReady]])
  })

  test('asks those who leave signatures out only where there is nobody else, for who checks himself, too', () => {
    const it = setUp(strippingBy('stripper'))
    it.ask()
    assert.deepEqual(it.upstreams.last.question.avoid, ['stripper'])
    const asking = it.ask({ checkingDisabled: true, dnssecOk: true })
    const { question } = it.upstreams.last
    assert.deepEqual([question.avoid, question.checkingDisabled], [['stripper'], true])
    answer(it.upstreams.last, SIGNED)
    assert.equal(asking.answers[0]!.message.answers.length, 2)
    it.ask({ checkingDisabled: true })
    assert.equal(it.upstreams.last.question.avoid, undefined)
  })

  test('hands on no data that come with an error, for nobody can have signed that', () => {
    const it = setUp()
    const asking = it.ask()
    answer(it.upstreams.last, { ...SIGNED, rcode: Rcode.Refused })
    const { rcode, answers, authorities, additionals } = asking.answers[0]!.message
    assert.deepEqual([rcode, answers, authorities, additionals], [Rcode.Refused, [], [], []])
    assert.equal(it.judged.length, 0)
  })

  test('has the answer judged that a DNAME makes too long a name (RFC 6672 §2.2)', () => {
    const it = setUp()
    it.judge(() => BOGUS)
    const asking = it.ask()
    answer(it.upstreams.last, { ...SIGNED, rcode: Rcode.YXDomain })
    assert.equal(it.judged.length, 1)
    assert.equal(asking.failures[0]!.kind, FailureKind.Bogus)
  })

  test('takes its time, and the answer is then what it was', async () => {
    const it = setUp()
    const { promise, resolve } = Promise.withResolvers<Verdict>()
    it.judge(() => promise)
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    assert.equal(asking.answers.length, 0)
    resolve(SECURE)
    await turn()
    assert.deepEqual(asking.answers[0]!.message.answers, SIGNED.answers)
    assert.equal(it.wheel.size, 0)
  })

  test('that takes too long is a failure, once, and ends in silence', async () => {
    const it = setUp()
    const { promise, resolve } = Promise.withResolvers<Verdict>()
    it.judge(() => promise)
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    it.clock.advance(4_100)
    assert.deepEqual(
      asking.failures.map(({ kind }) => kind),
      [FailureKind.Timeout],
    )
    resolve(SECURE)
    await turn()
    assert.deepEqual([asking.answers.length, asking.failures.length], [0, 1])
  })

  test('that fails by a fault of ours is a failure, and is told', async () => {
    const it = setUp()
    it.judge(() => {
      throw new Error('at once')
    })
    const one = it.ask()
    answer(it.upstreams.last, SIGNED)
    it.judge(() => Promise.reject(new Error('later')))
    const other = it.ask()
    answer(it.upstreams.last, SIGNED)
    await turn()
    assert.deepEqual([one.failures.length, other.failures.length], [1, 1])
    assert.equal(it.faults.length, 2)
  })

  test('fails where what was proven cannot be taken, which would be a fault of ours', async () => {
    const ranges = {
      learn() {
        throw new Error('a fault')
      },
    }
    const it = setUp(null, ranges)
    const one = it.ask()
    answer(it.upstreams.last, SIGNED)
    it.judge(() => Promise.resolve(SECURE))
    const other = it.ask()
    answer(it.upstreams.last, SIGNED)
    await turn()
    assert.deepEqual([one.failures.length, other.failures.length], [1, 1])
    assert.deepEqual([one.answers.length, other.answers.length], [0, 0])
    assert.equal(it.faults.length, 2)
  })

  test('has room for so many answers that wait, and turns others away, the large ones first', async () => {
    const it = setUp()
    const verdicts: PromiseWithResolvers<Verdict>[] = []
    const judge = () => {
      const verdict = Promise.withResolvers<Verdict>()
      verdicts.push(verdict)
      return verdict.promise
    }
    it.judge(judge)
    const long = recordsOf(
      Array.from(
        { length: 200 },
        (_, i) => `www.example.org. 60 IN TXT "${i}${'x'.repeat(250)}"`,
      ).join('\n'),
    )
    const wait = (answers: Message['answers']) => {
      const asking = it.ask()
      answer(it.upstreams.last, { answers })
      return asking
    }
    const isTurnedAway = ({ failures }: Asking) => failures.length > 0
    const large = Array.from({ length: 700 }, () => wait(long))
    const turnedAway = large.filter(isTurnedAway)
    assert.ok(turnedAway.length > 0 && turnedAway.length < 600, String(turnedAway.length))
    assert.equal(turnedAway[0]!.failures[0]!.kind, FailureKind.Overload)
    assert.equal(
      verdicts.length,
      700 - turnedAway.length,
      'nobody judges what there is no room for',
    )
    assert.ok(!Array.from({ length: 100 }, () => wait(recordsOf(A))).some(isTurnedAway))
    for (const { resolve } of verdicts) resolve(INSECURE)
    await turn()
    assert.ok(!isTurnedAway(wait(long)))
  })
})

suite('a bogus answer', () => {
  test('is none: the client learns why', () => {
    const it = setUp()
    it.judge(() => BOGUS)
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    const [failure] = asking.failures
    assert.deepEqual([failure!.kind, failure!.upstream], [FailureKind.Bogus, 'upstream'])
    assert.equal(failure!.fault, BOGUS.fault)
    assert.deepEqual(it.counts, ['by upstream', 'bogus', 'bogus 7'])
    assert.equal(it.upstreams.exchanges.length, 1, 'there is nobody else to ask')
  })

  test('is asked for once more of another upstream', () => {
    const it = setUp()
    it.upstreams.names = ['upstream', 'other']
    const verdicts = [BOGUS, SECURE]
    it.judge(() => verdicts.shift()!)
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    assert.deepEqual(it.upstreams.last.question.avoid, ['upstream'])
    answer(it.upstreams.last, SIGNED)
    assert.equal(asking.answers.length, 1)
    assert.deepEqual(it.counts, ['by upstream', 'retried', 'secure'])
  })

  for (const [what, second] of [
    ['is bogus there as well', (exchange: Exchange) => answer(exchange, SIGNED)],
    ['is not to be had there', (exchange: Exchange) => fail(exchange, FailureKind.Timeout)],
    ['is refused there', (exchange: Exchange) => answer(exchange, { rcode: Rcode.Refused })],
  ] as const) {
    test(`stays bogus when it ${what}`, () => {
      const it = setUp()
      it.upstreams.names = ['upstream', 'other']
      it.judge(() => BOGUS)
      const asking = it.ask()
      answer(it.upstreams.last, SIGNED)
      second(it.upstreams.last)
      assert.equal(it.upstreams.exchanges.length, 2)
      assert.deepEqual(
        asking.failures.map(({ kind }) => kind),
        [FailureKind.Bogus],
      )
      assert.equal(asking.answers.length, 0)
    })
  }

  test('is none when it was not checked, for want of time: nobody is blamed, nor asked again', () => {
    const it = setUp()
    it.upstreams.names = ['upstream', 'other']
    it.judge(() => ({ ...BOGUS, fault: OVERLOADED }))
    const asking = it.ask()
    answer(it.upstreams.last, SIGNED)
    assert.deepEqual(
      asking.failures.map(({ kind, fault }) => [kind, fault]),
      [[FailureKind.Overload, undefined]],
    )
    assert.equal(it.upstreams.exchanges.length, 1)
    assert.deepEqual(it.counts, [])
  })

  test('is not asked for again when there is no time left', () => {
    const it = setUp()
    it.upstreams.names = ['upstream', 'other']
    it.judge(() => BOGUS)
    const asking = it.ask()
    const { last } = it.upstreams
    const late: Exchange = {
      question: last.question,
      startedAt: last.deadline - 10,
      deadline: last.deadline,
      onAnswer: (scan, upstream, now) => last.onAnswer(scan, upstream, now),
      onFailure() {},
    }
    answer(late, SIGNED)
    assert.equal(asking.failures[0]!.kind, FailureKind.Bogus)
  })
})
