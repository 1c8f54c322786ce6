// Forwarding loops: upstreams that ask us in turn what we ask them, over one other server or several.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnboundForwarder } from '../support/dot-upstreams/unbound-forwarder.ts'
import { Dotward } from '../support/dotward.ts'
import { type Answer, addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { freePort } from '../support/processes.ts'

const ca = createTestCa()
after(() => ca[Symbol.dispose]())

const FOUND = /forwarding loop: this upstream asks us what we ask it.* upstream=(\S+)/
const GONE = /forwarding loop is gone/

/** RFC 8914 §4.1: there is no code for loops, so the text tells. */
const OTHER = 0

async function ask(proxy: Dotward, name: string): Promise<Answer> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return readAnswer((await client.ask(makeQuery(name, { opts: [{}] })))!)
}

/** Where somebody else can be told to ask a proxy before it runs. */
function configAt(port: number, rest: object) {
  return { listeners: [{ address: '127.0.0.1', port }], timeouts: { query: '2s' }, ...rest }
}

function dotServer(): Promise<DotServer> {
  return DotServer.start({ certificate: ca.issue({ names: [TLS_NAME] }) })
}

suite('a forwarding loop', { concurrency: 2 }, () => {
  for (const workers of [1, 3]) {
    test(`through a TLS server is found, named and refused, with workers: ${workers}`, async () => {
      const port = await freePort()
      await using front = await startUnboundForwarder(ca, port)
      const upstreams = [upstreamConfig(front, ca)]
      await using proxy = await Dotward.start(configAt(port, { upstreams, workers }), { port })
      const [, name] = await proxy.program.printed(FOUND)
      assert.equal(name, 'unbound')
      const { rcode, extendedErrors } = await ask(proxy, 'www.example.org')
      assert.equal(rcode, Rcode.ServFail)
      assert.deepEqual(extendedErrors, [OTHER])
      await proxy.stop()
    })
  }

  test('costs nothing where another upstream answers', async () => {
    const port = await freePort()
    await using front = await startUnboundForwarder(ca, port)
    await using sound = await dotServer()
    const upstreams = [
      upstreamConfig(front, ca),
      upstreamConfig({ name: 'Sound', ...at(sound) }, ca),
    ]
    const selection = { strategy: 'ordered' }
    await using proxy = await Dotward.start(configAt(port, { upstreams, selection }), { port })
    await proxy.program.printed(FOUND)
    for (let i = 0; i < 5; i++) {
      const answer = await ask(proxy, `n${i}.example.org`)
      assert.deepEqual(addressesIn(answer), ['192.0.2.1'])
    }
    await proxy.stop()
  })

  test('over two proxies and two TLS servers is found by both', async () => {
    const [near, far] = [await freePort(), await freePort()]
    await using toFar = await startUnboundForwarder(ca, far)
    await using toNear = await startUnboundForwarder(ca, near)
    const nearConfig = configAt(near, { upstreams: [upstreamConfig(toFar, ca)] })
    const farConfig = configAt(far, { upstreams: [upstreamConfig(toNear, ca)] })
    await using one = await Dotward.start(nearConfig, { port: near })
    await using other = await Dotward.start(farConfig, { port: far })
    // Whichever asks after both are there; while that one refuses, the other's probe ends there.
    await Promise.race([one.program.printed(FOUND), other.program.printed(FOUND)])
    const { rcode } = await ask(one, 'www.example.org')
    assert.equal(rcode, Rcode.ServFail)
    await one.stop()
    await other.stop()
  })

  test('between two proxies by plain routes is found in the domain of the route', async () => {
    const [near, far] = [await freePort(), await freePort()]
    await using sound = await dotServer()
    const routed = (port: number, target: number) =>
      configAt(port, {
        upstreams: [
          upstreamConfig({ name: 'Sound', ...at(sound) }, ca),
          { name: 'corp', address: '127.0.0.1', port: target, protocol: 'plain' },
        ],
        routes: [{ domains: ['corp.example'], upstreams: ['corp'] }],
      })
    await using one = await Dotward.start(routed(near, far), { port: near })
    await using other = await Dotward.start(routed(far, near), { port: far })
    await Promise.race([one.program.printed(FOUND), other.program.printed(FOUND)])
    assert.equal((await ask(one, 'www.corp.example')).rcode, Rcode.ServFail)
    assert.equal((await ask(one, 'www.example.org')).rcode, Rcode.NoError)
    await one.stop()
    await other.stop()
  })

  test('that begins later is found by the queries that it holds up', async () => {
    const [near, far] = [await freePort(), await freePort()]
    await using sound = await dotServer()
    await using front = await startUnboundForwarder(ca, far)
    const away = [upstreamConfig({ name: 'Sound', ...at(sound) }, ca)]
    const back = [{ name: 'back', address: '127.0.0.1', port: near, protocol: 'plain' }]
    const routes = [{ domains: ['corp.example'], upstreams: ['back'] }]
    await using one = await Dotward.start(
      configAt(near, { upstreams: [upstreamConfig(front, ca)] }),
      {
        port: near,
      },
    )
    await using other = await Dotward.start(configAt(far, { upstreams: away }), { port: far })
    assert.equal((await ask(one, 'early.corp.example')).rcode, Rcode.NoError)
    const from = other.program.output.length
    other.reload(configAt(far, { upstreams: [...away, ...back], routes }))
    const [, name] = await other.program.printed(FOUND, from)
    assert.equal(name, 'back')
    assert.equal((await ask(one, 'late.corp.example')).rcode, Rcode.ServFail)

    other.reload(configAt(far, { upstreams: away }))
    await other.program.until('it was right again', async () => {
      const { rcode } = await ask(one, `again${performance.now()}.corp.example`)
      return rcode === Rcode.NoError
    })
    await one.stop()
    await other.stop()
  })

  test('is not seen where there is none', async () => {
    await using sound = await dotServer()
    const upstreams = [upstreamConfig({ name: 'Sound', ...at(sound) }, ca)]
    await using proxy = await Dotward.start({ upstreams })
    await proxy.program.until('it asked', () => sound.queries > 1)
    assert.equal((await ask(proxy, 'www.example.org')).rcode, Rcode.NoError)
    assert.doesNotMatch(proxy.program.output, FOUND)
    assert.doesNotMatch(proxy.program.output, GONE)
    await proxy.stop()
  })
})

function at({ port }: { readonly port: number }) {
  return { port }
}
