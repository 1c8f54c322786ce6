// DoH over HTTP/1.1 under clients that mean harm: they cost a bounded amount of memory, and whoever
// asks properly is answered all the while. Those of HTTP/2 are in tests of their own.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { after, before, suite, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { DotServer } from '../support/dot-server.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { freePort } from '../support/processes.ts'

const NAME = 'dns.example.org'
const running = new AsyncDisposableStack()
let ca: TestCa
let proxy: Dotward
let port: number

before(async () => {
  ca = running.use(createTestCa())
  const certificate = ca.issue({ names: ['dot.example.org'] })
  const upstream = running.use(await DotServer.start({ certificate }))
  const { certPath, keyPath } = ca.issue({ names: [NAME] })
  const address = '127.0.0.1'
  const plainPort = await freePort()
  port = await freePort()
  proxy = running.use(
    await Dotward.start(
      {
        upstreams: [{ address, port: upstream.port, tlsName: 'dot.example.org', ca: ca.caPath }],
        listeners: [
          { address, port: plainPort },
          {
            address,
            port,
            protocols: ['https'],
            tls: { certificate: certPath, key: keyPath },
          },
        ],
      },
      { port: plainPort },
    ),
  )
})
after(() => running.disposeAsync())

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A well-behaved client with one connection that it keeps. */
class GoodClient implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca.caPem, servername: NAME })

  send(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Reply> {
    const options = { host: '127.0.0.1', port, path, method, headers, agent: this.#agent }
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const { statusCode = 0, headers: fields } = response
          resolve({ status: statusCode, headers: fields, body: Buffer.concat(chunks) })
        })
      })
      asked.on('error', reject)
      asked.end()
    })
  }

  /** Asks for a name, and must get its address. */
  async ask(name: string): Promise<void> {
    const query = makeQuery(name).toString('base64url')
    const { status, body } = await this.send(`/dns-query?dns=${query}`)
    assert.equal(status, 200)
    assert.deepEqual(addressesIn(readAnswer(body)), ['192.0.2.1'])
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

/**
 * A connection of HTTP/1.1 on which anything can be said: what is spoken unless HTTP/2 is agreed on.
 */
async function open(from = '127.0.0.66'): Promise<TLSSocket> {
  const options = { host: '127.0.0.1', port, localAddress: from, ca: ca.caPem, servername: NAME }
  const socket = connect(options)
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  return socket
}

/** What comes until the server ends the connection. */
async function replyTo(octets: string | Uint8Array): Promise<string> {
  const socket = await open()
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.write(octets)
  await once(socket, 'close')
  return text
}

suite('requests that are none', () => {
  for (const [what, octets, status] of [
    [
      'a target of 64 KB',
      `GET /dns-query?dns=${'A'.repeat(65_536)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      414,
    ],
    ['one field of 64 KB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(65_536)}\r\n\r\n`, 431],
    ['ten thousand fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(10_000)}\r\n`, 431],
    [
      'a body of a gigabyte',
      'POST /dns-query HTTP/1.1\r\nHost: a\r\nContent-Type: application/dns-message\r\nContent-Length: 1000000000\r\n\r\n',
      413,
    ],
    ['other octets', Buffer.alloc(20_000, 0xff), 414],
  ] as const) {
    test(`${what}: ${status}, and the end of the connection`, async () => {
      assert.match(await replyTo(octets), new RegExp(`^HTTP/1.1 ${status} `))
    })
  }

  test('other paths, methods and hosts get an answer each, on one connection', async () => {
    using client = new GoodClient()
    for (const path of [
      '/',
      '/../etc/passwd',
      '/dns-query/..;/x',
      '/%2e%2e/',
      '/dns-query%00',
      '//',
    ]) {
      assert.equal((await client.send(path)).status, 404, path)
    }
    for (const method of ['HEAD', 'OPTIONS', 'DELETE', 'PUT', 'TRACE']) {
      const { status, headers } = await client.send('/dns-query', method)
      assert.deepEqual([status, headers.allow], [405, 'GET, POST'], method)
    }
    const query = makeQuery('host.example.org').toString('base64url')
    const headers = { host: 'another.example.com' }
    assert.equal((await client.send(`/dns-query?dns=${query}`, 'GET', headers)).status, 200)
  })
})

test('hundreds of slow, silent and endless clients do not keep others from their answers', async () => {
  using good = new GoodClient()
  await good.ask('first.example.org')
  const resident = proxy.residentBytes()
  const post = 'POST /dns-query HTTP/1.1\r\nHost: a\r\nContent-Type: application/dns-message\r\n'
  const get = `GET /dns-query?dns=${makeQuery('www.example.org').toString('base64url')} HTTP/1.1\r\nHost: a\r\n\r\n`
  const beginnings = [
    '',
    'GET /dns-query?dns=',
    `GET /dns-query HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(16_000)}`,
    `${post}Content-Length: 65535\r\n\r\n`,
    `${post}Content-Length: 65535\r\n\r\n${'x'.repeat(65_000)}`,
    `${post}Transfer-Encoding: chunked\r\n\r\nffff\r\n${'x'.repeat(65_000)}`,
    // Never reads what it is sent.
    get.repeat(2_000),
  ]
  const attackers = await Promise.all(
    Array.from({ length: 350 }, async (_, i) => {
      const socket = await open(`127.0.1.${1 + (i % 50)}`)
      socket.pause()
      socket.write(beginnings[i % beginnings.length]!)
      return socket
    }),
  )
  for (let round = 0; round < 20; round++) {
    for (const socket of attackers) if (socket.writable) socket.write('z')
    using another = new GoodClient()
    await Promise.all([good.ask(`a${round}.example.org`), another.ask(`b${round}.example.org`)])
  }
  const grown = proxy.residentBytes() - resident
  assert.ok(grown < 150 * 2 ** 20, `${grown} octets more`)
  for (const socket of attackers) socket.destroy()
  await good.ask('last.example.org')
})
