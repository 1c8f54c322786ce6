// How much may be asked, as clients see it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { TcpClient, UdpClient } from '../support/clients.ts'
import { dig, kdig } from '../support/dig.ts'
import { DotServer } from '../support/dot-server.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { Dotward } from '../support/dotward.ts'
import { sendStream } from '../support/limit-stream.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'

const NAME = 'a.example.org'
/** More than a limited client gets, however slow the machine. */
const COUNT = 60
const [GREEDY, OTHER] = ['127.0.0.7', '127.0.0.8']

const running = new AsyncDisposableStack()
let upstreams: readonly unknown[]

before(async () => {
  const ca = running.use(createTestCa())
  const server = running.use(
    await DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }) }),
  )
  upstreams = [{ address: '127.0.0.1', port: server.port, tlsName: DOT_NAME, ca: ca.caPath }]
})
after(() => running.disposeAsync())

async function start(rateLimit: object, more: object = {}): Promise<Dotward> {
  const proxy = await Dotward.start({ upstreams, rateLimit, ...more })
  await ask(proxy, '127.0.0.1')
  return proxy
}

async function ask(proxy: Dotward, from: string) {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port, from })
  return readAnswer((await client.ask(makeQuery(NAME)))!)
}

function flood(proxy: Dotward, from: string) {
  const endpoint = { host: '127.0.0.1', port: proxy.port, from }
  return sendStream(endpoint, { count: COUNT, name: () => NAME })
}

describe('a client over its limit', () => {
  // Two queries at once, and then one a second.
  const perClient = { perClient: 1, burst: '2s' }

  test('gets TC, and its answer when it comes back over TCP', async () => {
    await using proxy = await start(perClient)
    const { answered, truncated } = await flood(proxy, GREEDY)
    assert.ok(answered >= 2 && answered < COUNT / 2)
    assert.equal(answered + truncated, COUNT)
    await using tcp = await TcpClient.open({ host: '127.0.0.1', port: proxy.port, from: GREEDY })
    assert.deepEqual(addressesIn(readAnswer((await tcp.ask(makeQuery(NAME)))!)), ['192.0.2.1'])
    assert.deepEqual(addressesIn(await ask(proxy, OTHER)), ['192.0.2.1'])
    const counters = await proxy.counters()
    assert.equal(counters('limited{limit="client"}'), truncated)
    assert.equal(counters('limited_verdicts{verdict="truncate"}'), truncated)
  })

  test('gets nothing, or each third time TC', async () => {
    await using proxy = await start({ ...perClient, onExceed: 'drop', slip: 3 })
    const { answered, truncated, dropped } = await flood(proxy, GREEDY)
    const limited = COUNT - answered
    assert.ok(answered < COUNT / 2)
    assert.equal(truncated, Math.floor(limited / 3))
    assert.equal(dropped, limited - truncated)
    const counters = await proxy.counters()
    assert.equal(counters('limited_verdicts{verdict="drop"}'), dropped)
  })

  test('gets REFUSED, with an extended error where it can have one (RFC 8914)', async () => {
    await using proxy = await start({ ...perClient, onExceed: 'refuse' })
    const { answered, refused } = await flood(proxy, GREEDY)
    assert.equal(answered + refused, COUNT)
    assert.ok(answered < COUNT / 2)
    await using client = await UdpClient.open({
      host: '127.0.0.1',
      port: proxy.port,
      from: GREEDY,
    })
    for (let i = 0; i < 5; i++) client.send(makeQuery(NAME, { opts: [{}] }))
    await client.quiet(200)
    const last = readAnswer(client.answers.at(-1)!)
    assert.equal(last.rcode, Rcode.Refused)
    assert.equal(last.extendedErrors.length, 1)
  })

  test('over TCP is always refused', async () => {
    await using proxy = await start({ perVerifiedClient: 1, burst: '2s' })
    await using tcp = await TcpClient.open({ host: '127.0.0.1', port: proxy.port, from: GREEDY })
    for (let i = 0; i < COUNT; i++) tcp.send(makeQuery(NAME))
    assert.ok(await tcp.received(COUNT))
    const answers = tcp.answers.map(readAnswer)
    const refused = answers.filter(({ rcode }) => rcode === Rcode.Refused)
    assert.ok(refused.length > COUNT / 2 && refused.length <= COUNT - 2)
    assert.deepEqual(await flood(proxy, GREEDY), {
      answered: COUNT,
      truncated: 0,
      refused: 0,
      dropped: 0,
    })
  })

  test('is not limited when it is exempt', async () => {
    await using proxy = await start({ ...perClient, exempt: ['127.0.0.0/29'] })
    assert.equal((await flood(proxy, GREEDY)).answered, COUNT)
    assert.ok((await flood(proxy, OTHER)).answered < COUNT / 2)
  })

  test('is still over it after a reload that leaves the limits as they are', async () => {
    const rateLimit = { perClient: 1, burst: '1m' }
    await using proxy = await start(rateLimit)
    assert.ok((await flood(proxy, GREEDY)).answered === COUNT)
    const reload = async (change: object) => {
      const from = proxy.program.output.length
      proxy.reload({ upstreams, rateLimit: { ...rateLimit, ...change }, log: { level: 'info' } })
      await proxy.program.printed(/reload|configuration/i, from)
    }
    await reload({ onExceed: 'refuse' })
    assert.ok((await flood(proxy, GREEDY)).refused > COUNT / 2)
    await reload({ perClient: 2 })
    assert.equal((await flood(proxy, GREEDY)).answered, COUNT)
  })
})

