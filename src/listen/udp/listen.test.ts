// One contract for both ways of UDP, over real sockets on this machine's own addresses.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Endpoint, UdpClient } from '../../../test/support/clients.ts'
import { loadBatchAddon } from './batch-addon.ts'
import { answerTo, Kind, message, TestListener } from './test-kit.ts'

const TOO_LONG = 1_281
const run = promisify(execFile)

/** Asks and expects the message back; every client hears only the address that it asked. */
async function assertAnswers(to: Endpoint, kind: Parameters<typeof message>[0] = Kind.Echo) {
  await using client = await UdpClient.open(to)
  const query = message(kind, 0x4242)
  assert.deepEqual(await client.ask(query), answerTo(query), `from ${to.host}`)
}

/** Sends messages that must get no answer, then one that must, and expects just that. */
async function assertSilence(to: Endpoint, ...silent: Uint8Array[]) {
  await using client = await UdpClient.open(to)
  for (const bytes of silent) client.send(bytes)
  const query = message(Kind.Echo, 0x7777)
  await client.ask(query)
  assert.deepEqual(client.answers, [answerTo(query)])
}

function openClients(count: number, port: number): Promise<UdpClient[]> {
  const to = { host: '127.0.0.1', port }
  return Promise.all(Array.from({ length: count }, () => UdpClient.open(to)))
}

async function until(ready: () => boolean) {
  while (!ready()) await turn()
}

