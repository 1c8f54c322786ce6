import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  Client,
  echo,
  LateHandler,
  message,
  startRig,
  until,
} from '../../../test/support/stream-rig.ts'

const tcpHandles = () =>
  process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length

describe('a stream listener starts and stops', () => {
  test('says which address is taken', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const { address, port } = rig.listener.address()
    await assert.rejects(startRig(t, { handle: echo, listen: { address, port } }), {
      code: 'EADDRINUSE',
      address,
      port,
    })
  })

  test('says which address is not ours', async (t) => {
    await assert.rejects(startRig(t, { handle: echo, listen: { address: '192.0.2.1' } }), {
      code: 'EADDRNOTAVAIL',
      address: '192.0.2.1',
    })
  })

  test('lets several share a port with reusePort', async (t) => {
    const first = await startRig(t, { handle: echo, listen: { reusePort: true } })
    const { port } = first.listener.address()
    const second = await startRig(t, { handle: echo, listen: { reusePort: true, port } })
    assert.equal(second.listener.address().port, port)
  })

  test('leaves IPv4 alone when asked to', async (t) => {
    const rig = await startRig(t, { handle: echo, listen: { address: '::', v6Only: true } })
    const { port } = rig.listener.address()
    const old = new Client({ address: '127.0.0.1', port, family: 'IPv4' })
    await old.closed
    assert.equal(old.error, 'ECONNREFUSED')
    const client = await new Client({ address: '::1', port, family: 'IPv6' }).ask(message(1))
    await until(() => client.ids.length === 1)
    client.socket.destroy()
  })

  test('close() waits for late answers and takes no new queries', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1))
    await until(() => late.waiting.length === 1)
    let closed = false
    const closing = rig.listener.close(60_000).then(() => {
      closed = true
    })
    await client.ask(message(2))
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.equal(late.waiting.length, 1)
    assert.equal(closed, false)
    late.answerNext()
    await closing
    await until(() => client.ended)
    assert.deepEqual(client.ids, [1])
    assert.equal(client.error, null)
    assert.deepEqual(rig.events, ['opened', 'shutdown'])
  })

  test('close() does not wait longer than it may', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1))
    await until(() => late.waiting.length === 1)
    await rig.listener.close(20)
    assert.equal(rig.table.size, 0)
    assert.equal(late.answerNext(), false)
    await until(() => client.ended || client.error !== null)
  })

  test('close() does not wait for clients that keep their side open', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const client = await rig.client().ask(message(1))
    await until(() => client.ids.length === 1)
    await rig.listener.close(60_000)
    assert.equal(rig.table.size, 0)
  })

  test('stop() refuses new connections and lets the others finish', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1))
    await until(() => late.waiting.length === 1)
    const address = rig.listener.address()
    rig.listener.stop()
    const stranger = new Client(address)
    await stranger.closed
    assert.equal(stranger.error, 'ECONNREFUSED')
    late.answerNext()
    await until(() => client.ended)
    assert.deepEqual(client.ids, [1])
  })

  test('leaves no handle open', async (t) => {
    await until(() => tcpHandles() === 0)
    const rig = await startRig(t, { handle: echo })
    const clients = await Promise.all([1, 2, 3].map((id) => rig.client().ask(message(id))))
    await until(() => clients.every((client) => client.ids.length === 1))
    assert.ok(tcpHandles() > 0)
    await rig.listener.close(60_000)
    for (const client of clients) client.socket.destroy()
    await Promise.all(clients.map((client) => client.closed))
    await until(() => tcpHandles() === 0)
  })
})
