// Who may ask. Strangers come from another address of the loopback network.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { type Endpoint, TcpClient, UdpClient } from '../support/clients.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'

const STRANGER = '127.0.0.2'
const FRIEND = '127.0.0.3'
const QUERY = makeQuery('mixed.test.example', { opts: [{}] })
const running = new AsyncDisposableStack()
let upstreams: readonly unknown[]

before(async () => {
  const ca = running.use(createTestCa())
  upstreams = [upstreamConfig(running.use(await startUnbound(ca)), ca)]
})
after(() => running.disposeAsync())

for (const onDeny of ['drop', 'refuse']) {
  describe(`access with onDeny: ${onDeny}`, () => {
    let proxy: Dotward
    before(async () => {
      // The longest range that holds the client decides: 127.0.0.3 is inside of both.
      const access = { allow: ['127.0.0.1/32', '::1/128', '127.0.0.3/32'], deny: ['127.0.0.0/8'] }
      proxy = await Dotward.start({ upstreams, access: { ...access, onDeny } })
    })
    after(() => proxy[Symbol.asyncDispose]())
    const from = (address: string): Endpoint => ({
      host: '127.0.0.1',
      port: proxy.port,
      from: address,
    })

    test('a friend inside a denied range is answered over UDP and TCP', async () => {
      await using udp = await UdpClient.open(from(FRIEND))
      assert.deepEqual(addressesIn(readAnswer((await udp.ask(QUERY))!)), ['192.0.2.13'])
      await using tcp = await TcpClient.open(from(FRIEND))
      assert.deepEqual(addressesIn(readAnswer((await tcp.ask(QUERY))!)), ['192.0.2.13'])
    })

    test(`a stranger over UDP: ${onDeny === 'drop' ? 'silence' : 'REFUSED'}`, async () => {
      await using udp = await UdpClient.open(from(STRANGER))
      if (onDeny === 'drop') {
        assert.equal(await udp.ask(QUERY, 500), null)
      } else {
        assert.equal(readAnswer((await udp.ask(QUERY))!).rcode, Rcode.Refused)
      }
    })

    test('a stranger over TCP is closed at once, having been told nothing', async () => {
      await using tcp = await TcpClient.open(from(STRANGER))
      tcp.send(QUERY)
      assert.ok(await tcp.wasClosed())
      assert.deepEqual(tcp.answers, [])
    })

    test('strangers are counted by transport', async () => {
      const counters = await proxy.counters()
      assert.equal(counters('denied{transport="udp"}'), 1)
      assert.equal(counters('connections_refused{reason="unauthorised"}'), 1)
    })
  })
}