describe('equal answers to one prefix', () => {
  // After a flood, nothing for minutes.
  const responses = { equal: 2, noData: 2, nxDomain: 2, errors: 2, window: '5m' }

  test('are held back: dig and kdig get TC, and then their answer over TCP', async () => {
    await using proxy = await start({ responses: { ...responses, slip: 1 } })
    const { answered, truncated } = await flood(proxy, GREEDY)
    assert.ok(answered < COUNT / 2)
    assert.equal(answered + truncated, COUNT)
    const server = { host: '127.0.0.1', port: proxy.port }
    const byDig = await dig(server, '-b', GREEDY, '+nocookie', NAME, 'A')
    assert.match(byDig.output, /Truncated, retrying in TCP/)
    assert.deepEqual(
      byDig.answer.map(({ data }) => data),
      ['192.0.2.1'],
    )
    const byKdig = await kdig(server, '-b', GREEDY, NAME, 'A')
    assert.match(byKdig.output, /truncated reply .* retrying over TCP/)
    assert.deepEqual(
      byKdig.answer.map(({ data }) => data),
      ['192.0.2.1'],
    )
    const ignoring = await dig(server, '-b', GREEDY, '+nocookie', '+ignore', NAME, 'A')
    assert.ok(ignoring.flags.includes('tc'))
    assert.deepEqual(ignoring.answer, [])
    const counters = await proxy.counters()
    assert.ok(counters('limited{limit="responses"}') > truncated)
  })

  test('are not held back from who asks for something else, or shows a good cookie (RFC 7873)', async () => {
    await using proxy = await start({ responses: { ...responses, slip: 0 } })
    const { answered, dropped } = await flood(proxy, GREEDY)
    assert.equal(answered + dropped, COUNT)
    const server = { host: '127.0.0.1', port: proxy.port }
    const other = await dig(server, '-b', GREEDY, '+nocookie', 'b.example.org', 'A')
    assert.equal(other.status, 'NOERROR')
    // Its first query is for the cookie alone.
    const first = await kdig(server, '-b', GREEDY, '+cookie', 'c.example.org', 'A')
    const cookie = /COOKIE: "?([0-9A-Fa-f]+)/.exec(first.output)
    assert.ok(cookie, first.output)
    const shown = await dig(server, '-b', GREEDY, `+cookie=${cookie[1]}`, NAME, 'A')
    assert.deepEqual(
      shown.answer.map(({ data }) => data),
      ['192.0.2.1'],
    )
    assert.doesNotMatch(shown.output, /retrying in TCP/)
  })
})
