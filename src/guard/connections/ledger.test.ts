import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { ALLOWED, ConnectionLedger, type ConnectionLimits, Refused } from './ledger.ts'
import { connectionWords, Control } from './memory.ts'

const FREE: ConnectionLimits = {
  maxPerClient: 1_000,
  connections: { rate: 1_000, burst: 1_000 },
  clientHandshakes: { rate: 1_000, burst: 1_000 },
  handshakes: { rate: 1_000, burst: 1_000 },
  maxHandshakes: 1_000,
}

interface Setup extends Partial<ConnectionLimits> {
  readonly maxConnections?: number
  readonly ipv4Prefix?: number
}

/** Two threads over one memory, under a clock that the test moves. */
function setUp({ maxConnections = 100, ipv4Prefix = 32, ...limits }: Setup = {}) {
  let now = 1_000
  const memory = ConnectionLedger.allocate({ maxConnections, ipv4Prefix, ipv6Prefix: 56 })
  const ofThread = (thread: number): ConnectionLedger =>
    new ConnectionLedger({ memory, thread, limits: { ...FREE, ...limits }, clock: () => now })
  return {
    memory,
    ledger: ofThread(1),
    other: ofThread(2),
    pass: (milliseconds: number) => {
      now += milliseconds
    },
  }
}

const four = (last: number, third = 2): Uint8Array => Uint8Array.of(192, 0, third, last)
function six(subnet: number, host: number): Uint8Array {
  const address = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host)
  address[7] = subnet
  return address
}

describe('connections counted over all threads', () => {
  test('are no more in all than there may be, whichever thread takes them', () => {
    const { ledger, other } = setUp({ maxConnections: 20 })
    const seats = Array.from({ length: 20 }, (_, i) => (i % 2 ? ledger : other).take(four(i)))
    assert.equal(new Set(seats).size, 20)
    assert.equal(ledger.take(four(99)), Refused.Full)
    assert.equal(other.taken, 20)
    other.give(seats[0]!)
    assert.equal(ledger.take(four(99)), seats[0])
  })

  test('are no more for one client, whichever thread takes them', () => {
    const { ledger, other } = setUp({ maxPerClient: 2 })
    const first = ledger.take(four(1))
    assert.ok(first >= 0)
    assert.ok(other.take(four(1)) >= 0)
    assert.equal(ledger.take(four(1)), Refused.ClientFull)
    assert.ok(ledger.take(four(2)) >= 0)
    other.give(first)
    assert.ok(ledger.take(four(1)) >= 0)
  })

  test('belong to one client when they come from one prefix: IPv4 as set, IPv6 /56', () => {
    const { ledger } = setUp({ maxPerClient: 1, ipv4Prefix: 24 })
    assert.ok(ledger.take(four(1)) >= 0)
    assert.equal(ledger.take(four(200)), Refused.ClientFull)
    assert.ok(ledger.take(four(1, 3)) >= 0)
    assert.ok(ledger.take(six(0, 1)) >= 0)
    assert.equal(ledger.take(six(255, 9)), Refused.ClientFull)
    const beyond = six(0, 1)
    beyond[6] = 1
    assert.ok(ledger.take(beyond) >= 0)
    // ::192.0.2.1 and 192.0.2.1 have octets in common and nothing else.
    assert.ok(ledger.take(new Uint8Array(16)) >= 0)
    assert.ok(ledger.take(new Uint8Array(4)) >= 0)
  })

  test('of a proxy count for the client once it is known', () => {
    const { ledger } = setUp({ maxPerClient: 1 })
    const seats = [ledger.take(null), ledger.take(null)] as const
    assert.equal(ledger.name(seats[0], four(1)), ALLOWED)
    assert.equal(ledger.name(seats[1], four(1)), Refused.ClientFull)
    ledger.give(seats[1])
    assert.equal(ledger.take(four(1)), Refused.ClientFull)
    ledger.give(seats[0])
    assert.ok(ledger.take(four(1)) >= 0)
    assert.equal(ledger.taken, 1)
  })

  test('come as fast as a bucket allows, and a refused one costs nothing', () => {
    const { ledger, other, pass } = setUp({ connections: { rate: 10, burst: 3 } })
    const open = (from: ConnectionLedger): number => {
      const seat = from.take(four(1))
      if (seat >= 0) from.give(seat)
      return seat
    }
    for (let i = 0; i < 3; i++) assert.ok(open(i % 2 ? ledger : other) >= 0)
    for (let i = 0; i < 5; i++) assert.equal(open(ledger), Refused.Rate)
    assert.ok(ledger.take(four(2)) >= 0)
    pass(99)
    assert.equal(open(other), Refused.Rate)
    pass(1)
    assert.ok(open(other) >= 0)
    assert.equal(open(ledger), Refused.Rate)
    pass(60_000)
    for (let i = 0; i < 3; i++) assert.ok(open(ledger) >= 0)
    assert.equal(open(ledger), Refused.Rate)
  })

  test('ask for no room when they come too fast: nobody is shed for them', () => {
    const { ledger } = setUp({ maxConnections: 16, connections: { rate: 1, burst: 16 } })
    for (let i = 0; i < 16; i++) assert.ok(ledger.take(four(1)) >= 0)
    assert.equal(ledger.take(four(1)), Refused.Rate)
    assert.equal(ledger.take(four(2)), Refused.Full)
  })

  test('remember how fast a client came while thousands of others come and go', () => {
    const { ledger } = setUp({ connections: { rate: 1, burst: 1 } })
    ledger.give(ledger.take(four(1)))
    for (let i = 0; i < 8_000; i++) ledger.give(ledger.take(Uint8Array.of(10, 0, i >> 8, i)))
    assert.equal(ledger.take(four(1)), Refused.Rate)
    assert.equal(ledger.taken, 0)
  })
})

