// One suite against dotward in front of each DoT server that Debian packages, asked with the tools
// that operators use.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa } from '../support/certificates.ts'
import { type DigAnswer, dig, hostLookup, kdig, nslookup } from '../support/dig.ts'
import { startBind } from '../support/dot-upstreams/bind.ts'
import { startDnsdist } from '../support/dot-upstreams/dnsdist.ts'
import { type StartDotUpstream, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startKnotResolver } from '../support/dot-upstreams/knot-resolver.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { BIG_RECORD_LENGTH, BIG_RRSETS } from '../support/dot-upstreams/zone.ts'
import { Dotward } from '../support/dotward.ts'

const SERVERS: Readonly<Record<string, StartDotUpstream>> = {
  BIND: startBind,
  Unbound: startUnbound,
  'Knot Resolver': startKnotResolver,
  dnsdist: startDnsdist,
}

/** Owner, type and data as `dig` prints them. */
const RECORDS: readonly (readonly [owner: string, type: string, ...data: string[]])[] = [
  ['www', 'A', '192.0.2.10', '192.0.2.11'],
  ['www', 'AAAA', '2001:db8::10'],
  ['@', 'NS', 'ns1.test.example.', 'ns2.test.example.'],
  ['@', 'MX', '10 mail.test.example.', '20 mail.example.org.'],
  ['@', 'TXT', '"v=spf1 -all" "second string"'],
  ['@', 'SOA', 'ns1.test.example. hostmaster.test.example. 1 7200 900 1209600 300'],
  ['@', 'CAA', '0 issue "ca.example.org"'],
  ['_sip._tcp', 'SRV', '5 10 5060 mail.test.example.'],
  ['naptr', 'NAPTR', '10 20 "s" "SIP+D2T" "" _sip._tcp.test.example.'],
  ['web', 'HTTPS', '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.80 ipv6hint=2001:db8::80'],
  ['_dns.ns1', 'SVCB', '1 ns1.test.example. alpn="dot" port=853'],
  ['_853._tcp', 'TLSA', '3 1 1 000102030405060708090A0B0C0D0E0F101112131415161718191A1B 1C1D1E1F'],
  ['shell', 'SSHFP', '4 2 202122232425262728292A2B2C2D2E2F303132333435363738393A3B 3C3D3E3F'],
  ['unknown', 'TYPE65280', '\\# 5 0A0B0C0D0E'],
  ['any.thing.wild', 'A', '192.0.2.77'],
  ['dotted\\.label', 'A', '192.0.2.90'],
  ['\\000\\001\\200\\255', 'A', '192.0.2.91'],
]

