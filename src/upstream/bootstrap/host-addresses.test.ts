import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settled } from 'node:timers/promises'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { ManualServer } from '../../../test/support/host-records.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { HostAddresses } from './host-addresses.ts'

const A = 1
const AAAA = 28
const FOUR = { address: '192.0.2.1', ttl: 60 }
const SIX = { address: '2001:db8::1', ttl: 60 }

function setUp(names: readonly string[] = ['first', 'second']) {
  const clock = new FakeClock()
  const servers = names.map((name) => new ManualServer(name))
  const [first, second] = servers as [ManualServer, ManualServer]
  const wheel = new TimerWheel({ clock })
  const host = 'dot.example.org'
  const source = new HostAddresses({ host, servers, clock, wheel, random: () => 0 })
  return { clock, source, servers, first, second }
}

/** What the callback of `whenKnown` was told, so far. */
function outcome(source: HostAddresses): (string | null)[] {
  const told: (string | null)[] = []
  source.whenKnown((fault) => told.push(fault))
  return told
}

test('asks nobody until an address is wanted, then for both families', async () => {
  const { source, first } = setUp()
  assert.equal(source.addresses(), null)
  assert.deepEqual(first.asked, [])
  const told = outcome(source)
  first.answer([FOUR, SIX])
  await settled()
  assert.deepEqual(first.asked, [AAAA, A])
  assert.deepEqual(told, [null])
  assert.deepEqual(outcome(source), [null])
})

test('gives the families in turn, IPv6 first (RFC 8305 §4)', async () => {
  const { source, first } = setUp()
  outcome(source)
  first.answer([FOUR, { address: '192.0.2.2' }, SIX, { address: '192.0.2.3' }])
  await settled()
  assert.deepEqual(source.addresses(), ['2001:db8::1', '192.0.2.1', '192.0.2.2', '192.0.2.3'])
})

test('does not wait long for the other family (RFC 8305 §3), but takes it when it comes', async () => {
  const { source, first, clock } = setUp()
  const told = outcome(source)
  first.answer([FOUR], 0, A)
  await settled()
  assert.deepEqual(told, [])
  clock.advance(60)
  assert.deepEqual(told, [null])
  assert.deepEqual(source.addresses(), ['192.0.2.1'])
  first.answer([SIX])
  await settled()
  assert.deepEqual(source.addresses(), ['2001:db8::1', '192.0.2.1'])
})

test('asks the next server when the first is late, and the winner first from then on', async () => {
  const { source, first, second, clock } = setUp()
  const told = outcome(source)
  assert.deepEqual(second.asked, [])
  clock.advance(210)
  assert.deepEqual(second.asked, [AAAA, A])
  second.answer([FOUR, SIX])
  await settled()
  assert.deepEqual(told, [null])
  assert.equal(first.cancelled.length, 2)
  clock.advance(60_000)
  source.addresses()
  assert.equal(first.asked.length, 2)
  assert.equal(second.asked.length, 4)
})

test('asks the next server at once when one fails or knows nothing', async () => {
  const { source, first, second } = setUp()
  const told = outcome(source)
  first.fail()
  assert.deepEqual(second.asked, [AAAA, A])
  second.answer([FOUR])
  await settled()
  assert.deepEqual(told, [null])
  assert.deepEqual(source.addresses(), ['192.0.2.1'])
})

test('tells what each server said when none knows, and asks again after a while', async () => {
  const { source, first, second, clock } = setUp()
  const told = outcome(source)
  first.answer([], 3)
  second.fail('port unreachable')
  await settled()
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /dot\.example\.org: first: .*code 3.*; second: port unreachable/)
  // Not at once: nobody is asked again for every connection that is wanted.
  assert.match(outcome(source)[0] ?? '', /port unreachable/)
  assert.equal(first.asked.length, 2)
  clock.advance(250)
  const again = outcome(source)
  assert.equal(first.asked.length, 4)
  first.answer([FOUR])
  second.answer([FOUR])
  await settled()
  assert.deepEqual(again, [null])
})

test('a server that never answers holds up nobody for ever', async () => {
  const { source, clock } = setUp(['only'])
  const told = outcome(source)
  clock.advance(4_100)
  await settled()
  assert.match(told[0] ?? '', /only: no answer in time/)
})

test('asks again when the TTL is over, at the earliest after 30 s, and serves the old meanwhile', async () => {
  const { source, first, second, clock } = setUp()
  outcome(source)
  first.answer([
    { ...FOUR, ttl: 1 },
    { ...SIX, ttl: 300 },
  ])
  await settled()
  clock.advance(29_000)
  source.addresses()
  assert.equal(first.asked.length, 2)
  clock.advance(1_000)
  assert.deepEqual(source.addresses(), ['2001:db8::1', '192.0.2.1'])
  assert.equal(first.asked.length, 4)
  first.answer([{ address: '192.0.2.9' }])
  second.answer([])
  await settled()
  assert.deepEqual(source.addresses(), ['192.0.2.9'])
})

test('keeps a long answer for a day at the most', async () => {
  const { source, first, clock } = setUp(['only'])
  outcome(source)
  first.answer([
    { ...FOUR, ttl: 10 * 86_400 },
    { ...SIX, ttl: 10 * 86_400 },
  ])
  await settled()
  clock.jump(86_400_000)
  source.addresses()
  assert.equal(first.asked.length, 4)
})

test('keeps what it knew while no server answers, or all say that there is nothing', async () => {
  for (const forget of [
    (server: ManualServer) => server.fail(),
    (server: ManualServer) => server.answer([], 3),
    (server: ManualServer) => server.answer([], 2),
  ]) {
    const { source, first, clock } = setUp(['only'])
    outcome(source)
    first.answer([FOUR, SIX])
    await settled()
    clock.advance(60_000)
    source.addresses()
    forget(first)
    await settled()
    assert.deepEqual(source.addresses(), ['2001:db8::1', '192.0.2.1'])
    assert.deepEqual(outcome(source), [null])
  }
})

test('keeps the addresses of a family about which nobody answered this time', async () => {
  const { source, first, clock } = setUp(['only'])
  outcome(source)
  first.answer([FOUR, SIX])
  await settled()
  clock.advance(60_000)
  source.addresses()
  first.answer([{ address: '192.0.2.9' }], 0, A)
  first.fail()
  await settled()
  assert.deepEqual(source.addresses(), ['2001:db8::1', '192.0.2.9'])
})

test('remembers the address that worked, also over a new look-up (RFC 8305 §4)', async () => {
  const { source, first, clock } = setUp()
  outcome(source)
  first.answer([FOUR, SIX])
  await settled()
  source.onFailed('2001:db8::1')
  source.onUsed('192.0.2.1')
  assert.deepEqual(source.addresses(), ['192.0.2.1', '2001:db8::1'])
  clock.advance(60_000)
  source.addresses()
  first.answer([FOUR, SIX])
  await settled()
  assert.deepEqual(source.addresses(), ['192.0.2.1', '2001:db8::1'])
})

test('asks another server soon when no address leads to the upstream', async () => {
  const { source, first, second, clock } = setUp()
  outcome(source)
  first.answer([{ address: '192.0.2.66' }, { address: '2001:db8::66' }])
  await settled()
  clock.advance(1_100)
  source.onFailed('2001:db8::66')
  source.addresses()
  assert.equal(second.asked.length, 0)
  source.onFailed('192.0.2.66')
  source.addresses()
  assert.deepEqual(second.asked, [AAAA, A])
  second.answer([FOUR, SIX])
  await settled()
  assert.deepEqual(source.addresses(), ['2001:db8::1', '192.0.2.1'])
})
