// Client subnets (RFC 7871) with dig in front, or dnsdist, which tells of its clients; and behind us a
// server that chooses answers by them: one of ours over TLS, and Unbound with its own cache for each
// subnet, which asks an authority.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { dig } from '../support/dig.ts'
import { DotServer, type ServedQuery } from '../support/dot-server.ts'
import { serverFolder, TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnboundSubnets } from '../support/dot-upstreams/unbound-subnets.ts'
import { Dotward } from '../support/dotward.ts'
import { PlainServer } from '../support/plain-server.ts'
import { freePort, startProgram } from '../support/processes.ts'
import { subnetIn, subnetOption } from '../support/subnet-option.ts'

const running = new AsyncDisposableStack()
const ca = running.use(createTestCa())
after(() => running.disposeAsync())

/** 192.0.2.x for 198.51.x.0/24 and 127.51.x.0/24, with that scope; 192.0.2.255 for all others. */
function answerBySubnet(query: Pick<ServedQuery, 'message'>) {
  const subnet = subnetIn(query.message)
  if (subnet === null || subnet[2] === 0) return { address: [192, 0, 2, 255] }
  const isOurs =
    subnet[1] === 1 && subnet[2]! >= 16 && [127, 198].includes(subnet[4]!) && subnet[5] === 51
  const address = [192, 0, 2, isOurs ? (subnet[6] ?? 0) : 255]
  return { address, options: subnetOption(subnet, isOurs ? 24 : 0) }
}