for (const [name, startUpstream] of Object.entries(SERVERS)) {
  describe(`dotward in front of ${name}`, () => {
    const running = new AsyncDisposableStack()
    let proxy: Dotward

    before(async () => {
      const ca = running.use(createTestCa())
      const upstream = running.use(await startUpstream(ca))
      proxy = running.use(await Dotward.start({ upstreams: [upstreamConfig(upstream, ca)] }))
    })
    after(() => running.disposeAsync())

    const server = (host = '127.0.0.1') => ({ host, port: proxy.port })
    const ask = (owner: string, ...args: string[]): Promise<DigAnswer> =>
      dig(server(), owner === '@' ? 'test.example' : `${owner}.test.example`, ...args)

    for (const host of ['127.0.0.1', '::1']) {
      for (const transport of ['+notcp', '+tcp']) {
        for (const tool of [dig, kdig]) {
          test(`${tool.name} gets an answer from ${host} with ${transport}`, async () => {
            const answer = await tool(server(host), 'www.test.example', 'A', transport)
            assert.equal(answer.status, 'NOERROR', answer.output)
            assert.deepEqual(dataOf(answer), ['192.0.2.10', '192.0.2.11'])
            assert.deepEqual(answer.flags, ['qr', 'rd', 'ra'])
            assert.ok(answer.server.startsWith(host), answer.server)
          })
        }
      }
    }

    for (const [owner, type, ...data] of RECORDS) {
      test(`${owner} ${type} arrives as it is in the zone, and once more from the cache`, async () => {
        for (const round of ['first', 'second']) {
          const answer = await ask(owner, type)
          assert.equal(answer.status, 'NOERROR', `${round}: ${answer.output}`)
          assert.deepEqual(dataOf(answer), data, round)
        }
      })
    }

    test('a CNAME chain comes whole and in order (RFC 1034 §3.6.2)', async () => {
      for (const round of ['first', 'second']) {
        const { answer } = await ask('alias1', 'AAAA')
        const chain = answer.map((record) => `${record.type} ${record.data}`)
        assert.deepEqual(
          chain,
          [
            'CNAME alias2.test.example.',
            'CNAME alias3.test.example.',
            'CNAME www.test.example.',
            'AAAA 2001:db8::10',
          ],
          round,
        )
      }
    })

    test('the question keeps its letter case, from upstream and from the cache', async () => {
      for (const owner of ['mIxEd', 'MiXeD', 'mixed']) {
        const answer = await ask(owner, 'A')
        assert.equal(answer.question, `${owner}.test.example. IN A`)
        assert.deepEqual(dataOf(answer), ['192.0.2.13'])
      }
    })

    test('TTLs age in the cache by whole seconds, those of a CNAME chain each for itself', async () => {
      const first = await ask('alias2', 'A')
      await delay(2_100)
      const later = await ask('alias2', 'A')
      assert.equal(first.answer.length, 4)
      for (const [index, record] of later.answer.entries()) {
        const aged = first.answer[index]!.ttl - record.ttl
        assert.ok(aged >= 2 && aged <= 4, `${record.name} aged by ${aged}`)
      }
    })

    test('a TTL above maxTtl is cut to it (default: one day)', async () => {
      assert.ok((await ask('long', 'A')).answer[0]!.ttl <= 86_400)
    })

    for (const [what, owner, type, status] of [
      ['a name that does not exist', 'nothing', 'A', 'NXDOMAIN'],
      ['a type that the name lacks', 'mail', 'AAAA', 'NOERROR'],
      ['a name that only has names below it', 'empty', 'A', 'NOERROR'],
    ] as const) {
      test(`${what}: SOA in the authority section, its TTL at most MINIMUM and ageing (RFC 2308 §3, §5)`, async () => {
        const first = await ask(owner, type)
        await delay(1_100)
        const later = await ask(owner, type)
        for (const answer of [first, later]) {
          assert.equal(answer.status, status, answer.output)
          assert.deepEqual(answer.answer, [])
          assert.deepEqual(
            answer.authority.map((record) => `${record.name} ${record.type}`),
            ['test.example. SOA'],
          )
        }
        assert.ok(first.authority[0]!.ttl <= 300, first.output)
        assert.ok(later.authority[0]!.ttl < first.authority[0]!.ttl, later.output)
      })
    }

    test('an answer over the UDP limit: TC over UDP, whole over TCP (RFC 7766 §5)', async () => {
      for (const [owner, records] of Object.entries(BIG_RRSETS)) {
        const udp = await ask(owner, 'TXT', '+notcp', '+ignore')
        assert.ok(udp.flags.includes('tc'), udp.output)
        assert.ok(udp.size <= 1232, `${udp.size} octets over UDP`)
        const tcp = await ask(owner, 'TXT', '+tcp')
        assert.ok(!tcp.flags.includes('tc'))
        assert.equal(tcp.answer.length, records)
        assert.ok(tcp.size > records * BIG_RECORD_LENGTH)
        const fallback = await ask(owner, 'TXT', '+notcp')
        assert.equal(fallback.answer.length, records)
      }
    })

    test('a client without EDNS gets no OPT, and at most 512 octets (RFC 6891 §6.1.1, RFC 1035 §4.2.1)', async () => {
      const small = await ask('www', 'A', '+noedns')
      assert.equal(small.edns, false)
      assert.deepEqual(dataOf(small), ['192.0.2.10', '192.0.2.11'])
      const big = await ask('medium', 'TXT', '+noedns', '+ignore')
      assert.ok(big.flags.includes('tc') && big.size <= 512, big.output)
      const withEdns = await ask('www', 'A', '+edns=0')
      assert.equal(withEdns.edns, true)
    })

    test('a UDP size below our cap binds (RFC 6891 §6.2.3)', async () => {
      const answer = await ask('medium', 'TXT', '+bufsize=600', '+ignore')
      assert.ok(answer.flags.includes('tc') && answer.size <= 600, answer.output)
    })

    test('DO and CD come back as they were sent (RFC 3225 §3, RFC 4035 §3.2.2)', async () => {
      const secure = await ask('www', 'A', '+dnssec', '+cd')
      assert.equal(secure.status, 'NOERROR')
      assert.match(secure.output, /EDNS: version: 0, flags: do;/)
      assert.ok(secure.flags.includes('cd'))
      const plain = await ask('www', 'A')
      assert.doesNotMatch(plain.output, /flags: do;/)
      assert.ok(!plain.flags.includes('cd'))
    })

    test('padding that the upstream adds stays behind (RFC 7830 §4: never in the clear)', async () => {
      assert.doesNotMatch((await ask('www', 'A')).output, /PAD/i)
    })

    test('nslookup and host show the addresses', async () => {
      for (const output of [
        await nslookup(server(), 'www.test.example'),
        await hostLookup(server(), 'www.test.example'),
      ]) {
        assert.match(output, /192\.0\.2\.10\b/)
        assert.match(output, /192\.0\.2\.11\b/)
        assert.match(output, /2001:db8::10\b/)
      }
      assert.match(await hostLookup(server(), 'nothing.test.example'), /NXDOMAIN/)
      assert.match(await hostLookup(server(), '-t', 'MX', 'test.example'), /mail is handled by 10/)
    })
  })
}

/** The answer section's data, sorted: servers may rotate an RRset. */
function dataOf(answer: DigAnswer): string[] {
  return answer.answer.map((record) => record.data).sort()
}
