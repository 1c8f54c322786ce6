// Streams, over TCP and TLS alike: whoever asks gets the answers to what it asked, all of them and no
// others, whatever others do meanwhile.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CloseReason } from '../../src/listen/stream/metrics.ts'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { DoorClient, type Way } from '../support/door-client.ts'
import { DotDoor } from '../support/dot-door.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { DotServer, type ServedQuery } from '../support/dot-server.ts'
import { addressesIn, makeQuery, Type, readAnswer } from '../support/messages.ts'

/** Text of 51 KB. */
const BIG = 200

const running = new AsyncDisposableStack()
let ca: TestCa
let upstream: DotServer
/** Of all that was asked of the upstream. */
const labels: string[] = []

before(async () => {
  ca = running.use(createTestCa())
  upstream = running.use(
    await DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }), react: answerLater() }),
  )
})
after(() => running.disposeAsync())

/** Answers in another order than was asked. What a name's address is follows from its number. */
function answerLater(): (query: ServedQuery) => void {
  const waiting: ServedQuery[] = []
  return (query) => {
    labels.push(query.label)
    if (waiting.push(query) > 1) return
    setTimeout(() => {
      for (const one of waiting.splice(0).toReversed()) {
        if (one.label.startsWith('big')) one.answer({ texts: BIG })
        else one.answer({ address: addressOf(Number(/\d+$/.exec(one.label)?.[0] ?? 0)) })
      }
    }, 5)
  }
}

function addressOf(number: number): number[] {
  return [192, 0, 2, number % 251]
}

function config(tcp: Readonly<Record<string, unknown>> = {}) {
  const upstreams = [
    { address: '127.0.0.1', port: upstream.port, tlsName: DOT_NAME, ca: ca.caPath },
  ]
  return { upstreams, workers: 2, cache: { size: '64MiB' }, tcp }
}

interface Asked {
  readonly id: number
  readonly name: string
  readonly number: number
}

function queryOf({ id, name }: Asked, type: number = Type.A): Buffer {
  return makeQuery(name, { id, type })
}

/** Each answer must be one to a query of this client's own, and each query have one. */
function assertOwn(asked: readonly Asked[], client: DoorClient, what: string): void {
  const open = new Map(asked.map((one) => [one.id, one]))
  for (const bytes of client.answers) {
    const answer = readAnswer(bytes)
    const query = open.get(answer.id)
    assert.ok(query !== undefined, `${what}: answered what was not asked, or twice`)
    open.delete(answer.id)
    assert.deepEqual(answer.question, questionOf(query.name, answer.question), what)
    assert.equal(answer.rcode, 0, `${what}: ${query.name}`)
    if (query.name.startsWith('big')) assert.equal(answer.records.length, BIG)
    else assert.deepEqual(addressesIn(answer), [addressOf(query.number).join('.')], what)
  }
  assert.equal(open.size, 0, `${what}: ${open.size} of ${asked.length} not answered`)
}

/** The question for a name, of the type of another. */
function questionOf(name: string, like: Buffer): Buffer {
  const question = makeQuery(name).subarray(12)
  like.copy(question, question.length - 4, like.length - 4)
  return question
}

