// Names of an internal zone go to its own servers and to nobody else; all others never go there.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { dig } from '../support/dig.ts'
import { DotServer } from '../support/dot-server.ts'
import { startBind, type Bind } from '../support/dot-upstreams/bind.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { PlainServer } from '../support/plain-server.ts'

const running = new AsyncDisposableStack()
const ca = running.use(createTestCa())
let bind: Bind
before(async () => {
  bind = running.use(await startBind(ca))
})
after(() => running.disposeAsync())

const PUBLIC = [192, 0, 2, 10]
const INTERNAL = [192, 0, 2, 20]
const BRANCH = [192, 0, 2, 30]

/** A public server, a branch's and a plain one inside, each with an address of its own to tell. */
async function setUp() {
  const stack = new AsyncDisposableStack()
  const certificate = ca.issue({ names: [TLS_NAME] })
  const start = async (address: readonly number[]) =>
    stack.use(await DotServer.start({ certificate, react: (query) => query.answer({ address }) }))
  const [open, branch] = [await start(PUBLIC), await start(BRANCH)]
  const inside = stack.use(
    await PlainServer.start({ onUdp: (query) => query.answer({ address: INTERNAL }) }),
  )
  const upstreams = [
    upstreamConfig({ name: 'open', port: open.port }, ca),
    { ...upstreamConfig({ name: 'branch', port: branch.port }, ca), group: 'branches' },
    { name: 'inside', address: '127.0.0.1', port: inside.port, protocol: 'plain' },
  ]
  const routes = [
    { domains: ['corp.example', '10.in-addr.arpa'], upstreams: ['inside'] },
    { domains: ['branch.example'], upstreams: ['branches'] },
    { domains: ['public.corp.example'], upstreams: ['default'] },
  ]
  return {
    open,
    branch,
    inside,
    config: { upstreams, routes, dot: { spareConnections: 0 } },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function ask(proxy: Dotward, name: string) {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return readAnswer((await client.ask(makeQuery(name)))!)
}

async function addressOf(proxy: Dotward, name: string): Promise<string | undefined> {
  return addressesIn(await ask(proxy, name))[0]
}

suite('routes', () => {
  test('the longest domain decides who is asked', async () => {
    await using it = await setUp()
    await using proxy = await Dotward.start(it.config)
    for (const [name, address] of [
      ['www.example.org', PUBLIC],
      ['www.corp.example', INTERNAL],
      ['CORP.EXAMPLE', INTERNAL],
      ['1.2.3.10.in-addr.arpa', INTERNAL],
      ['www.branch.example', BRANCH],
      ['www.public.corp.example', PUBLIC],
      ['notcorp.example', PUBLIC],
    ] as const) {
      assert.equal(await addressOf(proxy, name), address.join('.'), name)
    }
    await proxy.stop()
  })

  test('what goes out in plain text is named at the start, and so is who is asked for what', async () => {
    await using it = await setUp()
    await using proxy = await Dotward.start(it.config)
    await proxy.program.printed(/warn .*NOT ENCRYPTED: questions for corp\.example, .* inside/)
    await proxy.program.printed(
      / {2}corp\.example, 10\.in-addr\.arpa: asks inside \(not encrypted\)/,
    )
    await proxy.program.printed(/ {2}branch\.example: asks branch\n/)
    await proxy.stop()
  })

  test('nothing falls back to plain text, nor from it', async () => {
    await using it = await setUp()
    const timeouts = { query: '1s' }
    await using proxy = await Dotward.start({ ...it.config, timeouts })
    assert.equal(await addressOf(proxy, 'www.example.org'), PUBLIC.join('.'))
    const outside: string[] = []
    it.open.react = (query) => outside.push(query.message.toString('latin1'))
    it.inside.react = () => {}
    assert.equal((await ask(proxy, 'held.corp.example')).rcode, Rcode.ServFail)
    assert.equal((await ask(proxy, 'held.example.org')).rcode, Rcode.ServFail)
    assert.ok(outside.some((message) => message.includes('held')))
    assert.ok(!outside.some((message) => message.includes('held\x04corp')))
    for (const { served } of it.inside.udpQueries) {
      assert.match(served.message.toString('latin1'), /corp|in-addr/)
    }
    await proxy.stop()
  })

  test('a real zone over plain UDP, and over TCP where an answer is too long', async () => {
    await using it = await setUp()
    const upstreams = [
      it.config.upstreams[0],
      { name: 'bind', address: '127.0.0.1', port: bind.plainPort, protocol: 'plain' },
    ]
    const routes = [{ domains: ['test.example'], upstreams: ['bind'] }]
    await using proxy = await Dotward.start({ upstreams, routes })
    const server = { host: '127.0.0.1', port: proxy.port }
    assert.equal((await dig(server, 'www.test.example', 'A')).status, 'NOERROR')
    assert.equal((await dig(server, 'nothing.test.example', 'A')).status, 'NXDOMAIN')
    assert.equal((await dig(server, '+tcp', 'big.test.example', 'TXT')).answer.length, 20)
    assert.equal((await dig(server, '+tcp', 'huge.test.example', 'TXT')).answer.length, 65)
    await proxy.stop()
  })

  test('a reload changes routes and leaves the connections of upstreams that stay', async () => {
    await using it = await setUp()
    await using proxy = await Dotward.start(it.config)
    assert.equal(await addressOf(proxy, 'a.branch.example'), BRANCH.join('.'))
    assert.equal(await addressOf(proxy, 'a.example.org'), PUBLIC.join('.'))
    const { connections } = it.branch
    const [inside, branch] = it.config.routes
    const domains = ['corp.example']
    proxy.reload({
      ...it.config,
      routes: [
        { ...inside, domains },
        { ...branch, domains: ['branch.example', 'new.example'] },
      ],
    })
    let round = 0
    await proxy.program.until(
      'the new route was in force',
      async () => (await addressOf(proxy, `r${round++}.new.example`)) === BRANCH.join('.'),
    )
    assert.equal(await addressOf(proxy, 'b.public.corp.example'), INTERNAL.join('.'))
    assert.equal(it.branch.connections, connections)
    await proxy.stop()
  })
})
