import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Client,
  echo,
  LateHandler,
  message,
  type Rig,
  startRig,
  testLimits,
  until,
} from '../../../test/support/stream-rig.ts'
import { createTestHandshaker, upgrade } from '../../../test/support/test-handshaker.ts'

const range = (count: number) => Array.from({ length: count }, (_, index) => index)
const handshaker = createTestHandshaker()

async function answered(client: Client, count: number): Promise<void> {
  await until(() => client.ids.length === count)
}

async function idleClients(rig: Rig, wanted: number): Promise<Client[]> {
  const clients = []
  for (const id of range(wanted)) {
    const client = await rig.client().ask(message(id))
    await answered(client, 1)
    clients.push(client)
  }
  return clients
}

function times(rig: Rig, event: string): number {
  return rig.events.filter((one) => one === event).length
}

describe('the idle time of connections (RFC 7766 §6.2.3, RFC 9210 §4.2)', () => {
  test('is what is left of it when the table fills', async (t) => {
    const rig = await startRig(t, { handle: echo, maxConnections: 16 })
    assert.equal(rig.table.idleTimeout, 10_000)
    const clients = await idleClients(rig, 15)
    assert.equal(rig.table.idleTimeout, 1_000)
    rig.advance(999)
    assert.equal(rig.table.size, 15)
    rig.advance(1)
    await until(() => clients.every((client) => client.ended))
  })

  test('is whole while there is room', async (t) => {
    const rig = await startRig(t, { handle: echo, maxConnections: 32 })
    const clients = await idleClients(rig, 15)
    rig.advance(9_999)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(
      clients.some((client) => client.ended),
      false,
    )
  })
})

describe('a full table', () => {
  test('sheds who does not read, once that is for longer than another has been idle', async (t) => {
    const rig = await startRig(t, {
      handle: (query) => {
        echo(query)
        return query.bytes[query.start + 1] === 99 ? 60_000 : query.length
      },
      maxConnections: 16,
      limits: { maxUnread: 16 << 20 },
    })
    const deaf = await rig.client(true).ask(...range(200).map(() => message(99)))
    await until(() => rig.table.stalling.first !== null)
    rig.advance(500)
    const others = await idleClients(rig, 15)
    const guest = await rig.client().ask(message(1))
    await answered(guest, 1)
    assert.equal(times(rig, 'shed'), 1)
    assert.equal(
      others.some((client) => client.ended),
      false,
    )
    deaf.socket.resume()
    await deaf.closed
    assert.equal(deaf.error, 'ECONNRESET')
  })

  test('sheds a handshake that does not go on before who has been idle for less', async (t) => {
    const rig = await startRig(t, { handle: echo, handshaker, maxConnections: 16 })
    const silent = await rig.client().ask()
    await until(() => rig.table.size === 1)
    rig.advance(500)
    for (let i = 0; i < 16; i++) await upgrade((await rig.client(true).ask()).socket)
    await until(() => silent.ended)
    assert.equal(times(rig, 'shed'), 1)
    assert.equal(rig.table.size, 16)
  })
})

