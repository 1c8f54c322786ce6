// What strangers send to a door for DNS over TLS that is no handshake, and handshakes that never end.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { createTestCa } from '../support/certificates.ts'
import { frame } from '../support/clients.ts'
import { DotDoor } from '../support/dot-door.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'

const QUERY = makeQuery('mixed.test.example')
const running = new AsyncDisposableStack()
let door: DotDoor
/** What a client really says first. */
let hello: Buffer

before(async () => {
  const ca = running.use(createTestCa())
  const upstreams = [upstreamConfig(running.use(await startUnbound(ca)), ca)]
  door = running.use(
    await DotDoor.start({
      ca,
      config: {
        upstreams,
        tcp: { maxConnections: 400, maxPerClient: 400, maxHandshakes: 200, ...unlimited },
      },
      tls: { handshakeTimeout: '500ms' },
    }),
  )
  hello = await recordHello()
})
after(() => running.disposeAsync())

/** One machine plays many. */
const unlimited = { handshakeRate: 100_000, totalHandshakeRate: 100_000, connectionRate: 100_000 }

async function recordHello(): Promise<Buffer> {
  const chunks: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {})
    setTimeout(() => socket.destroy(), 100)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = connectTls({ port, host: '127.0.0.1' }).on('error', () => {})
  await closes(client)
  server.close()
  return Buffer.concat(chunks)
}

async function tcp(): Promise<Socket> {
  const socket = connect({ port: door.port, host: '127.0.0.1' })
  socket.on('error', () => {}).resume()
  await once(socket, 'connect')
  return socket
}

async function assertServes(): Promise<void> {
  using client = door.client()
  const answer = await client.ask(QUERY)
  assert.ok(answer !== null, client.error ?? 'no answer')
  assert.deepEqual(addressesIn(readAnswer(answer)), ['192.0.2.13'])
}

async function closes(socket: Socket): Promise<void> {
  for (let tries = 0; !socket.closed; tries++) {
    assert.ok(tries < 1_000, 'the connection stays open')
    await delay(10)
  }
}

describe('what is no handshake', () => {
  afterEach(assertServes)

  const alerts = (bytes: Buffer) => bytes.length === 0 || bytes[0] === 21

  const garbage: readonly (readonly [string, () => Uint8Array])[] = [
    ['DNS without TLS', () => frame(QUERY)],
    [
      'HTTP',
      () => Buffer.from('GET /dns-query?dns=AAAB HTTP/1.1\r\nHost: dns.example.org\r\n\r\n'),
    ],
    ['zeros', () => Buffer.alloc(100_000)],
    ['a record of type 255', () => Buffer.of(255, 3, 3, 0, 1, 0)],
    ['a record longer than TLS knows', () => Buffer.of(22, 3, 1, 255, 255, 1)],
    ['data before the handshake', () => Buffer.of(23, 3, 3, 0, 4, 1, 2, 3, 4)],
    ['SSL 2', () => Buffer.of(0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10)],
    ['a greeting of which every octet is turned', () => hello.map((octet) => octet ^ 0xff)],
    ['the same greeting twice', () => Buffer.concat([hello, hello])],
    ['an alert', () => Buffer.of(21, 3, 1, 0, 2, 2, 40)],
  ]
  for (const [what, bytes] of garbage) {
    test(`${what} ends the connection with an alert at most, and is counted`, async () => {
      const name = 'connections_closed'
      const were = await ended(name)
      const socket = await tcp()
      const received: Buffer[] = []
      socket.on('data', (chunk) => received.push(chunk))
      socket.write(bytes())
      await closes(socket)
      // Behind a good greeting there may be our answer to it.
      if (!what.includes('twice')) assert.ok(alerts(Buffer.concat(received)))
      assert.ok((await ended(name)) > were)
    })
  }

  async function ended(name: string): Promise<number> {
    const counters = await door.proxy.counters()
    const reasons = ['handshake', 'handshake-timeout', 'client']
    return reasons.reduce((sum, reason) => sum + counters(`${name}{reason="${reason}"}`), 0)
  }

  test('a greeting cut anywhere, and the end behind it', async () => {
    const step = Math.ceil(hello.length / 40)
    const lengths = Array.from({ length: 40 }, (_, i) => i * step)
    const cut = async (length: number): Promise<void> => {
      const socket = await tcp()
      socket.end(hello.subarray(0, length))
      await closes(socket)
    }
    await Promise.all(lengths.map(cut))
  })

  test('records of good connections that break off or are changed on the way', async () => {
    for (const [at, value] of [
      [3, 0],
      [4, 1],
      [8, 0xff],
      [0, 99],
    ] as const) {
      const bent = Buffer.from(hello)
      bent[at] = value
      const socket = await tcp()
      socket.write(bent)
      socket.end()
      await closes(socket)
    }
    for (let i = 0; i < 20; i++) {
      using client = door.client()
      await client.opened()
      client.send(QUERY)
      // The TCP connection goes, without a word of TLS.
      client.socket.destroy()
    }
  })
})

describe('handshakes that never end', () => {
  test('octet by octet: it has the time of any other', async () => {
    const were = await timeouts()
    const socket = await tcp()
    const timer = setInterval(() => socket.write(hello.subarray(0, 1)), 100)
    await closes(socket)
    clearInterval(timer)
    assert.ok((await timeouts()) > were || (await failed()) > 0)
    await assertServes()
  })

  test('hundreds at once, silent or half done, while good clients are served all along', async () => {
    const were = await timeouts()
    const sockets = await Promise.all(Array.from({ length: 300 }, tcp))
    for (const [i, socket] of sockets.entries()) {
      if (i % 3 > 0) socket.write(hello.subarray(0, i % 3 === 1 ? 20 : hello.length))
    }
    for (let i = 0; i < 20; i++) {
      await assertServes()
      await delay(20)
    }
    await Promise.all(sockets.map(closes))
    assert.ok((await timeouts()) > were)
    await assertServes()
  })

  async function timeouts(): Promise<number> {
    return (await door.proxy.counters())('connections_closed{reason="handshake-timeout"}')
  }

  async function failed(): Promise<number> {
    return (await door.proxy.counters())('tls_handshakes{outcome="failed"}')
  }
})
