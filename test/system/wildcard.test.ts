// One listener for all addresses of the machine.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { TcpClient, UdpClient } from '../support/clients.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { freePort } from '../support/processes.ts'

test('a listener on :: answers from the address that was asked, IPv4 and IPv6 alike', async () => {
  using ca = createTestCa()
  await using unbound = await startUnbound(ca)
  const port = await freePort()
  const listeners = [{ address: '::', port }]
  const config = { listeners, upstreams: [upstreamConfig(unbound, ca)] }
  await using proxy = await Dotward.start(config, { port })
  for (const host of ['127.0.0.1', '127.0.0.3', '127.9.9.9', '::1']) {
    for (let round = 0; round < 3; round++) {
      // Connected: an answer from another address would never arrive.
      await using udp = await UdpClient.open({ host, port })
      const fresh = makeQuery(`r${round}-${host.length}.wild.test.example`)
      assert.deepEqual(addressesIn(readAnswer((await udp.ask(fresh))!)), ['192.0.2.77'])
      const cached = makeQuery('mixed.test.example')
      assert.deepEqual(addressesIn(readAnswer((await udp.ask(cached))!)), ['192.0.2.13'])
    }
    await using tcp = await TcpClient.open({ host, port })
    const answer = await tcp.ask(makeQuery('mixed.test.example'))
    assert.deepEqual(addressesIn(readAnswer(answer!)), ['192.0.2.13'])
  }
  await proxy.stop()
})
