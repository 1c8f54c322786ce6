// SIGHUP: a new configuration goes in force whole or not at all, and costs nothing that was learnt.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { dig } from '../support/dig.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { type Config, Dotward } from '../support/dotward.ts'
import { makeQuery, Rcode, readAnswer } from '../support/messages.ts'

const STRANGER = '127.0.0.2'
const running = new AsyncDisposableStack()
let upstreams: readonly unknown[]

before(async () => {
  const ca = running.use(createTestCa())
  const unbound = running.use(await startUnbound(ca))
  upstreams = [upstreamConfig(unbound, ca)]
})
after(() => running.disposeAsync())

const open = (): Config => ({ upstreams, access: { allow: ['127.0.0.0/8'], onDeny: 'refuse' } })
const closed = (): Config => ({
  upstreams,
  access: { allow: ['127.0.0.0/8'], deny: [`${STRANGER}/32`], onDeny: 'refuse' },
})

/** The response code that the stranger gets. */
async function rcodeFor(proxy: Dotward, name = 'www.test.example'): Promise<number> {
  const endpoint = { host: '127.0.0.1', port: proxy.port, from: STRANGER }
  await using client = await UdpClient.open(endpoint)
  return readAnswer((await client.ask(makeQuery(name)))!).rcode
}

test('SIGHUP puts a new configuration in force, and answers in the cache stay', async () => {
  await using proxy = await Dotward.start(open())
  const server = { host: '127.0.0.1', port: proxy.port }
  assert.equal((await dig(server, 'www.test.example', 'A')).status, 'NOERROR')
  assert.equal(await rcodeFor(proxy), Rcode.NoError)
  const earlier = await proxy.counters()

  proxy.reload(closed())
  await proxy.program.until('it refused', async () => (await rcodeFor(proxy)) === Rcode.Refused)
  assert.equal((await dig(server, 'www.test.example', 'A')).status, 'NOERROR')
  const later = await proxy.counters()
  assert.equal(later('cache_misses'), earlier('cache_misses'))
  assert.ok(later('cache_hits') > earlier('cache_hits'))
  await proxy.stop()
})

test('SIGHUP with an invalid configuration changes nothing, and says what is wrong and where', async () => {
  await using proxy = await Dotward.start(open())
  for (const [bad, complaint] of [
    [{ ...closed(), upstreams: [{ address: 'not an address' }] }, /dotward\.yaml:\d+:\d+/],
    ['listeners: [ {', /dotward\.yaml:\d+/],
    [{ ...closed(), cache: { size: '1 MB of it' } }, /cache\.size/],
  ] as const) {
    const from = proxy.program.output.length
    proxy.reload(bad)
    await proxy.program.printed(complaint, from)
    assert.equal(await rcodeFor(proxy), Rcode.NoError)
  }
  await proxy.stop()
})

test('SIGHUP with a listener that cannot be had changes nothing else either', async () => {
  await using proxy = await Dotward.start(open())
  const from = proxy.program.output.length
  const listeners = [
    { address: '127.0.0.1', port: proxy.port },
    { address: '192.0.2.1', port: proxy.port },
  ]
  proxy.reload({ ...closed(), listeners })
  await proxy.program.printed(/192\.0\.2\.1/, from)
  assert.equal(await rcodeFor(proxy), Rcode.NoError)
  assert.ok(await proxy.answers('::1'))
  await proxy.stop()
})

test('SIGHUP opens new listeners and closes those that are gone', async () => {
  await using proxy = await Dotward.start(open())
  const listener = (address: string) => ({ address, port: proxy.port })
  proxy.reload({ ...open(), listeners: [listener('127.0.0.1'), listener('127.0.0.9')] })
  await proxy.program.until('127.0.0.9 answered', () => proxy.answers('127.0.0.9'))
  await proxy.program.until('::1 fell silent', async () => !(await proxy.answers('::1')))
  assert.ok(await proxy.answers('127.0.0.1'))
  await proxy.stop()
})

test('queries that come in while the configuration changes are all answered', async () => {
  await using proxy = await Dotward.start(open())
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  for (let round = 0; round < 10; round++) {
    proxy.reload(round % 2 === 0 ? closed() : open())
    for (let i = 0; i < 20; i++) {
      const name = i % 2 === 0 ? 'www.test.example' : `r${round}-${i}.wild.test.example`
      const answer = await client.ask(makeQuery(name, { id: round * 20 + i }))
      assert.ok(answer !== null, `${name} stayed without an answer in round ${round}`)
      assert.equal(readAnswer(answer).rcode, Rcode.NoError)
    }
  }
  await proxy.stop()
})
