import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Handled } from '../../pipeline/query.ts'
import {
  echo,
  frame,
  LateHandler,
  message,
  startRig,
  until,
} from '../../../test/support/stream-rig.ts'

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('answers on a stream (RFC 7766)', () => {
  test('answers 1,000 queries pipelined on one connection (§6.2.1.1)', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const client = await rig.client().ask(...range(1_000).map((id) => message(id)))
    await until(() => client.ids.length === 1_000)
    assert.deepEqual(client.ids, range(1_000))
  })

  test('answers 1,000 queries, each late, past the bound of those in flight', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, {
      handle: (query) => late.handle(query),
      limits: { maxInFlight: 10 },
    })
    const client = await rig.client().ask(...range(1_000).map((id) => message(id)))
    let most = 0
    while (client.ids.length < 1_000) {
      await until(() => late.waiting.length > 0 || client.ids.length === 1_000)
      most = Math.max(most, late.waiting.length)
      while (late.waiting.length > 0) late.answerNext()
    }
    assert.equal(most, 10)
    assert.deepEqual(client.ids, range(1_000))
  })

  test('sends answers as they come, not as they were asked (§7)', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1), message(2), message(3))
    await until(() => late.waiting.length === 3)
    late.waiting.reverse()
    while (late.waiting.length > 0) late.answerNext()
    await until(() => client.ids.length === 3)
    assert.deepEqual(client.ids, [3, 2, 1])
  })

  test('sends an immediate answer past one that is late', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, {
      handle: (query) => (query.bytes[query.start + 1] === 1 ? late.handle(query) : echo(query)),
    })
    const client = await rig.client().ask(message(1), message(2))
    await until(() => client.ids.length === 1)
    late.answerNext()
    await until(() => client.ids.length === 2)
    assert.deepEqual(client.ids, [2, 1])
  })

  test('gives each client its own answers only', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const clients = await Promise.all(
      range(10).map((id) => rig.client().ask(message(id), message(100 + id))),
    )
    await until(() => late.waiting.length === 20)
    late.waiting.sort((a, b) => ((a.id * 7919) % 31) - ((b.id * 7919) % 31))
    while (late.waiting.length > 0) late.answerNext()
    await until(() => clients.every((client) => client.ids.length === 2))
    for (const [id, client] of clients.entries()) {
      assert.deepEqual(
        client.ids.toSorted((a, b) => a - b),
        [id, 100 + id],
      )
    }
  })

  test('answers all frames of one segment with one write (§8)', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(...range(50).map((id) => message(id)))
    let pieces = 0
    client.socket.on('data', () => pieces++)
    await until(() => late.waiting.length === 50)
    while (late.waiting.length > 0) late.answerNext()
    await until(() => client.ids.length === 50)
    assert.equal(pieces, 1)
  })

  test('takes queries in one-octet pieces', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const client = await rig.client().ask()
    client.socket.setNoDelay(true)
    for (const octet of Buffer.concat([frame(message(7)), frame(message(8, 40))])) {
      client.socket.write(Uint8Array.of(octet))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => client.ids.length === 2)
    assert.deepEqual(client.ids, [7, 8])
  })

  test('takes and sends messages of 65,535 octets', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const client = await rig.client().ask(message(1, 65_535), message(2, 65_535))
    await until(() => client.octets === 2 * 65_537)
    assert.deepEqual(client.ids, [1, 2])
  })

  test('goes on after a query that is dropped', async (t) => {
    const rig = await startRig(t, {
      handle: (query) => (query.bytes[query.start + 1] === 1 ? Handled.Dropped : echo(query)),
    })
    const client = await rig.client().ask(message(1), message(2))
    await until(() => client.ids.length === 1)
    assert.deepEqual(client.ids, [2])
  })

  test('answers a client that has closed its sending side (RFC 9293 §3.6.1), then closes', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1), message(2))
    client.socket.end()
    await until(() => late.waiting.length === 2)
    late.answerNext()
    await until(() => client.ids.length === 1)
    assert.equal(client.ended, false)
    late.answerNext()
    await client.closed
    assert.deepEqual(client.ids, [1, 2])
    assert.deepEqual(rig.events, ['opened', 'client'])
  })

  test('answers a half-closed client whose queries pass the bound in flight', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, {
      handle: (query) => late.handle(query),
      limits: { maxInFlight: 2 },
    })
    const client = await rig.client().ask(...range(9).map((id) => message(id)))
    client.socket.end()
    while (client.ids.length < 9) {
      await until(() => late.waiting.length > 0 || client.ids.length === 9)
      if (late.waiting.length > 0) late.answerNext()
    }
    await client.closed
    assert.deepEqual(client.ids, range(9))
  })

  test('sees a late answer refused when the client has gone', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1), message(2))
    await until(() => late.waiting.length === 2)
    client.socket.resetAndDestroy()
    await until(() => rig.table.size === 0)
    assert.equal(late.answerNext(), false)
    late.waiting.shift()!.path.commit(0)
    assert.deepEqual(rig.events, ['opened', 'client'])
  })

  test('outlives a client that resets while its answers are written', async (t) => {
    let asked = 0
    const rig = await startRig(t, {
      handle: (query) => {
        asked++
        return echo(query)
      },
    })
    const rude = await rig.client(true).ask(...range(20).map((id) => message(id, 65_535)))
    await until(() => asked > 0)
    rude.socket.resetAndDestroy()
    await until(() => rig.table.size === 0)
    const client = await rig.client().ask(message(9))
    await until(() => client.ids.length === 1)
  })
})