describe('clients in a hurry', () => {
  test('are reset when they open connections faster than one may', async (t) => {
    const connections = { connections: { rate: 1, burst: 3 } }
    const rig = await startRig(t, { handle: echo, connections })
    await idleClients(rig, 3)
    const fourth = rig.client()
    await fourth.closed
    assert.equal(rig.events.at(-1), 'rate')
    rig.advance(1_000)
    await answered(await rig.client().ask(message(5)), 1)
  })

  for (const [whose, limits] of [
    ['one may', { clientHandshakes: { rate: 1, burst: 2 } }],
    ['all together may', { handshakes: { rate: 1, burst: 2 } }],
  ] as const) {
    test(`are reset before TLS costs anything when they begin it faster than ${whose}`, async (t) => {
      let begun = 0
      const counting = {
        asksForCertificates: false,
        begin: (...parts: Parameters<typeof handshaker.begin>): void => {
          begun++
          handshaker.begin(...parts)
        },
      }
      const rig = await startRig(t, { handle: echo, handshaker: counting, connections: limits })
      for (let i = 0; i < 2; i++) await upgrade((await rig.client(true).ask()).socket)
      const third = await rig.client().ask(message(1))
      await until(() => third.ended)
      assert.deepEqual(rig.events, ['opened', 'opened', 'opened', 'handshake-rate'])
      assert.equal(begun, 2)
      assert.equal(rig.table.size, 2)
    })
  }

  test('end the oldest handshake when as many are under way as may be', async (t) => {
    const rig = await startRig(t, { handle: echo, handshaker, connections: { maxHandshakes: 2 } })
    const slow: Client[] = []
    for (let i = 0; i < 2; i++) {
      const client = await rig.client().ask()
      // A record of TLS is announced.
      client.socket.write(Buffer.of(22, 3, 1, 1, 0))
      slow.push(client)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await upgrade((await rig.client(true).ask()).socket)
    await until(() => slow[0]!.ended)
    assert.deepEqual(rig.events, ['opened', 'opened', 'opened', 'shed'])
    assert.equal(slow[1]!.ended, false)
  })

  test('have begun no handshake while they say nothing: thousands of them are in nobody’s way', async (t) => {
    const connections = { maxHandshakes: 2, handshakes: { rate: 1, burst: 2 } }
    const rig = await startRig(t, { handle: echo, handshaker, connections })
    for (let i = 0; i < 50; i++) await rig.client().ask()
    await until(() => rig.table.size === 50)
    await upgrade((await rig.client(true).ask()).socket)
    await until(() => rig.table.idling.first !== null)
    rig.advance(1_000)
    await until(() => rig.table.size === 1)
    assert.equal(times(rig, 'handshake-timeout'), 50)
  })

  test('are let go when they end their stream without a word', async (t) => {
    const rig = await startRig(t, { handle: echo, handshaker })
    const client = await rig.client().ask()
    await until(() => rig.table.size === 1)
    client.socket.end()
    await client.closed
    assert.deepEqual(rig.events, ['opened', 'client'])
    assert.equal(rig.table.size, 0)
  })
})

describe('memory of connections', () => {
  test('is bounded together: whoever holds most is reset, and who reads is served', async (t) => {
    const rig = await startRig(t, {
      handle: (query) => {
        echo(query)
        return query.bytes[query.start + 1] === 99 ? 60_000 : query.length
      },
      limits: { maxUnread: 1 << 20 },
      maxHeld: 2 << 20,
    })
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, rig.table.held)
    }, 1)
    t.after(() => clearInterval(watch))
    const deaf = []
    for (let i = 0; i < 60; i++) {
      deaf.push(await rig.client(true).ask(...range(300).map(() => message(99))))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await until(() => times(rig, 'memory') > 0)
    const reader = await rig.client().ask(...range(50).map((id) => message(id)))
    await answered(reader, 50)
    assert.equal(reader.error, null)
    // One write is let through before its octets are counted.
    assert.ok(most <= (2 << 20) + (1 << 17), `${most}`)
    assert.equal(times(rig, 'opened'), 61)
  })

  test('is bounded for messages announced and half sent', async (t) => {
    const rig = await startRig(t, { handle: echo, maxHeld: 1 << 20 })
    const part = Buffer.alloc(60_002)
    part.writeUInt16BE(65_535)
    for (let i = 0; i < 100; i++) (await rig.client().ask()).socket.write(part)
    await until(() => times(rig, 'memory') > 70)
    assert.ok(rig.table.held <= 1 << 20)
    const reader = await rig.client().ask(message(7))
    await answered(reader, 1)
    rig.advance(testLimits.frameTimeout)
    await until(() => rig.table.held === 0)
  })
})

describe('a TLS client that does not read', () => {
  test('is reset when too much waits for it, and the rest of that is freed', async (t) => {
    const late = new LateHandler()
    const rig = await startRig(t, { handle: (query) => late.handle(query), handshaker })
    const { socket: raw } = await rig.client(true).ask()
    const secure = await upgrade(raw)
    secure.on('error', () => {})
    const asked = range(200).map((id) => message(id))
    for (const one of asked) secure.write(Buffer.concat([Buffer.of(0, one.length), one]))
    await until(() => late.waiting.length === 200)
    let sent = 0
    while (late.waiting.length > 0 && late.answerNext(65_535)) sent++
    await until(() => rig.table.size === 0)
    assert.ok(sent < 200)
    assert.deepEqual(rig.events, ['opened', 'unread'])
    secure.resume()
    await until(() => raw.destroyed)
    assert.equal(rig.table.held, 0)
  })

  test('is reset when it takes nothing for the write time-out', async (t) => {
    const rig = await startRig(t, {
      handle: (query) => {
        echo(query)
        return 60_000
      },
      handshaker,
    })
    const { socket: raw } = await rig.client(true).ask()
    const secure = await upgrade(raw)
    secure.on('error', () => {})
    const asked = range(500).map((id) => message(id))
    secure.write(Buffer.concat(asked.map((one) => Buffer.concat([Buffer.of(0, 12), one]))))
    await until(() => rig.table.stalling.first !== null)
    await new Promise((resolve) => setTimeout(resolve, 50))
    // Twice, for text and what it is enciphered to lie in memory both.
    assert.ok(rig.table.held > 120_000)
    rig.advance(testLimits.writeTimeout)
    await until(() => rig.table.size === 0)
    assert.deepEqual(rig.events, ['opened', 'unread'])
  })
})
