// Upstreams that break every rule. Alone: SERVFAIL that says why, before the query's deadline.
// Beside a sound one that comes after them: its answer. In no case what they made up.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { TcpClient, UdpClient } from '../support/clients.ts'
import { type DotServerOptions, DotServer, type ServedQuery } from '../support/dot-server.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, Rcode, readAnswer, Type } from '../support/messages.ts'

const ca = createTestCa()
const otherCa = createTestCa()
after(() => {
  ca[Symbol.dispose]()
  otherCa[Symbol.dispose]()
})
const certificate = ca.issue({ names: [DOT_NAME] })

/** In answers that must never reach a client. */
const MADE_UP = [192, 0, 2, 66]
const SOUND = '192.0.2.1'

const DEADLINE_MS = 2_000
const TIMES = {
  timeouts: { query: `${DEADLINE_MS}ms` },
  dot: { connectTimeout: '700ms', raceAfter: '200ms', stallTimeout: '500ms' },
}

const reacting = (react: (query: ServedQuery) => void): DotServerOptions => ({ certificate, react })

/** The query's question with its type changed. */
function questionOfType(query: ServedQuery, type: number): Buffer {
  const question = Buffer.from(query.question)
  question.writeUInt16BE(type, question.length - 4)
  return question
}

const HOSTILE: Readonly<Record<string, DotServerOptions>> = {
  'answers with another ID': reacting((query) =>
    query.answer({ id: query.id ^ 1, address: MADE_UP }),
  ),
  'answers another name': reacting((query) =>
    query.answer({
      question: makeQuery('other.example.org').subarray(12),
      address: MADE_UP,
    }),
  ),
  'answers another type': reacting((query) =>
    query.answer({ question: questionOfType(query, Type.TXT), address: MADE_UP }),
  ),
  'answers without a question': reacting((query) =>
    query.answer({ question: new Uint8Array(0), address: MADE_UP }),
  ),
  'sends the query back': reacting((query) => query.connection.sendMessage(query.message)),
  'sends frames of garbage': reacting((query) => query.connection.sendMessage(randomBytes(80))),
  'sends frames of no octets': reacting((query) => query.connection.send(Buffer.alloc(40))),
  'sends garbage without frames': reacting((query) => query.connection.send(randomBytes(3_000))),
  'sends more than its frame announces': reacting((query) => {
    const message = Buffer.concat([query.message, Buffer.alloc(30, 0xff)])
    query.connection.send(Buffer.concat([Buffer.of(0, 12), message]))
  }),
  'announces more than it sends': reacting((query) =>
    query.connection.send(Buffer.concat([Buffer.of(0xff, 0xff), query.message])),
  ),
  'closes in the middle of a frame': reacting((query) => {
    query.connection.send(Buffer.concat([Buffer.of(0, 200), query.message]))
    query.connection.close()
  }),
  'closes without an answer': reacting((query) => query.connection.close()),
  'resets without an answer': reacting((query) => query.connection.socket.destroy()),
  'sets TC on a stream': reacting((query) => query.answer({ flags: 0x0200, address: MADE_UP })),
  'says nothing': reacting(() => {}),
  'has a certificate for another name': {
    ...reacting((query) => query.answer({ address: MADE_UP })),
    certificate: ca.issue({ names: ['other.example.org'] }),
  },
  'has an expired certificate': {
    ...reacting((query) => query.answer({ address: MADE_UP })),
    certificate: ca.issue({ names: [DOT_NAME], expired: true }),
  },
  'has a certificate that is not valid yet': {
    ...reacting((query) => query.answer({ address: MADE_UP })),
    certificate: ca.issue({ names: [DOT_NAME], notYetValid: true }),
  },
  'has a certificate of an unknown authority': {
    ...reacting((query) => query.answer({ address: MADE_UP })),
    certificate: otherCa.issue({ names: [DOT_NAME] }),
  },
  'speaks plain TCP': { ...reacting((query) => query.answer({ address: MADE_UP })), plain: true },
  'takes connections and is mute': { certificate, mute: true },
}

const upstream = (name: string, { port }: DotServer): object => ({
  name,
  address: '127.0.0.1',
  port,
  tlsName: DOT_NAME,
  ca: ca.caPath,
})

function answerThrice(query: ServedQuery): void {
  query.answer({ id: query.id ^ 0x5555, address: MADE_UP })
  query.answer()
  query.answer({ address: MADE_UP })
}