describe('TLS handshakes counted over all threads', () => {
  test('begin as fast as the client’s bucket allows', () => {
    const { ledger, other, pass } = setUp({ clientHandshakes: { rate: 2, burst: 1 } })
    const [mine, mineToo, another] = [four(1), four(1), four(2)].map((one) => ledger.take(one))
    assert.equal(ledger.beginHandshake(mine!), ALLOWED)
    assert.equal(other.beginHandshake(mineToo!), Refused.HandshakeRate)
    assert.equal(ledger.beginHandshake(another!), ALLOWED)
    pass(500)
    assert.equal(other.beginHandshake(mineToo!), ALLOWED)
  })

  test('begin as fast as the bucket of all allows', () => {
    const { ledger, other, pass } = setUp({ handshakes: { rate: 100, burst: 5 } })
    const begin = (i: number) => (i % 2 ? ledger : other).beginHandshake(ledger.take(four(i)))
    for (let i = 0; i < 5; i++) assert.equal(begin(i), ALLOWED)
    assert.equal(begin(6), Refused.HandshakeRate)
    pass(10)
    assert.equal(begin(7), ALLOWED)
  })

  test('are under way in a bounded number, until they end or their connection does', () => {
    const { ledger, other } = setUp({ maxHandshakes: 2 })
    const [a, b, c] = [1, 2, 3].map((i) => ledger.take(four(i))) as [number, number, number]
    assert.equal(ledger.beginHandshake(a), ALLOWED)
    assert.equal(other.beginHandshake(b), ALLOWED)
    assert.equal(ledger.beginHandshake(c), Refused.HandshakesFull)
    ledger.endHandshake(a)
    ledger.endHandshake(a)
    assert.equal(ledger.handshakes, 1)
    assert.equal(ledger.beginHandshake(c), ALLOWED)
    other.give(b)
    ledger.give(c)
    assert.equal(ledger.handshakes, 0)
  })
})

