import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  binaryHeader,
  inet,
  inet6,
  lineHeader,
  Local,
  Transport,
} from '../../../test/support/proxy-header.ts'
import { MAX_HEADER_LENGTH, ProxyHeader, ProxyVerdict } from './header.ts'

function read(bytes: Uint8Array, start = 0, end = bytes.length) {
  const header = new ProxyHeader()
  const verdict = header.read(bytes, start, end)
  const { length, family, address, offset } = header
  const client = [...address.subarray(offset, offset + (family === 4 ? 4 : 16))]
  return { verdict, length, client: family === 0 ? null : client }
}

const whole = (length: number, client: readonly number[] | null) => ({
  verdict: ProxyVerdict.Whole,
  length,
  client,
})

const V4 = [192, 0, 2, 1]
const V6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]

describe('PROXY protocol version 1', () => {
  const client = (line: string) => read(lineHeader(line))

  test('tells the address of a client over TCP', () => {
    const four = 'TCP4 192.0.2.1 198.51.100.1 65535 0'
    assert.deepEqual(client(four), whole(four.length + 8, V4))
    const six = 'TCP6 2001:db8::9 2001:db8::1 1 53'
    assert.deepEqual(client(six), whole(six.length + 8, V6))
  })

  test('tells an IPv4-mapped address as IPv4', () => {
    assert.deepEqual(client('TCP6 ::ffff:192.0.2.1 ::1 1 53').client, V4)
  })

  test('speaks for the proxy itself as UNKNOWN, whatever follows', () => {
    for (const line of ['UNKNOWN', 'UNKNOWN ffff::1 whatever 1 2']) {
      assert.deepEqual(client(line), whole(line.length + 8, null))
    }
  })

  for (const line of [
    '',
    'TCP4',
    'TCP5 192.0.2.1 198.51.100.1 1 2',
    'UDP4 192.0.2.1 198.51.100.1 1 2',
    'UNKNOWNS',
    'tcp4 192.0.2.1 198.51.100.1 1 2',
    'TCP4 192.0.2.1 198.51.100.1 1',
    'TCP4 192.0.2.1 198.51.100.1 1 2 3',
    'TCP4  192.0.2.1 198.51.100.1 1 2',
    'TCP4 192.0.2.1 198.51.100.1 1 2 ',
    'TCP4 192.0.2.01 198.51.100.1 1 2',
    'TCP4 192.0.2.256 198.51.100.1 1 2',
    'TCP4 192.0.2.1 198.51.100.1 01 2',
    'TCP4 192.0.2.1 198.51.100.1 1 65536',
    'TCP4 192.0.2.1 198.51.100.1 -1 2',
    'TCP4 2001:db8::1 2001:db8::2 1 2',
    'TCP6 192.0.2.1 198.51.100.1 1 2',
    'TCP6 fe80::1%eth0 ::1 1 2',
    'TCP4 192.0.2.1 nobody 1 2',
  ]) {
    test(`is broken as "${line}"`, () => {
      assert.equal(client(line).verdict, ProxyVerdict.Broken)
    })
  }

  test('ends with CRLF within 107 octets', () => {
    const long = `UNKNOWN ${'f'.repeat(107 - 16)}`
    assert.deepEqual(client(long), whole(107, null))
    assert.equal(client(`${long}f`).verdict, ProxyVerdict.Broken)
    assert.equal(read(Buffer.from('PROXY UNKNOWN\n')).verdict, ProxyVerdict.Broken)
    assert.equal(read(Buffer.from(`PROXY ${'x'.repeat(100)}`)).verdict, ProxyVerdict.Unfinished)
    assert.equal(read(Buffer.from(`PROXY ${'x'.repeat(101)}`)).verdict, ProxyVerdict.Broken)
  })
})

