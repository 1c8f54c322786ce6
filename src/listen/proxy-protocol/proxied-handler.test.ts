import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  binaryHeader,
  inet,
  inet6,
  Local,
  Transport as HeaderTransport,
} from '../../../test/support/proxy-header.ts'
import { AccessList } from '../../guard/acl.ts'
import { Handled, Query, Transport } from '../../pipeline/query.ts'
import { ProxiedHandler } from './proxied-handler.ts'

const PROXY = Uint8Array.of(0, 0, 198, 51, 100, 9)
const MESSAGE = Uint8Array.from({ length: 20 }, (_, i) => i)
const transport = HeaderTransport.Datagram

function setUp() {
  const seen: { client: number[]; message: number[]; position: number }[] = []
  const refused: string[] = []
  const proxied = new ProxiedHandler({
    handler: {
      handle: ({ bytes, start, length, client, clientOffset, clientFamily, position }) => {
        const width = clientFamily === 4 ? 4 : 16
        seen.push({
          client: [...client.subarray(clientOffset, clientOffset + width)],
          message: [...bytes.subarray(start, start + length)],
          position,
        })
        if (bytes[start] === 99) throw new Error('a fault')
        return 7
      },
      admits: () => true,
    },
    proxies: AccessList.compile({ allow: ['198.51.100.0/24'] }),
    onRefused: (reason) => refused.push(reason),
  })
  const query = new Query(Transport.Udp, { detach: () => assert.fail('nobody detaches') })
  const take = (octets: Uint8Array, peer = PROXY): number => {
    const bytes = new Uint8Array(octets.length + 10)
    bytes.set(octets, 5)
    query.bytes = bytes
    query.start = 5
    query.length = octets.length
    query.client = peer
    query.clientOffset = 2
    query.clientFamily = 4
    query.position = 3
    return proxied.handle(query)
  }
  return { proxied, query, seen, refused, take }
}

describe('a UDP door for proxies', () => {
  test('sees the message behind the header, and the client that the header tells', () => {
    const { take, seen, query } = setUp()
    const headers = [inet('192.0.2.1'), inet6('2001:db8::9'), inet6('::ffff:192.0.2.1')]
    for (const from of headers) {
      assert.equal(take(Buffer.concat([binaryHeader(from, { transport }), MESSAGE])), 7)
      assert.equal(query.client, PROXY)
    }
    assert.deepEqual(
      seen.map(({ client }) => client),
      [
        [192, 0, 2, 1],
        [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
        [192, 0, 2, 1],
      ],
    )
    for (const { message, position } of seen) {
      assert.deepEqual(message, [...MESSAGE])
      // What was foreseen began at the header.
      assert.equal(position, -1)
    }
  })

  test('takes a proxy that speaks for itself as a client', () => {
    const { take, seen } = setUp()
    assert.equal(take(Buffer.concat([binaryHeader(Local), MESSAGE])), 7)
    assert.deepEqual(seen[0]?.client, [198, 51, 100, 9])
  })

  test('drops what has no header, half of one, or a broken one', () => {
    const { take, seen, refused } = setUp()
    const header = binaryHeader(inet('192.0.2.1'))
    const broken = Uint8Array.from(header)
    broken[13] = 0x13
    for (const octets of [MESSAGE, header.subarray(0, 20), broken, new Uint8Array(0)]) {
      assert.equal(take(octets), Handled.Dropped)
    }
    assert.deepEqual(seen, [])
    assert.deepEqual(
      refused,
      Array.from({ length: 4 }, () => 'proxy-header'),
    )
  })

  test('drops what comes from anybody else, with a forged header as well', () => {
    const { take, seen, refused, proxied } = setUp()
    const stranger = Uint8Array.of(0, 0, 192, 0, 2, 99)
    const octets = Buffer.concat([binaryHeader(inet('192.0.2.1')), MESSAGE])
    assert.equal(take(octets, stranger), Handled.Dropped)
    proxied.proxies = AccessList.compile({ allow: [] })
    assert.equal(take(octets), Handled.Dropped)
    assert.deepEqual(seen, [])
    assert.deepEqual(refused, ['not-a-proxy', 'not-a-proxy'])
  })

  test('leaves the listener’s memory in place when the handler throws', () => {
    const { take, query } = setUp()
    const poisoned = Buffer.concat([binaryHeader(inet('192.0.2.1')), Uint8Array.of(99)])
    assert.throws(() => take(poisoned), /a fault/)
    assert.equal(query.client, PROXY)
  })
})
