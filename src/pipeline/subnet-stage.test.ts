import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { subnetOf } from '../wire/client-subnet.ts'
import { Rcode } from '../wire/header.ts'
import type { Message } from '../wire/codec/message.ts'
import { formatPrefix, parsePrefix, type Prefix } from '../wire/text/prefix.ts'
import type { Exchange } from '../upstream/exchange.ts'
import { FailureKind } from '../upstream/exchange.ts'
import { answer, Bench, fail, Late, queryOf, read, recordsOf } from './testing.ts'

const LIMITS = { ipv4Prefix: 24, ipv6Prefix: 56 }
const SUBNET = 8

function prefixOf(text: string): Prefix {
  const parsed = parsePrefix(text)
  assert.ok(parsed.ok, text)
  return parsed.prefix
}

/** The option's data, with a scope. */
function subnet(text: string, scope = 0): Uint8Array {
  const data = subnetOf(prefixOf(text))
  data[3] = scope
  return data
}

function askedFrom(network: string | null, name = 'www.example.org'): Uint8Array {
  const options = network === null ? [] : [{ code: SUBNET, data: subnet(network) }]
  return queryOf({ name, edns: { options } })
}

/** The network and the scope in an answer, as dig prints them; null without. */
function toldIn({ edns }: Message): string | null {
  const option = edns?.options.find(({ code }) => code === SUBNET)
  if (option === undefined) return null
  const { data } = option
  const address = new Uint8Array(data[1] === 1 ? 4 : 16)
  address.set(data.subarray(4))
  return `${formatPrefix({ address, bits: data[2]! })}/${data[3]}`
}

/** The network that goes with a question. */
function sentWith(exchange: Exchange): string | null {
  const data = exchange.question.subnet
  if (data === null) return null
  const address = new Uint8Array(data[1] === 1 ? 4 : 16)
  address.set(data.subarray(4))
  return formatPrefix({ address, bits: data[2]! })
}

function give(exchange: Exchange, address: string, scope: number | null, ttl = 60): void {
  const data = exchange.question.subnet?.slice()
  if (data !== undefined && scope !== null) data[3] = scope
  answer(exchange, {
    answers: recordsOf(`www.example.org. ${ttl} IN A ${address}`),
    edns: { options: data === undefined || scope === null ? [] : [{ code: SUBNET, data }] },
  })
}

function addressIn({ answers }: Message): string {
  return answers.map(({ rdata }) => rdata.join('.')).join()
}

/** Asks late and gives an answer of a scope. */
function ready(bench: Bench, network: string | null, address: string, scope: number | null) {
  const late = bench.tcp.wait(askedFrom(network))
  give(bench.resolver.last, address, scope)
  return late.message
}

suite('a client’s network where nothing of it goes upstream', () => {
  test('is not asked for, nor part of what answers are known by, and the client hears nothing', () => {
    const bench = new Bench()
    assert.equal(toldIn(ready(bench, '198.51.100.0/24', '192.0.2.1', null)), null)
    assert.equal(sentWith(bench.resolver.last), null)
    const other = bench.tcp.ask(askedFrom('203.0.113.0/24'))
    assert.equal(addressIn(other), '192.0.2.1')
    assert.equal(toldIn(other), null)
  })

  test('is not even looked at', () => {
    const bench = new Bench()
    const options = [{ code: SUBNET, data: Uint8Array.of(9, 9, 9) }]
    bench.tcp.wait(queryOf({ edns: { options } }))
    assert.equal(bench.counts.of('subnet:malformed'), 0)
  })
})

suite('one network for all', () => {
  test('goes with every question, whatever its client tells, and all share the answers', () => {
    const bench = new Bench({ subnet: subnet('203.0.113.0/24') })
    const told = ready(bench, '198.51.100.0/24', '192.0.2.1', 24)
    assert.equal(sentWith(bench.resolver.last), '203.0.113.0/24')
    assert.equal(toldIn(told), null)
    assert.equal(addressIn(bench.tcp.ask(askedFrom(null))), '192.0.2.1')
    assert.equal(addressIn(bench.tcp.ask(askedFrom('2001:db8::/32'))), '192.0.2.1')
  })
})

