// What one validation leaves behind, whatever it came to.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { Security, type Verdict } from '../dnssec/verdict.ts'
import type { Exchange, UpstreamFailure } from '../upstream/exchange.ts'
import { allocateStrippingMemory, StrippingGuard } from '../upstream/stripping-guard.ts'
import { TimerWheel } from '../upstream/timer-wheel.ts'
import { AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError } from '../wire/edns.ts'
import { ProvenPart } from './proven-part.ts'
import { RootKeys, StrippingWatch } from './stripping-watch.ts'
import { answer, type Answered, FakeResolver, nameOf, recordsOf } from './testing.ts'
import { Validation } from './validation.ts'
import { ValidationRoom } from './validation-room.ts'

const BARE: Answered = { answers: recordsOf('www.example.org. 60 IN A 192.0.2.1') }
const SIGNED: Answered = {
  answers: recordsOf(`www.example.org. 60 IN A 192.0.2.1
www.example.org. 60 IN RRSIG A 13 3 60 20300101000000 20200101000000 1 example.org. AAAA`),
}

const SECURE: Verdict = {
  security: Security.Secure,
  fault: null,
  at: null,
  ttls: Int32Array.of(60, 60),
}
const BOGUS: Verdict = {
  security: Security.Bogus,
  fault: { code: ExtendedError.RrsigsMissing, text: 'www.example.org. A: is not signed' },
  at: null,
  ttls: null,
}

/** @param octets of room for answers */
function setUp(octets = 1_000_000) {
  const clock = new FakeClock()
  const next = Object.assign(new FakeResolver(), { hasOther: () => false })
  const heard: string[] = []
  const memory = allocateStrippingMemory(1)
  const guard = new StrippingGuard({ memory, names: ['upstream'], seconds: () => 1 })
  const stripping = new StrippingWatch({
    guard,
    rootKeysAt: (upstream) => {
      heard.push(`asks ${upstream} for the keys of the root`)
      return Promise.resolve(RootKeys.None)
    },
    events: { strippingFound() {}, strippingGone() {} },
  })
  const tools = {
    next,
    proven: new ProvenPart(),
    stripping,
    clockWatch: {
      onSecure: () => void heard.push('the clock is right'),
      onBogus: (_: unknown, fault: NonNullable<Verdict['fault']>) => fault,
    },
    wheel: new TimerWheel({ clock }),
    clock,
    metrics: { validated() {}, bogus() {}, bogusFrom() {}, retried() {} },
    scan: new AnswerScan(),
    room: new ValidationRoom(octets),
    ranges: null,
    onFault: () => void heard.push('a fault'),
  }
  const ask = async (judge: () => Verdict | Promise<Verdict>, answered: Answered) => {
    const exchange: Exchange = {
      question: {
        question: Uint8Array.of(...nameOf('www.example.org'), 0, 1, 0, 1),
        dnssecOk: false,
        checkingDisabled: false,
        options: null,
        subnet: null,
      },
      startedAt: clock.now(),
      deadline: clock.now() + 4_000,
      onAnswer: () => void heard.push('answered'),
      onFailure: ({ detail }: UpstreamFailure) => void heard.push(detail),
    }
    next.forward(new Validation({ ...tools, judge: { validate: judge } }, exchange))
    answer(next.last, answered)
    await new Promise(setImmediate)
    return heard.splice(0)
  }
  return { ask }
}

suite('a validation', () => {
  const fault = new Error('a fault of the program')
  for (const [title, judge, expected] of [
    ['is secure', () => SECURE, 'answered'],
    ['is secure in the end', () => Promise.resolve(SECURE), 'answered'],
    ['is bogus', () => BOGUS, 'it does not validate: info code 10'],
    [
      'fails',
      () => {
        throw fault
      },
      'a fault in the validator',
    ],
    ['fails in the end', () => Promise.reject(fault), 'a fault in the validator'],
  ] as const) {
    test(`that ${title} gives back the memory that it took`, async () => {
      // Room for eight of them.
      const it = setUp(10_000)
      for (let i = 0; i < 50; i++) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const heard = await it.ask(judge, SIGNED)
        assert.ok(heard.includes(expected), `${i}: ${heard.join()}`)
      }
    })
  }

  test('that finds signatures which hold now tells those who doubt the clock', async () => {
    const it = setUp()
    assert.deepEqual(await it.ask(() => SECURE, SIGNED), ['the clock is right', 'answered'])
    assert.ok(!(await it.ask(() => BOGUS, SIGNED)).includes('the clock is right'))
  })

  test('suspects who gives no signatures, and nobody who gives bad ones', async () => {
    const it = setUp()
    assert.ok(!(await it.ask(() => BOGUS, SIGNED)).some((said) => said.startsWith('asks')))
    assert.ok((await it.ask(() => BOGUS, BARE)).some((said) => said.startsWith('asks')))
  })
})