for (const batch of ['addon', 'dgram'] as const) {
  const open = (options: object = {}) => TestListener.open({ batch, ...options })

  describe(`UDP listener (${batch})`, () => {
    it('is the one that was asked for', async () => {
      await using server = await open()
      assert.equal(server.listener.batched, batch === 'addon')
    })

    it('tells the port it was given when asked for any', async () => {
      await using server = await open()
      assert.equal(server.listener.address().address, '127.0.0.1')
      assert.ok(server.port > 0)
    })

    for (const host of ['127.0.0.1', '::1']) {
      it(`answers on ${host}`, async () => {
        await using server = await open({ address: host })
        await assertAnswers({ host, port: server.port })
        assert.equal(server.metrics.received, 1)
        assert.equal(server.metrics.answered, 1)
        assert.equal(server.metrics.unsent, 0)
      })
    }

    it('shows the handler the client in network order', async () => {
      await using server = await open()
      await assertAnswers({ host: '127.0.0.1', port: server.port, from: '127.0.0.5' })
      assert.deepEqual(server.handler.clients, [[127, 0, 0, 5]])
    })

    it('shows an IPv6 client with its 16 octets', async () => {
      await using server = await open({ address: '::1' })
      await assertAnswers({ host: '::1', port: server.port })
      assert.deepEqual(server.handler.clients, [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]])
    })

    for (const address of ['0.0.0.0', '::']) {
      it(`answers from the address that was asked when bound to ${address}`, async () => {
        await using server = await open({ address })
        for (const host of localAddresses(address)) {
          await assertAnswers({ host, port: server.port })
          await assertAnswers({ host, port: server.port }, Kind.Late)
        }
      })
    }

    it('takes IPv4 on :: as IPv4', async () => {
      await using server = await open({ address: '::' })
      await assertAnswers({ host: '127.0.0.1', port: server.port })
      assert.deepEqual(server.handler.clients, [[127, 0, 0, 1]])
    })

    it('leaves IPv4 to others when :: is for IPv6 alone', async () => {
      await using six = await open({ address: '::', v6Only: true })
      await using four = await open({ address: '0.0.0.0', port: six.port })
      await assertAnswers({ host: '127.0.0.1', port: four.port })
      await assertAnswers({ host: '::1', port: six.port })
      assert.equal(four.metrics.received, 1)
      assert.equal(six.metrics.received, 1)
    })

    it('shares a port with another socket, each client staying with one', async () => {
      await using one = await open({ reusePort: true })
      await using two = await open({ reusePort: true, port: one.port })
      for (let i = 0; i < 64; i++) await assertAnswers({ host: '127.0.0.1', port: one.port })
      assert.ok(one.metrics.received > 0)
      assert.ok(two.metrics.received > 0)
      assert.equal(one.metrics.received + two.metrics.received, 64)
    })

    it('says so when the port is taken', async () => {
      await using server = await open()
      const { port } = server
      const expected = { code: 'EADDRINUSE', syscall: 'bind', address: '127.0.0.1', port }
      await assert.rejects(open({ port }), expected)
    })

    it('says so when the address is not on this machine', async () => {
      await assert.rejects(open({ address: '203.0.113.1' }), { code: 'EADDRNOTAVAIL' })
    })

    for (const kind of ['Late', 'Tick', 'Microtask'] as const) {
      it(`sends an answer that comes later (${kind})`, async () => {
        await using server = await open()
        await assertAnswers({ host: '127.0.0.1', port: server.port }, Kind[kind])
        assert.equal(server.metrics.answered, 1)
      })
    }

    for (const kind of ['Echo', 'Late', 'Hold'] as const) {
      it(`answers 300 at once, each with its own (${kind})`, async () => {
        await using server = await open()
        // Few for each client, whose socket would overflow otherwise.
        const clients = await openClients(30, server.port)
        clients.forEach((client, n) => {
          for (let i = 0; i < 10; i++) client.send(message(Kind[kind], 10 * n + i, 20 + 10 * n))
        })
        if (kind === 'Hold') {
          await until(() => server.handler.held.length === 300)
          for (const send of server.handler.held) assert.ok(send())
        }
        await until(() => clients.every((client) => client.answers.length === 10))
        clients.forEach((client, n) => {
          const byId = client.answers.sort((a, b) => a.readUInt16BE(0) - b.readUInt16BE(0))
          const ids = Array.from(byId, (_, i) => 10 * n + i)
          assert.deepEqual(
            byId,
            ids.map((id) => answerTo(message(Kind[kind], id, 20 + 10 * n))),
          )
        })
        assert.equal(server.metrics.answered, 300)
        await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
      })
    }

    it('keeps immediate and late answers apart, each to its own client', async () => {
      await using server = await open()
      const clients = await openClients(20, server.port)
      const kinds = [Kind.Echo, Kind.Late, Kind.Tick, Kind.Drop]
      clients.forEach((client, n) =>
        kinds.forEach((kind, k) => client.send(message(kind, 8 * n + k))),
      )
      await until(() => clients.every((client) => client.answers.length === 3))
      clients.forEach((client, n) => {
        const ids = client.answers.map((answer) => answer.readUInt16BE(0) - 8 * n)
        assert.deepEqual(new Set(ids), new Set([0, 1, 2]))
      })
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
    })

    it('hands over messages of every size up to 1,280 octets', async () => {
      await using server = await open()
      await using client = await UdpClient.open({ host: '127.0.0.1', port: server.port })
      for (const size of [13, 512, 1_232, 1_279, 1_280]) {
        const query = message(Kind.Echo, size, size)
        assert.deepEqual(await client.ask(query), answerTo(query))
      }
    })

    it('hands over an empty datagram and goes on', async () => {
      await using server = await open()
      await assertSilence({ host: '127.0.0.1', port: server.port }, new Uint8Array(0))
      assert.deepEqual(server.handler.lengths, [0, 40])
    })

    it('stays silent where the handler drops', async () => {
      await using server = await open()
      await assertSilence({ host: '127.0.0.1', port: server.port }, message(Kind.Drop, 1))
    })

    it('survives a handler that throws, and says so', async () => {
      await using server = await open()
      await assertSilence({ host: '127.0.0.1', port: server.port }, message(Kind.Throw, 1))
      assert.deepEqual(server.errors, [new Error('a fault in the handler')])
    })

    it('sends a client with too long a query to TCP (RFC 7766 §5)', async () => {
      await using server = await open()
      await using client = await UdpClient.open({ host: '127.0.0.1', port: server.port })
      for (const size of [TOO_LONG, 9_000, 65_507]) {
        const answer = await client.ask(message(Kind.Echo, 0x1234, size))
        assert.equal(answer?.toString('hex'), '123483000000000000000000')
      }
      assert.equal(server.metrics.tooLong, 3)
      assert.equal(server.handler.lengths.length, 0)
    })

    it('stays silent to too long an answer (RFC 1035 §4.1.1: QR=1)', async () => {
      await using server = await open()
      const answer = answerTo(message(Kind.Echo, 1, TOO_LONG))
      await assertSilence({ host: '127.0.0.1', port: server.port }, answer)
    })

    it('stays silent to a stranger with too long a query', async () => {
      await using server = await open()
      server.handler.admitted = false
      const long = message(Kind.Echo, 1, TOO_LONG)
      await assertSilence({ host: '127.0.0.1', port: server.port }, long)
    })

    it('refuses a late answer that is too long, and can be used on', async () => {
      await using server = await open()
      let reserved: boolean | null = null
      const handler = server.handler.handle.bind(server.handler)
      server.handler.handle = (query) => {
        const path = query.origin.detach(query)
        reserved = path.reserve(TOO_LONG)
        path.commit(0)
        return handler(query)
      }
      await assertAnswers({ host: '127.0.0.1', port: server.port })
      assert.equal(reserved, false)
    })

    it('still sends late answers after pause, but reads no more', async () => {
      await using server = await open()
      await using client = await UdpClient.open({ host: '127.0.0.1', port: server.port })
      const query = message(Kind.Hold, 7)
      client.send(query)
      await until(() => server.handler.held.length === 1)
      server.listener.pause()
      client.send(message(Kind.Echo, 8))
      for (let i = 0; i < 20; i++) await turn()
      assert.ok(server.handler.held[0]!())
      await until(() => client.answers.length > 0)
      assert.deepEqual(client.answers, [answerTo(query)])
      assert.equal(server.handler.lengths.length, 1)
    })

    it('is given other buffers while it is open, and loses nothing', async () => {
      await using server = await open({ receiveBuffer: 65_536 })
      await using client = await UdpClient.open({ host: '127.0.0.1', port: server.port })
      const query = message(Kind.Hold, 7)
      client.send(query)
      await until(() => server.handler.held.length === 1)
      const before = await bufferSize(server.port)
      server.listener.resize(131_072)
      assert.equal(await bufferSize(server.port), 2 * before)
      assert.ok(server.handler.held[0]!())
      await until(() => client.answers.length > 0)
      assert.deepEqual(client.answers, [answerTo(query)])
    })

    it('sends the answers at hand when it closes, refuses later ones, and frees the port', async () => {
      const server = await open()
      const { port } = server
      await using client = await UdpClient.open({ host: '127.0.0.1', port })
      client.send(message(Kind.Hold, 1))
      client.send(message(Kind.Hold, 2))
      await until(() => server.handler.held.length === 2)
      assert.ok(server.handler.held[0]!())
      await server.listener.close()
      assert.equal(server.handler.held[1]!(), false)
      await until(() => client.answers.length > 0)
      assert.deepEqual(client.answers, [answerTo(message(Kind.Hold, 1))])
      await using next = await open({ port })
      assert.equal(next.port, port)
      await server.listener.close()
    })

    it('waits with closing until answers under way are sent', async () => {
      const server = await open()
      await using client = await UdpClient.open({ host: '127.0.0.1', port: server.port })
      const query = message(Kind.Hold, 3)
      client.send(query)
      await until(() => server.handler.held.length === 1)
      const closed = server.listener.close(60_000)
      await turn()
      assert.ok(server.handler.held[0]!())
      await closed
      await until(() => client.answers.length > 0)
      assert.deepEqual(client.answers, [answerTo(query)])
    })

    it('closes while queries come in', async () => {
      const server = await open()
      await using client = await UdpClient.open({ host: '127.0.0.1', port: server.port })
      for (let id = 0; id < 200; id++)
        client.send(message(id % 2 === 0 ? Kind.Echo : Kind.Late, id))
      await until(() => server.metrics.received > 0)
      await server.listener.close()
      const { received } = server.metrics
      for (let i = 0; i < 20; i++) await turn()
      assert.equal(server.metrics.received, received)
      assert.deepEqual(server.errors, [])
    })
  })
}