suite('a client’s network that goes upstream (RFC 7871)', () => {
  test('is cut short first (§11.1), and the client hears its own words (§7.2.2)', () => {
    const bench = new Bench({ subnets: LIMITS })
    const told = ready(bench, '198.51.100.77/32', '192.0.2.1', 24)
    assert.equal(sentWith(bench.resolver.last), '198.51.100.0/24')
    assert.equal(toldIn(told), '198.51.100.77/32/24')
  })

  test('nothing is told of who tells nothing, and that one hears nothing', () => {
    const bench = new Bench({ subnets: LIMITS })
    assert.equal(toldIn(ready(bench, null, '192.0.2.1', null)), null)
    assert.equal(sentWith(bench.resolver.last), null)
  })

  test('an answer for one network is for that one alone (§7.3.1)', () => {
    const bench = new Bench({ subnets: LIMITS })
    ready(bench, '198.51.100.0/24', '192.0.2.1', 24)
    for (const other of [
      '198.51.101.0/24',
      '198.51.100.0/23',
      '0.0.0.0/0',
      '2001:db8::/32',
      null,
    ]) {
      assert.ok(bench.tcp.send(askedFrom(other)) instanceof Late, `${other}`)
    }
    const again = bench.tcp.ask(askedFrom('198.51.100.9/32'))
    assert.equal(addressIn(again), '192.0.2.1')
    assert.equal(toldIn(again), '198.51.100.9/32/24')
  })

  test('an answer of scope 0 is for all of its family, not for who told nothing (§7.3.1)', () => {
    const bench = new Bench({ subnets: LIMITS })
    ready(bench, '198.51.100.0/24', '192.0.2.1', 0)
    const other = bench.tcp.ask(askedFrom('203.0.113.0/24'))
    assert.equal(addressIn(other), '192.0.2.1')
    assert.equal(toldIn(other), '203.0.113.0/24/0')
    for (const network of ['2001:db8::/32', '0.0.0.0/0', null]) {
      assert.ok(bench.tcp.send(askedFrom(network)) instanceof Late, `${network}`)
    }
  })

  test('what was asked for nobody’s network is not for those who have one (§7.3.1)', () => {
    const bench = new Bench({ subnets: LIMITS })
    ready(bench, '0.0.0.0/0', '192.0.2.1', 0)
    ready(bench, null, '192.0.2.2', null)
    assert.ok(bench.tcp.send(askedFrom('198.51.100.0/24')) instanceof Late)
    assert.equal(addressIn(bench.tcp.ask(askedFrom('0.0.0.0/0'))), '192.0.2.1')
    assert.equal(addressIn(bench.tcp.ask(askedFrom(null))), '192.0.2.2')
  })

  test('an answer without the option is for all (§7.3)', () => {
    const bench = new Bench({ subnets: LIMITS })
    assert.equal(toldIn(ready(bench, '198.51.100.0/24', '192.0.2.1', null)), '198.51.100.0/24/0')
    assert.equal(addressIn(bench.tcp.ask(askedFrom('203.0.113.0/24'))), '192.0.2.1')
  })

  test('the answer for the network goes before the one for all', () => {
    const bench = new Bench({ subnets: LIMITS })
    ready(bench, '198.51.100.0/24', '192.0.2.1', 24)
    ready(bench, '203.0.113.0/24', '192.0.2.2', 0)
    assert.equal(addressIn(bench.tcp.ask(askedFrom('198.51.100.0/24'))), '192.0.2.1')
    assert.equal(addressIn(bench.tcp.ask(askedFrom('192.0.2.0/24'))), '192.0.2.2')
  })

  test('malformed ones get FORMERR (§7.1.2), and so do two in one query', () => {
    const bench = new Bench({ subnets: LIMITS })
    const one = { code: SUBNET, data: subnet('198.51.100.0/24') }
    for (const options of [[{ code: SUBNET, data: Uint8Array.of(0, 1, 24, 0) }], [one, one]]) {
      const refused = bench.tcp.ask(queryOf({ edns: { options } }))
      assert.equal(refused.rcode, Rcode.FormErr)
      assert.equal(toldIn(refused), null)
    }
    assert.equal(bench.counts.of('subnet:malformed'), 2)
  })

  test('clients of one network wait for one answer, each hearing its own words', () => {
    const bench = new Bench({ subnets: LIMITS })
    const first = bench.tcp.wait(askedFrom('198.51.100.1/32'))
    const second = bench.tcp.wait(askedFrom('198.51.100.2/32'))
    const other = bench.tcp.wait(askedFrom('203.0.113.0/24'))
    assert.deepEqual(bench.resolver.exchanges.map(sentWith), ['198.51.100.0/24', '203.0.113.0/24'])
    give(bench.resolver.exchanges[0]!, '192.0.2.1', 24)
    give(bench.resolver.exchanges[1]!, '192.0.2.2', 24)
    assert.equal(toldIn(first.message), '198.51.100.1/32/24')
    assert.equal(toldIn(second.message), '198.51.100.2/32/24')
    assert.equal(addressIn(second.message), '192.0.2.1')
    assert.equal(addressIn(other.message), '192.0.2.2')
  })

  test('what came with private options tells its scope, and is kept for nobody', () => {
    const bench = new Bench({ subnets: LIMITS })
    const options = [
      { code: SUBNET, data: subnet('198.51.100.0/24') },
      { code: 65_001, data: Uint8Array.of(1) },
    ]
    const late = bench.tcp.wait(queryOf({ edns: { options } }))
    assert.equal(sentWith(bench.resolver.last), '198.51.100.0/24')
    give(bench.resolver.last, '192.0.2.1', 24)
    assert.equal(toldIn(late.message), '198.51.100.0/24/24')
    assert.ok(bench.tcp.send(askedFrom('198.51.100.0/24')) instanceof Late)
  })

  test('a failure for one network is no failure for others, and says nothing of networks', () => {
    const bench = new Bench({ subnets: LIMITS })
    const late = bench.tcp.wait(askedFrom('198.51.100.0/24'))
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.equal(late.message.rcode, Rcode.ServFail)
    assert.equal(toldIn(late.message), null)
    assert.equal(bench.tcp.ask(askedFrom('198.51.100.0/24')).rcode, Rcode.ServFail)
    assert.ok(bench.tcp.send(askedFrom('203.0.113.0/24')) instanceof Late)
  })

  test('stale answers are for the network that they were for, or for all (RFC 8767)', () => {
    const stale = { maxAge: 3_600, clientTimer: 1_800 }
    const bench = new Bench({ subnets: LIMITS, stale })
    ready(bench, '198.51.100.0/24', '192.0.2.1', 24)
    ready(bench, '203.0.113.0/24', '192.0.2.2', 0)
    bench.pass(100)
    bench.resolver.isReachable = false
    const covered = (network: string | null) => {
      const sent = bench.tcp.send(askedFrom(network))
      assert.ok(sent instanceof Late)
      return sent.sent === null ? null : `${addressIn(sent.message)} ${toldIn(sent.message)}`
    }
    assert.equal(covered('198.51.100.0/24'), '192.0.2.1 198.51.100.0/24/24')
    assert.equal(covered('203.0.113.0/24'), '192.0.2.2 203.0.113.0/24/0')
    assert.equal(covered('2001:db8::/32'), null)
    assert.equal(covered(null), null)
  })

  test('an answer near its end is asked for anew, for the network of who wanted it', () => {
    const bench = new Bench({ subnets: LIMITS })
    ready(bench, '198.51.100.0/24', '192.0.2.1', 0)
    bench.pass(55)
    bench.tcp.ask(askedFrom('203.0.113.0/24'))
    assert.equal(bench.resolver.exchanges.length, 2)
    assert.equal(sentWith(bench.resolver.last), '203.0.113.0/24')
    give(bench.resolver.last, '192.0.2.2', 0)
    assert.equal(addressIn(bench.tcp.ask(askedFrom('198.51.100.0/24'))), '192.0.2.2')
  })

  test('nothing of it shows in answers over UDP that have no room for it', () => {
    const bench = new Bench({ subnets: LIMITS, maxUdpSize: 512 })
    const sent = bench.udp.send(askedFrom('198.51.100.0/24', `${'a'.repeat(60)}.example.org`))
    assert.ok(sent instanceof Late)
    const texts = Array.from({ length: 2 }, () => `. 60 IN TXT "${'t'.repeat(195)}"`)
    const name = `${'a'.repeat(60)}.example.org`
    answer(bench.resolver.last, { answers: recordsOf(texts.map((t) => name + t).join('\n')) })
    assert.ok(sent.sent!.length <= 512)
  })
})

