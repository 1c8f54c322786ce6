import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { binaryHeader, inet, inet6, lineHeader, Local } from '../../../test/support/proxy-header.ts'
import {
  echo,
  frame,
  message,
  type Rig,
  startRig,
  until,
} from '../../../test/support/stream-rig.ts'
import { createTestHandshaker, upgrade } from '../../../test/support/test-handshaker.ts'
import { AccessList } from '../../guard/acl.ts'
import type { Query } from '../../pipeline/query.ts'
import { FrameReader } from '../stream/framing.ts'
import { MAX_HEADER_LENGTH } from './header.ts'

const HERE = AccessList.compile({ allow: ['127.0.0.0/8'] })
const ELSEWHERE = AccessList.compile({ allow: ['192.0.2.0/24'] })

const V4 = '192.0.2.1'
const V6 = '2001:db8::9'
const handshaker = createTestHandshaker()

/** Clients as the handler saw them, with the IDs of their queries. */
class Seen {
  readonly clients: string[] = []

  readonly handle = (query: Query): number => {
    const { client, clientOffset, clientFamily } = query
    const octets = client.subarray(clientOffset, clientOffset + (clientFamily === 4 ? 4 : 16))
    this.clients.push(clientFamily === 4 ? octets.join('.') : Buffer.from(octets).toString('hex'))
    return echo(query)
  }
}

function idsFrom(socket: Duplex): number[] {
  const ids: number[] = []
  const frames = new FrameReader()
  socket.on('data', (chunk: Buffer) => {
    frames.push(chunk)
    while (frames.next()) ids.push(Buffer.from(frames.bytes).readUInt16BE(frames.start))
  })
  return ids
}