for (const way of ['tcp', 'tls'] as const satisfies readonly Way[]) {
  const numbered = (prefix: string, count: number): Asked[] =>
    Array.from({ length: count }, (_, number) => ({
      id: (number * 7919) & 0xffff,
      name: `${prefix}${way}${number}.example.org`,
      number,
    }))

  describe(`answers over ${way}`, () => {
    let door: DotDoor
    let port: number
    before(async () => {
      door = await DotDoor.start({ ca, config: config() })
      port = way === 'tcp' ? door.proxy.port : door.port
    })
    after(() => door[Symbol.asyncDispose]())

    async function open(from?: string): Promise<DoorClient> {
      const client = await DoorClient.open(from === undefined ? { way, port } : { way, port, from })
      assert.ok(client !== null)
      return client
    }

    test('1,000 queries pipelined on one connection are all answered right', async () => {
      for (const round of ['asked of the upstream', 'asked of the cache']) {
        using client = await open()
        const asked = numbered('many', 1_000)
        client.send(...asked.map((one) => queryOf(one)))
        await client.received(1_000)
        assertOwn(asked, client, round)
      }
    })

    test('300 equal queries at once are all answered right, and asked of the upstream once', async () => {
      const clients = await Promise.all(Array.from({ length: 30 }, () => open()))
      const asked = Array.from({ length: 10 }, (_, id) => ({
        id,
        name: `same${way}7.example.org`,
        number: 7,
      }))
      for (const client of clients) client.send(...asked.map((one) => queryOf(one)))
      for (const client of clients) {
        await client.received(10)
        assertOwn(asked, client, 'one of thirty')
        client[Symbol.dispose]()
      }
      // Each worker may ask for itself.
      assert.ok(labels.filter((label) => label === `same${way}7`).length <= 2)
    })

    test('while one client reads slowly, others get their own answers and none of its', async () => {
      using slow = await open('127.0.0.9')
      const large = numbered('big', 200)
      // From the cache they come as fast as they are read, and so wait for their reader.
      using quick = await open()
      for (let at = 0; at < large.length; at += 10) {
        quick.send(...large.slice(at, at + 10).map((one) => queryOf(one, Type.TXT)))
        assert.ok(await quick.received(at + 10))
      }
      slow.socket.pause()
      slow.send(...large.map((one) => queryOf(one, Type.TXT)))
      let slowly = true
      const reading = setInterval(() => {
        slow.socket.resume()
        setImmediate(() => slowly && slow.socket.pause())
      }, 10)
      try {
        const others = await Promise.all([1, 2, 3, 4].map((last) => open(`127.0.0.${last}`)))
        const asked = others.map((_, i) => numbered(`mine${i}x`, 250))
        for (let at = 0; at < 250; at += 10) {
          for (const [i, client] of others.entries()) {
            client.send(...asked[i]!.slice(at, at + 10).map((one) => queryOf(one)))
          }
          await delay(5)
        }
        for (const [i, client] of others.entries()) {
          await client.received(250)
          assertOwn(asked[i]!, client, `client ${i}`)
          client[Symbol.dispose]()
        }
      } finally {
        slowly = false
        clearInterval(reading)
      }
      slow.socket.resume()
      await slow.received(200)
      assertOwn(large, slow, 'the slow one')
    })
  })

  describe(`slow and silent clients over ${way}`, () => {
    // Of TLS there are less, for in this test their handshakes take two cores some seconds.
    const attackers = way === 'tcp' ? 2_000 : 1_000
    // Fewer than those who want a place: most of the time the table is full.
    const maxConnections = attackers / 2
    let door: DotDoor
    let port: number
    const sockets: Socket[] = []
    before(async () => {
      door = await DotDoor.start({ ca, config: config({ maxConnections }) })
      port = way === 'tcp' ? door.proxy.port : door.port
    })
    after(async () => {
      for (const socket of sockets) socket.destroy()
      await door[Symbol.asyncDispose]()
    })

    /** A hundred of an address, so that the bound for one client is not what helps. */
    const addressAt = (number: number): string => `127.0.1.${1 + Math.floor(number / 100)}`

    function keep(socket: Socket): void {
      socket.on('error', () => {})
      sockets.push(socket)
    }

    async function halfOpen(number: number): Promise<Socket> {
      const socket = connect({ host: '127.0.0.1', port, localAddress: addressAt(number) })
      keep(socket)
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {})
      return socket
    }

    async function opened(number: number): Promise<Socket | null> {
      const client = await DoorClient.open({ way, port, from: addressAt(number) })
      if (client !== null) keep(client.socket)
      return client?.socket ?? null
    }

    const kinds: readonly ((number: number) => Promise<void>)[] = [
      async (number) => {
        await halfOpen(number)
      },
      async (number) => {
        // Half a record of TLS, and a frame that is longer than what follows.
        const socket = await halfOpen(number)
        socket.write(Buffer.concat([Buffer.of(22, 3, 1, 0x20, 0), Buffer.alloc(1_000)]))
      },
      async (number) => {
        const socket = await opened(number)
        // Whoever had no place, or lost it already, will not tell when to stop.
        const timer = setInterval(() => socket?.write(Uint8Array.of(1)), 1_000).unref()
        socket?.on('close', () => clearInterval(timer))
      },
      async (number) => {
        const socket = await opened(number)
        socket?.pause()
        const query = makeQuery('big0.example.org', { type: Type.TXT })
        const framed = Buffer.concat([Buffer.of(0, query.length), query])
        socket?.write(Buffer.concat(Array.from({ length: 50 }, () => framed)))
      },
      async (number) => {
        const socket = await opened(number)
        socket?.write(Buffer.concat([Buffer.of(0xff, 0xff), Buffer.alloc(10_000)]))
      },
    ]

    test(`${attackers} of them are held open while good clients get every answer, in bounded memory`, async () => {
      const residentBefore = door.proxy.residentBytes()
      for (let number = 0; number < attackers; number += 40) {
        const batch = Array.from({ length: 40 }, (_, i) => number + i)
        await Promise.all(batch.map((one) => kinds[one % kinds.length]!(one)))
      }
      let retries = 0
      const askOnce = async (one: Asked, from: string): Promise<boolean> => {
        using client = await DoorClient.open({ way, port, from })
        client?.send(queryOf(one))
        if (client === null || !(await client.received(1))) return false
        assertOwn([one], client, 'a good client')
        return true
      }
      const good = Array.from({ length: 20 }, async (_, i) => {
        for (const one of numbered(`good${i}x`, 20)) {
          // Whoever finds no room, or loses it before it asks, comes again (RFC 7766 §6.2.4).
          while (!(await askOnce(one, `127.0.2.${i}`))) {
            assert.ok(++retries < 40)
            await delay(20)
          }
        }
      })
      await Promise.all(good)
      const grown = (door.proxy.residentBytes() - residentBefore) / 2 ** 20
      // Answers that nobody reads, at most 64 MiB of them and twice in memory; some 30 KiB for each
      // connection; and as much again that is not collected yet.
      assert.ok(grown < 380, `${Math.round(grown)} MiB`)
      const counters = await door.proxy.counters()
      const everOpened = counters('connections_opened')
      let open = everOpened
      for (const reason of Object.values(CloseReason)) {
        open -= counters(`connections_closed{reason="${reason}"}`)
      }
      assert.ok(everOpened > maxConnections, 'there were more than there is room for')
      assert.ok(open <= maxConnections, `${open} at once`)
    })
  })
}