/** A world in which what a name's answer is depends on where one is. */
class World {
  readonly #scopes: ReadonlyMap<string, number>

  constructor(scopes: ReadonlyMap<string, number>) {
    this.#scopes = scopes
  }

  /** For how large a network the answer to who is there is. */
  scope(name: string, network: Prefix): number {
    return network.bits === 0 ? 0 : (this.#scopes.get(name) ?? 0)
  }

  /** What is true there; `null` for who tells nothing. */
  truth(name: string, network: Prefix | null): string {
    if (network === null) return `${name} nobody`
    const { address, bits } = network
    if (bits === 0) return `${name} told nothing`
    const kept = Math.min(bits, this.scope(name, network))
    return `${name} ${formatPrefix({ address: masked(address, kept), bits: kept })}`
  }
}

function masked(address: Uint8Array, bits: number): Uint8Array {
  return address.map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))))
}

const NAMES = ['a.example.org', 'b.example.org', 'c.example.org']
const someNetwork = fc.oneof(
  fc.constant(null),
  fc.constant('0.0.0.0/0'),
  fc
    .tuple(fc.constantFrom('198.51.100', '198.51.101', '198.18.4'), fc.integer({ min: 1, max: 32 }))
    .map(([three, bits]) => {
      const { address } = prefixOf(`${three}.3/32`)
      return formatPrefix({ address: masked(address, bits), bits })
    }),
  fc
    .tuple(fc.constantFrom('2001:db8:1:2:', '2001:db8:1:3:'), fc.integer({ min: 1, max: 128 }))
    .map(([start, bits]) => {
      const { address } = prefixOf(`${start}:1/128`)
      return formatPrefix({ address: masked(address, bits), bits })
    }),
)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: fc.constantFrom(...NAMES), network: someNetwork }) },
  { weight: 3, arbitrary: fc.constant('answer' as const) },
  { weight: 1, arbitrary: fc.constant('wait' as const) },
)

