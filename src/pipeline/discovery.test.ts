import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Message } from '../wire/codec/message.ts'
import { formatRecord } from '../wire/text/message-text.ts'
import { RecordType } from '../wire/record-type.ts'
import { type Designation, Discovery } from './discovery.ts'
import { Bench, queryOf } from './testing.ts'

const DOT: Designation = {
  name: 'dns.example.org',
  alpn: ['dot'],
  port: 853,
  path: null,
  addresses: ['192.0.2.1', '2001:db8::1'],
}
const DOH: Designation = {
  name: 'dns.example.org',
  alpn: ['h2', 'http/1.1'],
  port: 8443,
  path: '/dns-query',
  addresses: [],
}

const bench = new Bench({ localAnswers: new Discovery([DOT, DOH]) })

/** @param type SVCB unless it is given */
function ask(name: string, type: number = RecordType.SVCB, on = bench): Message {
  const before = on.resolver.exchanges.length
  const answer = on.udp.ask(queryOf({ name, type, edns: {} }))
  assert.equal(on.resolver.exchanges.length, before)
  return answer
}

const textOf = (records: Message['answers']) => records.map(formatRecord)

suite('_dns.resolver.arpa', () => {
  test('is answered with every encrypted door, and the addresses of each (RFC 9462 §4)', () => {
    const { answers, authorities, additionals, rcode } = ask('_dns.resolver.arpa')
    assert.deepEqual(textOf(answers), [
      '_dns.resolver.arpa. 300 IN SVCB 1 dns.example.org. alpn="dot" port=853 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1',
      '_dns.resolver.arpa. 300 IN SVCB 2 dns.example.org. alpn="h2,http/1.1" port=8443 dohpath="/dns-query{?dns}"',
    ])
    assert.deepEqual(textOf(additionals), [
      'dns.example.org. 300 IN A 192.0.2.1',
      'dns.example.org. 300 IN AAAA 2001:db8::1',
    ])
    assert.deepEqual([authorities.length, rcode], [0, 0])
  })

  test('is the same in any letter case', () => {
    assert.equal(ask('_DNS.Resolver.ARPA').answers.length, 2)
  })

  test('has no data of any other type, and none without encrypted doors', () => {
    for (const type of [RecordType.A, RecordType.HTTPS, RecordType.NS]) {
      const { rcode, answers, authorities } = ask('_dns.resolver.arpa', type)
      assert.deepEqual([rcode, answers.length, authorities.length], [0, 0, 1])
    }
    const bare = new Bench({ localAnswers: new Discovery([]) })
    const { rcode, answers, authorities } = ask('_dns.resolver.arpa', RecordType.SVCB, bare)
    assert.deepEqual([rcode, answers.length, authorities.length], [0, 0, 1])
  })

  test('names as many doors as an answer over UDP holds', () => {
    const many = Array.from({ length: 64 }, (_, i) => ({ ...DOT, port: 1_000 + i }))
    const full = new Bench({ localAnswers: new Discovery(many) })
    const { answers, flags } = full.udp.ask(
      queryOf({ name: '_dns.resolver.arpa', type: RecordType.SVCB, edns: { udpSize: 1_232 } }),
    )
    assert.ok(answers.length > 8)
    assert.equal(flags & 0x0200, 0)
  })
})

suite('resolver.arpa', () => {
  test('is a zone of our own with nothing in it, none of which is forwarded (RFC 9462 §6.4)', () => {
    for (const name of [
      'resolver.arpa',
      'www.resolver.arpa',
      'x._dns.resolver.arpa',
      '\\001.resolver.arpa',
    ]) {
      const { rcode, answers, authorities } = ask(name)
      assert.deepEqual([rcode, answers.length], [0, 0], name)
      assert.deepEqual(textOf(authorities), [
        'resolver.arpa. 300 IN SOA resolver.arpa. nobody.invalid. 1 3600 1200 604800 300',
      ])
    }
  })

  test('has what every zone has (RFC 6303 §3)', () => {
    assert.equal(ask('resolver.arpa', RecordType.SOA).answers.length, 1)
    assert.equal(ask('resolver.arpa', RecordType.NS).answers.length, 1)
  })

  test('ends where other names begin', () => {
    for (const name of ['xresolver.arpa', 'arpa', 'resolver.arpa.example.org', '_dns.arpa']) {
      bench.udp.wait(queryOf({ name, type: RecordType.SVCB }))
    }
  })
})

suite('_dns below a name of ours (RFC 9461 §3)', () => {
  test('is answered with the doors of that name', () => {
    const other = { ...DOT, name: 'other.example.org' }
    const two = new Bench({ localAnswers: new Discovery([DOT, DOH, other]) })
    assert.equal(ask('_dns.dns.example.org', RecordType.SVCB, two).answers.length, 2)
    const { answers } = ask('_dns.other.example.org', RecordType.SVCB, two)
    assert.deepEqual(textOf(answers), [
      '_dns.other.example.org. 300 IN SVCB 1 other.example.org. alpn="dot" port=853 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1',
    ])
    assert.equal(ask('_dns.resolver.arpa', RecordType.SVCB, two).answers.length, 3)
  })

  test('is forwarded when another type or signatures are asked for', () => {
    const name = '_dns.dns.example.org'
    bench.udp.wait(queryOf({ name, type: RecordType.TXT }))
    bench.udp.wait(queryOf({ name, type: RecordType.SVCB, edns: { flags: 0x8000 } }))
    bench.udp.wait(queryOf({ name: 'dns.example.org', type: RecordType.SVCB }))
  })
})