/** Sends octets one packet each. */
async function trickle(socket: Duplex, octets: Uint8Array): Promise<void> {
  for (const octet of octets) {
    socket.write(Uint8Array.of(octet))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const queries = Buffer.concat([frame(message(1)), frame(message(2))])

describe('a stream door for proxies', () => {
  const headers: readonly (readonly [string, Uint8Array, string])[] = [
    ['version 1, IPv4', lineHeader(`TCP4 ${V4} 198.51.100.1 4711 53`), V4],
    ['version 2, IPv4', binaryHeader(inet(V4)), V4],
    ['version 2, IPv6', binaryHeader(inet6(V6)), '20010db8000000000000000000000009'],
    ['version 2 with TLVs', binaryHeader(inet(V4), { tlvs: new Uint8Array(300) }), V4],
    ['LOCAL', binaryHeader(Local), '127.0.0.1'],
    ['UNKNOWN', lineHeader('UNKNOWN'), '127.0.0.1'],
  ]
  for (const [name, header, address] of headers) {
    test(`knows the client by a header of ${name}, with queries in the same packet`, async (t) => {
      const seen = new Seen()
      const rig = await startRig(t, { handle: seen.handle, listen: { proxies: HERE } })
      const client = await rig.client().ask()
      client.socket.write(Buffer.concat([header, queries]))
      await until(() => client.ids.length === 2)
      assert.deepEqual(seen.clients, [address, address])
    })

    test(`takes a header of ${name} in one-octet pieces, queries behind it`, async (t) => {
      const seen = new Seen()
      const rig = await startRig(t, { handle: seen.handle, listen: { proxies: HERE } })
      const client = await rig.client().ask()
      client.socket.setNoDelay(true)
      await trickle(client.socket, Buffer.concat([header, queries]))
      await until(() => client.ids.length === 2)
      assert.deepEqual(seen.clients, [address, address])
    })
  }

  for (const together of [true, false]) {
    const how = together ? 'one packet with the first of TLS' : 'a packet of its own'
    test(`hands all behind the header on to TLS, the header in ${how}`, async (t) => {
      const seen = new Seen()
      const listen = { proxies: HERE }
      const rig = await startRig(t, { handle: seen.handle, handshaker, listen })
      const { socket } = await rig.client(true).ask()
      socket.write(binaryHeader(inet(V4)))
      if (!together) await new Promise((resolve) => setTimeout(resolve, 20))
      // Unless it has waited, the server, in this same thread, has yet to read what was written.
      const secure = await upgrade(socket)
      const ids = idsFrom(secure)
      secure.write(queries)
      await until(() => ids.length === 2)
      assert.deepEqual(seen.clients, [V4, V4])
    })
  }

  async function isRefused(rig: Rig, octets: Uint8Array, reason: string): Promise<void> {
    const client = await rig.client().ask()
    client.socket.write(octets)
    await client.closed
    assert.deepEqual(rig.events, [reason])
    assert.equal(rig.table.size, 0)
  }

  const wrong: readonly (readonly [string, Uint8Array])[] = [
    ['no header but a query', frame(message(1))],
    ['a broken header', lineHeader('TCP4 nobody')],
    [
      'a header longer than we take',
      binaryHeader(Local, { tlvs: new Uint8Array(MAX_HEADER_LENGTH) }),
    ],
  ]
  for (const [name, octets] of wrong) {
    test(`resets a proxy that sends ${name}`, async (t) => {
      const rig = await startRig(t, { handle: echo, listen: { proxies: HERE } })
      await isRefused(rig, octets, 'proxy-header')
    })
  }

  test('resets a proxy that ends within its header', async (t) => {
    const rig = await startRig(t, { handle: echo, listen: { proxies: HERE } })
    const client = await rig.client().ask()
    client.socket.end(binaryHeader(inet(V4)).subarray(0, 20))
    await client.closed
    assert.deepEqual(rig.events, ['proxy-header'])
  })

  test('resets a proxy whose header takes too long, however it trickles', async (t) => {
    const rig = await startRig(t, { handle: echo, listen: { proxies: HERE } })
    const client = await rig.client().ask()
    client.socket.write(binaryHeader(inet(V4)).subarray(0, 20))
    await until(() => rig.table.size === 1)
    rig.advance(3_000)
    await client.closed
    assert.deepEqual(rig.events, ['proxy-header'])
  })

  test('resets whoever is no proxy, with a forged header or without', async (t) => {
    for (const octets of [binaryHeader(inet(V4)), frame(message(1))]) {
      const rig = await startRig(t, { handle: echo, listen: { proxies: ELSEWHERE } })
      const client = rig.client()
      client.socket.on('connect', () => client.socket.write(octets))
      await client.closed
      assert.deepEqual(rig.events, ['not-a-proxy'])
    }
  })

  test('lets the client’s address decide who may ask, not the proxy’s', async (t) => {
    const rig = await startRig(t, {
      handle: echo,
      admits: (client, offset) => client[offset] === 198,
      listen: { proxies: HERE },
    })
    await isRefused(rig, binaryHeader(inet(V4)), 'unauthorised')
    const welcome = await rig.client().ask()
    welcome.socket.write(Buffer.concat([binaryHeader(inet('198.51.100.7')), queries]))
    await until(() => welcome.ids.length === 2)
  })

  test('counts connections by the client, not by the proxy', async (t) => {
    const connections = { maxPerClient: 1 }
    const rig = await startRig(t, { handle: echo, connections, listen: { proxies: HERE } })
    for (const address of [V4, '192.0.2.2', '192.0.2.3']) {
      const client = await rig.client().ask()
      client.socket.write(Buffer.concat([binaryHeader(inet(address)), queries]))
      await until(() => client.ids.length === 2)
    }
    const second = await rig.client().ask()
    second.socket.write(binaryHeader(inet(V4)))
    await second.closed
    assert.equal(rig.events.at(-1), 'client-full')
    assert.equal(rig.table.size, 3)
  })

  test('ends connections whose header has not come when it stops', async (t) => {
    const rig = await startRig(t, { handle: echo, listen: { proxies: HERE } })
    const client = await rig.client().ask()
    await until(() => rig.table.size === 1)
    await Promise.all([rig.listener.close(60_000), client.closed])
    assert.equal(rig.table.size, 0)
  })
})

test('a header at a door that is not for proxies is no DNS', async (t) => {
  for (const header of [binaryHeader(inet(V4)), lineHeader('UNKNOWN')]) {
    let asked = 0
    const rig = await startRig(t, {
      handle: (query) => {
        asked++
        return echo(query)
      },
    })
    const client = await rig.client().ask()
    client.socket.write(Buffer.concat([header, queries]))
    await new Promise((resolve) => setTimeout(resolve, 20))
    rig.advance(5_000)
    await until(() => client.ended)
    client.socket.end()
    await until(() => rig.table.size === 0)
    assert.equal(asked, 0)
    assert.deepEqual(rig.events, ['opened', 'frame-timeout'])
  }
})