/** A proxy before one server that was told of these networks. */
async function setUp(clientSubnet: Readonly<Record<string, unknown>>) {
  const stack = new AsyncDisposableStack()
  const told: (string | null)[] = []
  const server = stack.use(
    await DotServer.start({
      certificate: ca.issue({ names: [TLS_NAME] }),
      react(query) {
        // Whether it leads back to us is asked about other names.
        if (query.question.includes('example')) {
          told.push(subnetIn(query.message)?.toString('hex') ?? null)
        }
        query.answer(answerBySubnet(query))
      },
    }),
  )
  const upstreams = [upstreamConfig({ name: 'upstream', port: server.port }, ca)]
  const proxy = stack.use(await Dotward.start({ upstreams, privacy: { clientSubnet } }))
  return {
    told,
    proxy,
    upstreams,
    ask: (name: string, ...options: string[]) => ask(proxy, name, ...options),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The address, and what dig says of the subnet: its prefix and the scope. */
async function ask(proxy: Dotward, name: string, ...options: string[]): Promise<string> {
  const answer = await dig({ host: '127.0.0.1', port: proxy.port }, name, 'A', ...options)
  const subnet = /CLIENT-SUBNET: (\S+)/.exec(answer.output)?.[1]
  const address = answer.answer[0]?.data ?? answer.status
  return subnet === undefined ? address : `${address} ${subnet}`
}

suite('client subnets with dig +subnet', () => {
  test('nothing goes upstream, and dig hears nothing of it, as it comes', async () => {
    await using it = await setUp({})
    assert.equal(await it.ask('www.example.org', '+subnet=198.51.7.0/24'), '192.0.2.255')
    assert.equal(await it.ask('www.example.org', '+subnet=198.51.8.0/24'), '192.0.2.255')
    assert.deepEqual(it.told, [null])
    await it.proxy.stop()
  })

  test('pass: each network gets its own answer, and again out of the cache', async () => {
    await using it = await setUp({ mode: 'pass' })
    for (let i = 0; i < 2; i++) {
      assert.equal(
        await it.ask('www.example.org', '+subnet=198.51.7.9/32'),
        '192.0.2.7 198.51.7.9/32/24',
      )
      assert.equal(
        await it.ask('www.example.org', '+subnet=198.51.8.0/24'),
        '192.0.2.8 198.51.8.0/24/24',
      )
      assert.equal(
        await it.ask('www.example.org', '+subnet=2001:db8::/32'),
        '192.0.2.255 2001:db8::/32/0',
      )
      assert.equal(await it.ask('www.example.org', '+subnet=0'), '192.0.2.255 0.0.0.0/0/0')
      assert.equal(await it.ask('www.example.org'), '192.0.2.255')
    }
    assert.deepEqual(it.told, [
      '00011800c63307',
      '00011800c63308',
      '0002200020010db8',
      '00010000',
      null,
    ])
    const counter = await it.proxy.counters()
    assert.equal(counter('client_subnets{event="taken"}'), 8)
    assert.equal(counter('client_subnets{event="tailored"}'), 2)
    assert.equal(counter('client_subnets{event="for-all"}'), 2)
    await it.proxy.stop()
  })

  test('pass: malformed ones get FORMERR', async () => {
    await using it = await setUp({ mode: 'pass' })
    assert.equal(await it.ask('www.example.org', '+ednsopt=8:00011800c6336400'), 'FORMERR')
    await it.proxy.stop()
  })

  test('send: every question goes with the one network', async () => {
    await using it = await setUp({ mode: 'send', prefix: '198.51.7.0/24' })
    assert.equal(await it.ask('www.example.org', '+subnet=198.51.8.0/24'), '192.0.2.7')
    assert.equal(await it.ask('www.example.org'), '192.0.2.7')
    assert.deepEqual(it.told, ['00011800c63307'])
    await it.proxy.stop()
  })

  test('a new mode holds from the next reading of the configuration on', async () => {
    await using it = await setUp({})
    assert.equal(await it.ask('a.example.org', '+subnet=198.51.8.0/24'), '192.0.2.255')
    it.proxy.reload({ upstreams: it.upstreams, privacy: { clientSubnet: { mode: 'pass' } } })
    await it.proxy.program.until('it passed subnets on', async () => {
      const answer = await it.ask('a.example.org', '+subnet=198.51.8.0/24')
      return answer === '192.0.2.8 198.51.8.0/24/24'
    })
    await it.proxy.stop()
  })
})

test('pass: behind dnsdist, each client network gets its own answer', async () => {
  await using it = await setUp({ mode: 'pass' })
  await using stack = new AsyncDisposableStack()
  const path = join(stack.use(serverFolder()).path, 'dnsdist.conf')
  const port = await freePort()
  const server = `address = '127.0.0.1:${it.proxy.port}', useClientSubnet = true`
  writeFileSync(
    path,
    `setLocal('127.0.0.1:${port}')
    setACL('127.0.0.0/8')
    setECSSourcePrefixV4(32)
    newServer({ ${server}, healthCheckMode = 'up' })
    setSecurityPollSuffix('')
    `,
  )
  const args = ['--supervised', '--disable-syslog', '-C', path]
  const dnsdist = stack.use(startProgram('dnsdist', args))
  const addressFor = async (client: string, name: string) => {
    const answer = await dig({ host: '127.0.0.1', port }, name, 'A', '-b', client, '+time=1')
    return answer.answer[0]?.data
  }
  await dnsdist.until(
    'it answered',
    async () => (await addressFor('127.0.0.1', 'ready.example.org')) !== undefined,
  )
  it.told.length = 0
  for (const [client, address] of [
    ['127.51.1.1', '192.0.2.1'],
    ['127.51.1.9', '192.0.2.1'],
    ['127.51.2.1', '192.0.2.2'],
    ['127.51.1.1', '192.0.2.1'],
  ] as const) {
    assert.equal(await addressFor(client, 'www.example.org'), address, client)
  }
  assert.deepEqual(it.told, ['000118007f3301', '000118007f3302'])
  await it.proxy.stop()
})

test('pass: through Unbound, which keeps answers for each subnet, to an authority', async () => {
  await using stack = new AsyncDisposableStack()
  const authority = stack.use(
    await PlainServer.start({ onUdp: (query) => query.answer(answerBySubnet(query.served)) }),
  )
  const unbound = stack.use(await startUnboundSubnets(ca, authority.port))
  const upstreams = [upstreamConfig(unbound, ca)]
  const privacy = { clientSubnet: { mode: 'pass' } }
  const proxy = stack.use(await Dotward.start({ upstreams, privacy }))
  assert.equal(
    await ask(proxy, 'www.example.org', '+subnet=198.51.7.9/32'),
    '192.0.2.7 198.51.7.9/32/24',
  )
  assert.equal(
    await ask(proxy, 'www.example.org', '+subnet=198.51.8.0/24'),
    '192.0.2.8 198.51.8.0/24/24',
  )
  assert.equal(
    await ask(proxy, 'www.example.org', '+subnet=198.51.7.1/32'),
    '192.0.2.7 198.51.7.1/32/24',
  )
  // Unbound asks about the zone's own name on its way.
  const seen = new Set(authority.udpQueries.map(({ served }) => subnetIn(served.message)))
  const networks = new Set([...seen].flatMap((subnet) => subnet?.toString('hex') ?? []))
  assert.deepEqual([...networks], ['00011800c63307', '00011800c63308'])
  await proxy.stop()
})
