// Who may ask. Strangers come from another address of the loopback network.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { type Endpoint, TcpClient, UdpClient } from '../support/clients.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { dig, kdig } from '../support/dig.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { freePort } from '../support/processes.ts'

const STRANGER = '127.0.0.2'
const FRIEND = '127.0.0.3'
const QUERY = makeQuery('mixed.test.example', { opts: [{}] })
const running = new AsyncDisposableStack()
let upstreams: readonly unknown[]
let ca: TestCa

before(async () => {
  ca = running.use(createTestCa())
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

const NAME = 'mixed.test.example'

/** The status that dig prints for a client at an address, or an empty text for silence. */
async function statusFor(port: number, from: string, ...args: string[]): Promise<string> {
  const server = { host: '127.0.0.1', port }
  const { status } = await dig(server, '-b', from, '+time=2', NAME, ...args)
  return status
}

describe('access at two listeners, asked by dig', () => {
  let proxy: Dotward
  let guests: number
  let file: string
  before(async () => {
    file = join(ca.dir, 'guests.txt')
    writeFileSync(file, '127.0.0.200 # a visitor\n')
    guests = await freePort()
    const port = await freePort()
    const listener = { address: '127.0.0.1', protocols: ['udp', 'tcp'] }
    const config = {
      upstreams,
      listeners: [
        { ...listener, port },
        { ...listener, port: guests, access: { allow: ['@guests'], onDeny: 'refuse' } },
      ],
      access: {
        allow: ['127.0.0.1', '@staff'],
        deny: ['127.0.0.99'],
        groups: {
          staff: { ranges: ['127.0.0.16/28', '127.0.0.3'] },
          guests: { ranges: ['127.0.0.64/26', `file:${file}`] },
        },
      },
    }
    proxy = await Dotward.start(config, { port })
  })
  after(() => proxy[Symbol.asyncDispose]())

  test('each has its own friends', async () => {
    assert.deepEqual(
      await Promise.all([
        statusFor(proxy.port, '127.0.0.3'),
        statusFor(proxy.port, '127.0.0.17', '+tcp'),
        statusFor(proxy.port, '127.0.0.65'),
        statusFor(guests, '127.0.0.65'),
        statusFor(guests, '127.0.0.66', '+tcp'),
        statusFor(guests, '127.0.0.3'),
      ]),
      ['NOERROR', 'NOERROR', '', 'NOERROR', 'NOERROR', 'REFUSED'],
    )
  })

  test('what a listener leaves out is as for all', async () => {
    assert.equal(await statusFor(guests, '127.0.0.99'), 'REFUSED')
  })

  test('ranges in a file hold, and are read again when it changes', async () => {
    assert.equal(await statusFor(guests, '127.0.0.200'), 'NOERROR')
    assert.equal(await statusFor(guests, '127.0.0.201'), 'REFUSED')
    writeFileSync(file, '127.0.0.201\n')
    await proxy.program.printed(/ranges are new and in force/)
    assert.equal(await statusFor(guests, '127.0.0.200'), 'REFUSED')
    assert.equal(await statusFor(guests, '127.0.0.201'), 'NOERROR')
    writeFileSync(file, '127.0.0.200\n127.0.0.1/8\n')
    proxy.program.signal('SIGHUP')
    await proxy.program.printed(/guests\.txt:2:1: .*127\.0\.0\.1\/8/)
    assert.equal(await statusFor(guests, '127.0.0.200'), 'REFUSED')
    assert.equal(await statusFor(guests, '127.0.0.201'), 'NOERROR')
  })
})

describe('access by certificate, asked by kdig', () => {
  let proxy: Dotward
  let tls: number
  before(async () => {
    tls = await freePort()
    const port = await freePort()
    const server = ca.issue({ names: ['dns.example.org'] })
    proxy = await Dotward.start(
      {
        upstreams,
        listeners: [
          { address: '127.0.0.1', port },
          {
            address: '127.0.0.1',
            port: tls,
            protocols: ['tls'],
            tls: { certificate: server.certPath, key: server.keyPath, clientCa: ca.caPath },
          },
        ],
        access: {
          allow: ['127.0.0.1', '@mesh'],
          deny: ['@lost'],
          groups: {
            mesh: { certificates: ['*.mesh.example', 'spiffe://example.org/db'] },
            lost: { certificates: ['lost.mesh.example'] },
          },
        },
      },
      { port },
    )
  })
  after(() => proxy[Symbol.asyncDispose]())

  async function statusWith(from: string, request: { names?: string[]; uris?: string[] } | null) {
    const client = request === null ? null : ca.issue({ ...request, clientAuth: true })
    const shown =
      client === null ? [] : [`+tls-certfile=${client.certPath}`, `+tls-keyfile=${client.keyPath}`]
    const args = [
      '-b',
      from,
      '+tls',
      `+tls-ca=${ca.caPath}`,
      '+tls-hostname=dns.example.org',
      ...shown,
    ]
    const { status } = await kdig({ host: '127.0.0.1', port: tls }, ...args, '+time=3', NAME)
    return status
  }

  test('a certificate of an allowed group opens the door from anywhere', async () => {
    assert.equal(await statusWith(STRANGER, { names: ['db.mesh.example'] }), 'NOERROR')
    assert.equal(await statusWith(STRANGER, { uris: ['spiffe://example.org/db'] }), 'NOERROR')
  })

  test('none, or another, leaves it to the address', async () => {
    assert.equal(await statusWith(STRANGER, null), '')
    assert.equal(await statusWith(STRANGER, { names: ['db.other.example'] }), 'REFUSED')
    assert.equal(await statusWith('127.0.0.1', null), 'NOERROR')
    assert.equal(await statusWith('127.0.0.1', { names: ['db.other.example'] }), 'NOERROR')
  })

  test('one of a denied group closes it', async () => {
    assert.equal(await statusWith('127.0.0.1', { names: ['lost.mesh.example'] }), 'REFUSED')
  })
})
