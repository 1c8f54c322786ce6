import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Handled } from '../../pipeline/query.ts'
import { LINGER_OCTETS } from './limits.ts'
import {
  type Rig,
  Client,
  echo,
  frame,
  LateHandler,
  message,
  startRig,
  testIdleTimes,
  testLimits,
  until,
} from '../../../test/support/stream-rig.ts'

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

async function answered(client: Client, count: number): Promise<void> {
  await until(() => client.ids.length === count)
}

/** Once the kernel has taken it. */
function written(client: Client, octets: Uint8Array): Promise<void> {
  return new Promise((resolve) => client.socket.write(octets, () => resolve()))
}

async function opened(rig: Rig, count: number): Promise<void> {
  await until(() => rig.events.filter((event) => event === 'opened').length === count)
}

describe('admission of stream clients', () => {
  test('resets an unauthorised client before an octet is read', async (t) => {
    let asked = 0
    const rig = await startRig(t, {
      handle: () => {
        asked++
        return Handled.Dropped
      },
      admits: (client, offset, family) => {
        assert.deepEqual([...client.subarray(offset)], [127, 0, 0, 1])
        assert.equal(family, 4)
        return false
      },
    })
    const client = rig.client()
    client.socket.write(frame(message(1)))
    await client.closed
    assert.match(client.error ?? 'FIN', /ECONNRESET|EPIPE/)
    assert.deepEqual(rig.events, ['unauthorised'])
    assert.equal(asked, 0)
    assert.equal(rig.table.size, 0)
  })

  test('sees the IPv4 address of a client that came to a wildcard IPv6 socket', async (t) => {
    let seen: number[] = []
    const rig = await startRig(t, {
      handle: (query) => {
        seen = [...query.client.subarray(query.clientOffset), query.clientFamily]
        return echo(query)
      },
      listen: { address: '::' },
    })
    const port = rig.listener.address().port
    const client = new Client({ address: '127.0.0.1', port, family: 'IPv4' })
    await client.ask(message(1))
    await answered(client, 1)
    client.socket.destroy()
    assert.deepEqual(seen, [127, 0, 0, 1, 4])
  })

  test('bounds the connections of one client', async (t) => {
    const rig = await startRig(t, { handle: echo, connections: { maxPerClient: 2 } })
    const first = await rig.client().ask(message(1))
    await rig.client().ask()
    await opened(rig, 2)
    await rig.client().closed
    assert.deepEqual(rig.events, ['opened', 'opened', 'client-full'])
    first.socket.destroy()
    await until(() => rig.table.size === 1)
    const next = await rig.client().ask(message(4))
    await answered(next, 1)
  })

  test('sheds the oldest idle connection when the table is full', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, {
      handle: (query) => (query.bytes[query.start + 1] === 99 ? late.handle(query) : echo(query)),
      maxConnections: 3,
    })
    const busy = await rig.client().ask(message(99))
    await until(() => late.waiting.length === 1)
    const older = await rig.client().ask(message(1))
    await answered(older, 1)
    const newer = await rig.client().ask(message(2))
    await answered(newer, 1)
    await older.ask(message(3))
    await answered(older, 2)
    // Now `newer` has been idle for longer, and `busy` waits for an answer.
    const guest = await rig.client().ask(message(4))
    await answered(guest, 1)
    await until(() => newer.ended)
    assert.equal(older.ended || busy.ended, false)
    assert.ok(rig.events.includes('shed'))
  })

  test('refuses a client when the table is full of busy connections', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query), maxConnections: 1 })
    await rig.client().ask(message(1))
    await until(() => late.waiting.length === 1)
    await rig.client().closed
    assert.deepEqual(rig.events, ['opened', 'table-full'])
  })
})