describe('a thread that dies', () => {
  test('gives back all that it held, and nobody else’s', () => {
    const { memory, ledger, other } = setUp({ maxPerClient: 3 })
    const kept = ledger.take(four(1))
    for (let i = 0; i < 2; i++) other.beginHandshake(other.take(four(1)))
    assert.equal(ledger.take(four(1)), Refused.ClientFull)
    ConnectionLedger.recover(memory, 2)
    assert.equal(ledger.taken, 1)
    assert.equal(ledger.handshakes, 0)
    for (let i = 0; i < 2; i++) assert.ok(ledger.take(four(1)) >= 0)
    assert.equal(ledger.take(four(1)), Refused.ClientFull)
    ledger.give(kept)
    assert.ok(other.take(four(1)) >= 0)
  })

  test('lets go of the lock', () => {
    const { memory, ledger } = setUp()
    connectionWords(memory).control[Control.Lock] = 3
    ConnectionLedger.recover(memory, 2)
    assert.ok(ledger.take(four(1)) >= 0)
  })

  test('can have been killed at any moment', async () => {
    const memory = ConnectionLedger.allocate({
      maxConnections: 50,
      ipv4Prefix: 32,
      ipv6Prefix: 56,
    })
    const limits = { ...FREE, connections: { rate: 1e6, burst: 1e6 } }
    const ledger = new ConnectionLedger({
      memory,
      thread: 1,
      limits,
      clock: () => performance.now(),
    })
    const mine = [1, 2, 3].map((i) => ledger.take(four(i)))
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(new URL('busy-thread.ts', import.meta.url), {
        workerData: { memory, limits, thread: 2 },
      })
      await new Promise((resolve) => worker.once('message', resolve))
      // In between, this thread takes part.
      for (let i = 0; i < 200; i++) ledger.give(ledger.take(four(9)))
      await worker.terminate()
      ConnectionLedger.recover(memory, 2)
      assert.equal(ledger.taken, 3)
    }
    const rest = Array.from({ length: 47 }, () => ledger.take(four(7)))
    assert.ok(rest.every((seat) => seat >= 0))
    assert.equal(new Set([...mine, ...rest]).size, 50)
    assert.equal(ledger.take(four(7)), Refused.Full)
  })
})

test('whatever happens, counts are those of a naive book', () => {
  const command = fc.record({
    thread: fc.integer({ min: 1, max: 3 }),
    client: fc.nat(6),
    what: fc.constantFrom('take', 'take', 'take', 'proxy', 'give', 'give', 'crash'),
    which: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300, size: 'max' }), (commands) => {
      const { memory } = setUp({ maxConnections: 16 })
      const limits = { ...FREE, maxPerClient: 4 }
      const ledgers = [0, 1, 2, 3].map(
        (thread) => new ConnectionLedger({ memory, thread, limits, clock: () => 0 }),
      )
      let book: { seat: number; thread: number; client: number | null }[] = []
      for (const { thread, client, what, which } of commands) {
        const ledger = ledgers[thread]!
        const own = book.filter((one) => one.thread === thread)
        const count = book.filter((one) => one.client === client).length
        if (what === 'crash') {
          ConnectionLedger.recover(memory, thread)
          book = book.filter((one) => one.thread !== thread)
        } else if (what === 'give') {
          const gone = own[which % Math.max(1, own.length)]
          if (gone === undefined) continue
          ledger.give(gone.seat)
          book = book.filter((one) => one !== gone)
        } else if (what === 'take') {
          const seat = ledger.take(four(client))
          const full = book.length === 16 ? Refused.Full : null
          const expected = count === 4 ? Refused.ClientFull : full
          if (expected !== null) assert.equal(seat, expected)
          else book.push({ seat, thread, client })
        } else {
          const seat = ledger.take(null)
          if (book.length === 16) {
            assert.equal(seat, Refused.Full)
            continue
          }
          const verdict = ledger.name(seat, four(client))
          assert.equal(verdict, count === 4 ? Refused.ClientFull : ALLOWED)
          book.push({ seat, thread, client: verdict === ALLOWED ? client : null })
        }
        assert.equal(ledger.taken, book.length)
        assert.equal(new Set(book.map((one) => one.seat)).size, book.length)
        assert.ok(book.every(({ seat }) => seat >= 0 && seat < 16))
      }
    }),
    { numRuns: 200 },
  )
})