describe('PROXY protocol version 2', () => {
  test('tells the address of a client over IPv4 and IPv6, over streams and datagrams', () => {
    for (const transport of [Transport.Unspecified, Transport.Stream, Transport.Datagram]) {
      assert.deepEqual(read(binaryHeader(inet('192.0.2.1'), { transport })), whole(28, V4))
      assert.deepEqual(read(binaryHeader(inet6('2001:db8::9'), { transport })), whole(52, V6))
    }
  })

  test('tells an IPv4-mapped address as IPv4', () => {
    assert.deepEqual(read(binaryHeader(inet6('::ffff:192.0.2.1'))).client, V4)
  })

  test('speaks for the proxy itself when LOCAL, of no family, or of UNIX sockets', () => {
    assert.deepEqual(read(binaryHeader(Local)), whole(16, null))
    const family = (number: number, length: number) => ({
      family: number,
      addresses: new Uint8Array(length),
    })
    assert.deepEqual(read(binaryHeader(family(0, 5))), whole(21, null))
    assert.deepEqual(read(binaryHeader(family(3, 216))), whole(232, null))
    // What LOCAL says of families is to be skipped, a known one as well.
    assert.deepEqual(read(binaryHeader(inet('192.0.2.1'), { command: 0 })), whole(28, null))
  })

  test('has TLVs behind the addresses, which are skipped', () => {
    const tlvs = Buffer.from([0xea, 0, 3, 1, 2, 3, 4, 0, 1])
    assert.deepEqual(read(binaryHeader(inet('192.0.2.1'), { tlvs })), whole(37, V4))
  })

  test('is no longer than a bound', () => {
    const most = binaryHeader(inet('192.0.2.1'), { tlvs: new Uint8Array(MAX_HEADER_LENGTH - 28) })
    assert.deepEqual(read(most), whole(MAX_HEADER_LENGTH, V4))
    const more = binaryHeader(inet('192.0.2.1'), { tlvs: new Uint8Array(MAX_HEADER_LENGTH - 27) })
    assert.equal(read(more).verdict, ProxyVerdict.Broken)
    assert.equal(read(more.subarray(0, 16)).verdict, ProxyVerdict.Broken)
  })

  test('is broken with another version, command, family or transport, or too short', () => {
    const good = binaryHeader(inet('192.0.2.1'))
    const broken: readonly (readonly [number, number])[] = [
      [12, 0x11],
      [12, 0x31],
      [12, 0x22],
      [13, 0x41],
      [13, 0x13],
      [15, 11],
    ]
    for (const [at, octet] of broken) {
      const bytes = Uint8Array.from(good)
      bytes[at] = octet
      assert.equal(read(bytes).verdict, ProxyVerdict.Broken, `${at}: ${octet}`)
    }
    const six = binaryHeader(inet6('2001:db8::9'))
    six[15] = 35
    assert.equal(read(six).verdict, ProxyVerdict.Broken)
  })
})

describe('PROXY protocol, whatever comes', () => {
  const header = fc.oneof(
    fc.ipV4().map((ip) => binaryHeader(inet(ip))),
    fc.ipV6().map((ip) => binaryHeader(inet6(ip))),
    fc.ipV4().map((ip) => lineHeader(`TCP4 ${ip} 198.51.100.1 4711 53`)),
    fc.constant(lineHeader('UNKNOWN')),
    fc.uint8Array({ maxLength: 100 }).map((tlvs) => binaryHeader(Local, { tlvs })),
  )

  test('is unfinished until its last octet, and the same wherever it stands and whatever follows', () => {
    fc.assert(
      fc.property(header, fc.uint8Array(), fc.uint8Array(), (bytes, before, behind) => {
        const alone = read(bytes)
        assert.equal(alone.verdict, ProxyVerdict.Whole)
        assert.equal(alone.length, bytes.length)
        for (let cut = 0; cut < bytes.length; cut++) {
          assert.equal(read(bytes, 0, cut).verdict, ProxyVerdict.Unfinished)
        }
        const among = Buffer.concat([before, bytes, behind])
        assert.deepEqual(read(among, before.length), alone)
      }),
    )
  })

  test('is absent from DNS messages, as they come over UDP and TCP', () => {
    const message = Buffer.alloc(12)
    for (const id of [0x0d0a, 0x5052, 0, 0xffff]) {
      message.writeUInt16BE(id)
      assert.equal(read(message).verdict, ProxyVerdict.Absent)
      assert.equal(read(Buffer.concat([Buffer.of(0, 12), message])).verdict, ProxyVerdict.Absent)
    }
  })

  test('costs no fault and takes no octet that is not there', () => {
    const octets = fc.oneof(fc.uint8Array(), header)
    fc.assert(
      fc.property(octets, fc.nat(60), fc.nat(255), (bytes, at, octet) => {
        const changed = Uint8Array.from(bytes)
        if (at < changed.length) changed[at] = octet
        const { verdict, length } = read(changed)
        if (verdict === ProxyVerdict.Whole) assert.ok(length <= changed.length)
      }),
    )
  })
})