describe('time-outs of streams (RFC 7766 §6.2.3)', () => {
  test('closes a connection that stays idle, with FIN', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const client = await rig.client().ask(message(1))
    await answered(client, 1)
    rig.advance(testIdleTimes.idleTimeout - 1)
    await client.ask(message(2))
    await answered(client, 2)
    rig.advance(2)
    await client.ask(message(3))
    await answered(client, 3)
    rig.advance(testIdleTimes.idleTimeout)
    await until(() => client.ended)
    assert.equal(client.error, null)
    client.socket.end()
    await until(() => rig.table.size === 0)
    assert.deepEqual(rig.events, ['opened', 'idle'])
  })

  test('does not close while a query waits for its answer', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1))
    await until(() => late.waiting.length === 1)
    rig.advance(60_000)
    late.answerNext()
    await answered(client, 1)
    assert.equal(client.ended, false)
  })

  test('does not take single octets for work: a trickle does not put off the time-out', async (t) => {
    const rig = await startRig(t, { handle: echo, limits: { frameTimeout: 60_000 } })
    const client = await rig.client().ask()
    for (const octet of [0, 50, 1]) {
      client.socket.write(Uint8Array.of(octet))
      await new Promise((resolve) => setTimeout(resolve, 5))
      rig.advance(4_000)
    }
    await until(() => client.ended)
  })

  test('closes when a frame is announced and not sent, once other queries are answered', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client().ask(message(1))
    client.socket.write(Uint8Array.of(0xff, 0xff, 1))
    await until(() => late.waiting.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    rig.advance(testLimits.frameTimeout)
    late.answerNext()
    await until(() => client.ended)
    assert.deepEqual(client.ids, [1])
    client.socket.end()
    await until(() => rig.table.size === 0)
    assert.deepEqual(rig.events, ['opened', 'frame-timeout'])
  })

  test('closes after the total time-out, answering what is under way first', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, {
      handle: (query) => late.handle(query),
      limits: { lifetime: 15_000 },
    })
    const client = await rig.client().ask(message(1))
    await until(() => late.waiting.length === 1)
    rig.advance(15_000)
    late.answerNext()
    await until(() => client.ended)
    assert.deepEqual(client.ids, [1])
  })

  test('does not wait for ever for the client to close its side', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const client = await rig.client().ask(message(1))
    await answered(client, 1)
    rig.advance(testIdleTimes.idleTimeout)
    await until(() => client.ended)
    rig.advance(2_000)
    assert.equal(rig.table.size, 0)
  })
})

describe('clients that misbehave', () => {
  for (const length of [0, 11]) {
    test(`closes after a frame of ${length} octets, which has no header`, async (t) => {
      const rig = await startRig(t, { handle: echo })
      const client = await rig.client().ask(message(1), new Uint8Array(length), message(2))
      await until(() => client.ended)
      assert.deepEqual(client.ids, [1])
      client.socket.end()
      await until(() => rig.table.size === 0)
      assert.deepEqual(rig.events, ['opened', 'short-frame'])
    })
  }

  test('reads little of what comes after the end of a connection', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const client = await rig.client().ask(message(1), new Uint8Array(0))
    await until(() => client.ended)
    const more = Buffer.alloc(LINGER_OCTETS / 4)
    for (let i = 0; i < 4; i++) await written(client, more)
    assert.equal(rig.table.size, 1)
    client.socket.write(Buffer.alloc(64))
    await until(() => rig.table.size === 0)
    assert.deepEqual(rig.events, ['opened', 'short-frame'])
  })

  test('costs its own connection only when its query makes the handler throw', async (t) => {
    const rig = await startRig(t, {
      handle: (query) => {
        if (query.bytes[query.start + 1] === 13) throw new Error('a fault')
        return echo(query)
      },
    })
    const other = await rig.client().ask(message(1))
    await answered(other, 1)
    const poisoned = await rig.client().ask(message(13))
    await until(() => poisoned.ended)
    assert.deepEqual(rig.events, ['opened', 'opened', 'Error: a fault', 'fault'])
    await other.ask(message(2))
    await answered(other, 2)
  })

  test('outlives any octets at all', async (t) => {
    const rig = await startRig(t, { handle: echo })
    const streams = fc.sample(fc.uint8Array({ maxLength: 3_000, size: 'max' }), 60)
    for (const octets of streams) {
      const client = await rig.client().ask()
      client.socket.end(octets)
      await client.closed
    }
    const client = await rig.client().ask(message(1))
    await answered(client, 1)
    assert.equal(rig.table.size, 1)
  })

  test('stops reading from a client that does not read, and cuts it off in time', async (t) => {
    let asked = 0
    const rig = await startRig(t, {
      handle: (query) => {
        asked++
        query.out.fill(1, 0, 60_000)
        return 60_000
      },
    })
    const client = await rig.client(true).ask(...range(3_000).map((id) => message(id)))
    let before = -1
    while (before !== asked) {
      before = asked
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.ok(asked < 1_000, `took ${asked} queries`)
    rig.advance(testLimits.writeTimeout)
    await until(() => rig.table.size === 0)
    assert.deepEqual(rig.events, ['opened', 'unread'])
    client.socket.destroy()
  })

  test('sends all once a slow client reads on', async (t) => {
    const rig = await startRig(t, {
      handle: (query) => {
        echo(query)
        return 30_000
      },
    })
    const client = await rig.client(true).ask(...range(500).map((id) => message(id)))
    await new Promise((resolve) => setTimeout(resolve, 50))
    let octets = 0
    client.socket.on('data', (chunk) => {
      octets += chunk.length
    })
    await until(() => octets === 500 * 30_002)
  })

  test('resets a client that lets late answers pile up', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query) })
    const client = await rig.client(true).ask(...range(200).map((id) => message(id)))
    await until(() => late.waiting.length === 200)
    let sent = 0
    while (late.waiting.length > 0 && late.answerNext(65_535)) sent++
    await until(() => rig.table.size === 0)
    assert.ok(sent < 200)
    assert.deepEqual(rig.events, ['opened', 'unread'])
    client.socket.destroy()
  })
})
