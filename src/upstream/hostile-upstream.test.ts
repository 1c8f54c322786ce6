// Two upstreams, the first of them hostile: the exchange gets the second's answer, or, where both
// are hostile, a failure within its deadline; and never hears twice.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestCa, type TestCa, type TestCertificate } from '../../test/support/certificates.ts'
import {
  DotServer,
  type DotServerOptions,
  makeAnswer,
  type ServedQuery,
} from '../../test/support/dot-server.ts'
import {
  DOT_NAME,
  IN_ORDER,
  QUICK_LIMITS,
  upstreamAt,
} from '../../test/support/dot-upstream-options.ts'
import { ask, questionFor } from '../../test/support/exchanges.ts'
import type { FailureKind } from './exchange.ts'
import { DotForwarder } from '../../test/support/dot-forwarder.ts'
import { SessionStore } from './tls/session-store.ts'

// All made before the tests, which run together: openssl is waited for, and would hold up others.
let ca: TestCa
let certificate: TestCertificate
let expired: TestCertificate
let misnamed: TestCertificate
before(() => {
  ca = createTestCa()
  certificate = ca.issue({ names: [DOT_NAME] })
  expired = ca.issue({ names: [DOT_NAME], expired: true })
  misnamed = ca.issue({ names: ['dot.example.com'] })
})
after(() => ca[Symbol.dispose]())

const TIMEOUT = 3_000

interface Hostility {
  readonly what: string
  readonly react?: (query: ServedQuery) => void
  readonly server?: () => Partial<DotServerOptions>
  readonly kind: FailureKind
}

const frameOf = (length: number, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(length >> 8, length & 255), body])

const HOSTILITIES: readonly Hostility[] = [
  {
    what: 'answers with a wrong ID',
    react: (query) => query.answer({ id: query.id ^ 1 }),
    kind: 'stalled',
  },
  {
    what: 'answers another name',
    react: (query) => query.answer({ question: questionFor('www.example.com').question }),
    kind: 'stalled',
  },
  {
    what: 'answers another type',
    react: (query) => query.answer({ question: questionFor('www.example.org', 28).question }),
    kind: 'stalled',
  },
  {
    what: 'answers in another class, one letter case apart',
    react: (query) => {
      const question = Buffer.from(query.question)
      question[question.length - 1]! ^= 0x20
      query.answer({ question })
    },
    kind: 'malformed',
  },
  {
    what: 'sends garbage in a frame',
    react: (query) => query.connection.sendMessage(Buffer.alloc(200, 0xa5)),
    kind: 'stalled',
  },
  {
    what: 'sends garbage behind the right ID',
    react: (query) => {
      const message = Buffer.alloc(200, 0xff)
      message.writeUInt16BE(query.id)
      query.connection.sendMessage(message)
    },
    kind: 'malformed',
  },
  {
    what: 'sends the query back (QR=0)',
    react: (query) => query.connection.sendMessage(query.message),
    kind: 'malformed',
  },
  {
    what: 'cuts an answer short inside its frame',
    react: (query) => query.connection.sendMessage(makeAnswer(query).subarray(0, -1)),
    kind: 'malformed',
  },
  {
    what: 'adds octets behind an answer inside its frame',
    react: (query) =>
      query.connection.sendMessage(Buffer.concat([makeAnswer(query), Buffer.of(0)])),
    kind: 'malformed',
  },
  {
    what: 'announces a frame longer than what it sends',
    react: (query) => query.connection.send(frameOf(60_000, makeAnswer(query))),
    kind: 'stalled',
  },
  {
    what: 'announces an empty frame',
    react: (query) => query.connection.send(frameOf(0, makeAnswer(query))),
    kind: 'malformed',
  },
  {
    what: 'announces a frame shorter than a header',
    react: (query) => query.connection.send(frameOf(11, makeAnswer(query))),
    kind: 'malformed',
  },
  {
    what: 'sends random octets instead of frames',
    react: (query) => query.connection.send(Buffer.alloc(40_000, 0x5a)),
    kind: 'stalled',
  },
  {
    what: 'closes in mid-frame',
    react: (query) => {
      query.connection.send(frameOf(100, Buffer.alloc(20, 1)))
      query.connection.close()
    },
    kind: 'closed',
  },
  { what: 'closes at every query', react: (query) => query.connection.close(), kind: 'closed' },
  {
    what: 'resets at every query',
    react: (query) => query.connection.socket.destroy(),
    kind: 'closed',
  },
  {
    what: 'sets TC over a stream',
    react: (query) => query.answer({ flags: 0x0200 }),
    kind: 'malformed',
  },
  {
    what: 'answers an error without a question',
    react: (query) => query.answer({ question: new Uint8Array(0), rcode: 1 }),
    kind: 'malformed',
  },
  { what: 'is silent', react: () => {}, kind: 'stalled' },
  {
    what: 'sends one octet now and then',
    react: (query) => {
      const timer = setInterval(() => query.connection.send(Buffer.of(1)), 50)
      query.connection.socket.on('close', () => clearInterval(timer))
    },
    kind: 'timeout',
  },
  { what: 'is a silent plain TCP server', server: () => ({ plain: true }), kind: 'stalled' },
  {
    what: 'sends plain text where TLS should be',
    server: () => ({ plain: true, greeting: 'HTTP/1.1 400 Bad Request\r\n\r\n' }),
    kind: 'tls',
  },
  { what: 'never ends its handshake', server: () => ({ mute: true }), kind: 'stalled' },
  {
    what: 'shows an expired certificate',
    server: () => ({ certificate: expired }),
    kind: 'tls',
  },
  {
    what: 'shows a certificate for another name',
    server: () => ({ certificate: misnamed }),
    kind: 'tls',
  },
]

// They mostly wait, so they wait together.
describe('a hostile upstream', { concurrency: 10 }, () => {
  for (const hostility of HOSTILITIES) testHostility(hostility)
})

function testHostility({ what, react, server, kind }: Hostility): void {
  const start = (): Promise<DotServer> =>
    DotServer.start({
      certificate,
      ...(react && { react }),
      ...server?.(),
    })

  test(`goes to the next upstream when one ${what}`, async () => {
    await using hostile = await start()
    await using good = await DotServer.start({ certificate })
    const forwarder = new DotForwarder({
      upstreams: [upstreamAt(hostile, ca), upstreamAt(good, ca, { name: 'good' })],
      sessions: new SessionStore(),
      ...IN_ORDER,
      limits: QUICK_LIMITS,
    })
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, i) => ask(forwarder, `${i}.example.org`, { timeout: TIMEOUT })),
    )
    for (const { answer, calls } of outcomes) {
      assert.equal(answer?.upstream, 'good')
      assert.equal(calls, 1)
    }
    assert.equal(forwarder.active, 0)
    forwarder.close()
  })

  test(`fails, with its reason, when the only upstream ${what}`, async () => {
    await using hostile = await start()
    const forwarder = new DotForwarder({
      upstreams: [upstreamAt(hostile, ca, { name: 'hostile' })],
      sessions: new SessionStore(),
      ...IN_ORDER,
      limits: QUICK_LIMITS,
    })
    const outcome = await ask(forwarder, 'www.example.org', { timeout: TIMEOUT })
    assert.equal(outcome.answer, null)
    assert.equal(outcome.failure?.upstream, 'hostile')
    assert.equal(outcome.failure?.kind, kind)
    assert.equal(forwarder.active, 0)
    forwarder.close()
    assert.equal(outcome.calls, 1)
  })
}