test('nobody ever hears what is true for another network only', () => {
  const scopes = fc.tuple(...NAMES.map(() => fc.constantFrom(0, 1, 8, 20, 24, 32)))
  fc.assert(
    fc.property(
      scopes,
      fc.array(step, { maxLength: 60 }),
      fc.boolean(),
      (chosen, steps, isLate) => {
        const world = new World(new Map(NAMES.map((name, i) => [name, chosen[i]!])))
        const stale = { maxAge: 600, clientTimer: 1_800 }
        const bench = new Bench({ subnets: LIMITS, ...(isLate ? { stale } : {}) })
        const waiting: { late: Late; expected: string; told: string | null }[] = []
        let answered = 0
        const answerOne = () => {
          const exchange = bench.resolver.exchanges[answered++]
          if (exchange === undefined) return answered--
          const sent = sentWith(exchange)
          const network = sent === null ? null : prefixOf(sent)
          const name = nameIn(exchange)
          const data = exchange.question.subnet?.slice()
          if (data !== undefined) data[3] = world.scope(name, network!)
          answer(exchange, {
            answers: recordsOf(`${name}. 60 IN TXT "${world.truth(name, network)}"`),
            edns: { options: data === undefined ? [] : [{ code: SUBNET, data }] },
          })
          return answered
        }
        const check = (message: Message, expected: string, told: string | null) => {
          const heard = Buffer.from(message.answers[0]!.rdata).subarray(1).toString()
          assert.equal(heard, expected)
          assert.equal(toldIn(message), told)
        }
        for (const one of steps) {
          if (one === 'answer') answerOne()
          else if (one === 'wait') bench.pass(31)
          else {
            const network = one.network === null ? null : prefixOf(one.network)
            const cut = network && cutTo(network)
            const expected = world.truth(one.name, cut)
            const told = network && `${one.network}/${world.scope(one.name, cut!)}`
            const query = queryOf({
              name: one.name,
              type: 16,
              edns: {
                options: network === null ? [] : [{ code: SUBNET, data: subnet(one.network!) }],
              },
            })
            const sent = bench.tcp.send(query)
            if (sent instanceof Late) waiting.push({ late: sent, expected, told })
            else check(read(sent!), expected, told)
          }
        }
        while (answered < bench.resolver.exchanges.length) answerOne()
        for (const { late, expected, told } of waiting) check(late.message, expected, told)
      },
    ),
  )
})

function cutTo({ address, bits }: Prefix): Prefix {
  const most = Math.min(bits, address.length === 4 ? LIMITS.ipv4Prefix : LIMITS.ipv6Prefix)
  return { address: masked(address, most), bits: most }
}

function nameIn({ question }: Exchange): string {
  return `${String.fromCharCode(question.question[1]!)}.example.org`
}