describe('UDP listener (addon only)', () => {
  it('is loaded when nothing is said', async () => {
    await using server = await TestListener.open({ batch: 'auto' })
    assert.equal(server.listener.batched, true)
  })

  it('answers from every address of a network that is local as a whole', async () => {
    await using server = await TestListener.open({ batch: 'addon', address: '0.0.0.0' })
    for (const host of ['127.0.0.2', '127.1.2.3']) await assertAnswers({ host, port: server.port })
    await using both = await TestListener.open({ batch: 'addon', address: '::' })
    for (const host of ['127.0.0.2', '127.1.2.3']) await assertAnswers({ host, port: both.port })
  })

  it('refuses what is no address', async () => {
    await assert.rejects(TestListener.open({ batch: 'addon', address: 'x' }), { code: 'EINVAL' })
  })

  it('checks what it is called with', () => {
    const addon = loadBatchAddon()
    assert.ok(!(addon instanceof Error))
    const small = new ArrayBuffer(64)
    assert.throws(() => addon.open(small, '127.0.0.1', 0, 0, 0, () => 0), TypeError)
    assert.throws(() => addon.flush({} as never, 1), TypeError)
  })
})

/** Octets of the kernel's receive buffer, of which it keeps half for itself (socket(7)). */
async function bufferSize(port: number): Promise<number> {
  const { stdout } = await run('ss', ['-Huanm', 'sport', '=', `:${port}`])
  return Number(/rb(\d+)/.exec(stdout)![1])
}

function localAddresses(wildcard: string): string[] {
  const hosts: string[] = []
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    for (const { address, family, scopeid } of entries ?? []) {
      if (family === 'IPv6' && wildcard === '0.0.0.0') continue
      hosts.push(scopeid === undefined || scopeid === 0 ? address : `${address}%${name}`)
    }
  }
  return hosts
}

for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::']) {
  const host = address.includes('.') ? '127.0.0.1' : '::1'
  describe(`UDP listeners (addon) that share a port of ${address}`, () => {
    it('leave all queries to the others when they pause, and still answer theirs', async () => {
      const options = { batch: 'addon', address, reusePort: true } as const
      await using first = await TestListener.open(options)
      const { port } = first
      // On a dual-stack socket, an answer to the other family.
      const from = address === '::' ? '127.0.0.1' : host
      await using asker = await UdpClient.open({ host: from, port })
      asker.send(message(Kind.Hold, 1))
      await until(() => first.handler.held.length === 1)
      await using second = await TestListener.open({ ...options, port })
      first.listener.pause()
      for (let i = 0; i < 32; i++) await assertAnswers({ host, port })
      assert.equal(first.handler.lengths.length, 1)
      assert.equal(second.handler.lengths.length, 32)
      assert.ok(first.handler.held[0]!())
      await until(() => asker.answers.length > 0)
    })
  })
}