/** Asks for three fresh names, over UDP and TCP; every one must be answered by its deadline. */
async function askAll(proxy: Dotward): Promise<ReturnType<typeof readAnswer>[]> {
  const endpoint = { host: '127.0.0.1', port: proxy.port }
  await using udp = await UdpClient.open(endpoint)
  await using tcp = await TcpClient.open(endpoint)
  const answers = []
  for (const [index, client] of [udp, tcp, udp].entries()) {
    const query = makeQuery(`h${index}.example.org`, { opts: [{}] })
    // Twice the deadline, for the machine may be busy; the client of a proxy that lost the query
    // would wait for ever.
    const answer = await client.ask(query, 2 * DEADLINE_MS)
    assert.ok(answer !== null, `query ${index} was never answered`)
    answers.push(readAnswer(answer))
  }
  return answers
}

describe('an upstream that', { concurrency: 3 }, () => {
  for (const [what, options] of Object.entries(HOSTILE)) {
    test(`${what}, alone: SERVFAIL with an extended error (RFC 8914)`, async () => {
      await using hostile = await DotServer.start(options)
      const upstreams = [upstream('hostile', hostile)]
      await using proxy = await Dotward.start({ upstreams, ...TIMES })
      for (const { rcode, records, extendedErrors } of await askAll(proxy)) {
        assert.equal(rcode, Rcode.ServFail)
        assert.deepEqual(records, [])
        assert.notDeepEqual(extendedErrors, [])
      }
      const { output } = await proxy.stop()
      assert.doesNotMatch(output, /worker died/)
    })

    test(`${what}, before a sound one: the sound one's answer`, async () => {
      await using hostile = await DotServer.start(options)
      await using sound = await DotServer.start({ certificate })
      const upstreams = [upstream('hostile', hostile), upstream('sound', sound)]
      await using proxy = await Dotward.start({ upstreams, ...TIMES })
      for (const answer of await askAll(proxy)) {
        assert.equal(answer.rcode, Rcode.NoError)
        assert.deepEqual(addressesIn(answer), [SOUND])
      }
      const { output } = await proxy.stop()
      assert.doesNotMatch(output, /worker died/)
    })
  }

  for (const [name, rcode] of [
    ['SERVFAIL', Rcode.ServFail],
    ['REFUSED', Rcode.Refused],
  ] as const) {
    test(`answers ${name}: the next one is asked; when there is none, that is the answer`, async () => {
      await using failing = await DotServer.start(reacting((query) => query.answer({ rcode })))
      await using sound = await DotServer.start({ certificate })
      const [first, second] = [upstream('failing', failing), upstream('sound', sound)]
      await using alone = await Dotward.start({ upstreams: [first] })
      for (const answer of await askAll(alone)) assert.equal(answer.rcode, rcode)
      await using both = await Dotward.start({ upstreams: [first, second] })
      for (const answer of await askAll(both)) assert.deepEqual(addressesIn(answer), [SOUND])
    })
  }

  test('answers each query twice, and others unasked: one answer for the client', async () => {
    await using server = await DotServer.start(reacting(answerThrice))
    await using proxy = await Dotward.start({ upstreams: [upstream('twice', server)] })
    await using udp = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
    for (let i = 0; i < 20; i++) await udp.ask(makeQuery(`t${i}.example.org`, { id: i }))
    assert.equal(udp.answers.length, 20)
    for (const answer of udp.answers) assert.deepEqual(addressesIn(readAnswer(answer)), [SOUND])
    await proxy.stop()
  })

  test('answers with 64 KB: cut with TC over UDP, whole over TCP', async () => {
    const texts = 244
    await using server = await DotServer.start(reacting((query) => query.answer({ texts })))
    await using proxy = await Dotward.start({ upstreams: [upstream('big', server)] })
    const endpoint = { host: '127.0.0.1', port: proxy.port }
    const query = makeQuery('big.example.org', { type: Type.TXT, opts: [{ size: 4_096 }] })
    for (const round of ['first', 'from the cache']) {
      await using udp = await UdpClient.open(endpoint)
      const cut = (await udp.ask(query))!
      assert.ok(readAnswer(cut).truncated && cut.length <= 1_232, round)
      await using tcp = await TcpClient.open(endpoint)
      const whole = (await tcp.ask(query))!
      assert.equal(readAnswer(whole).records.length, texts, round)
      assert.ok(whole.length > 65_000)
    }
    await proxy.stop()
  })
})
