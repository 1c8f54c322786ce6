import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { suite, test, type TestContext } from 'node:test'
import { Handled, type Query, Transport } from '../../../pipeline/query.ts'
import {
  echo,
  LateHandler,
  message,
  type Rig,
  startRig,
  testIdleTimes,
  testLimits,
  until,
} from '../../../../test/support/stream-rig.ts'
import { httpsService } from '../https-service.ts'

interface Response {
  readonly status: number
  readonly fields: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** A client that reads responses off a connection, without TLS. */
class HttpClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  readonly responses: Response[] = []
  #text = ''
  #bare = false

  constructor(rig: Rig) {
    const client = rig.client(true)
    this.socket = client.socket
    this.closed = client.closed
    this.socket.on('end', () => this.socket.end())
    this.socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      while (this.#take());
    })
  }

  /** Responses have no bodies from now on, as those to HEAD. */
  expectNoBodies(): void {
    this.#bare = true
  }

  send(text: string | Uint8Array): this {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    return this
  }

  async count(count: number): Promise<readonly Response[]> {
    await until(() => this.responses.length >= count)
    return this.responses
  }

  /** The only response, after which the connection has ended. */
  async last(): Promise<Response> {
    await this.closed
    assert.equal(this.responses.length, 1)
    assert.equal(this.#text, '')
    return this.responses[0]!
  }

  get ids(): number[] {
    return this.responses.map(({ body }) => body.readUInt16BE(0))
  }

  #take(): boolean {
    const head = this.#text.indexOf('\r\n\r\n')
    if (head === -1) return false
    const [first, ...lines] = this.#text.slice(0, head).split('\r\n')
    const fields = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    )
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first!)![1])
    const length = this.#bare || status < 200 ? 0 : Number(fields.get('content-length'))
    const end = head + 4 + length
    if (this.#text.length < end) return false
    const body = Buffer.from(this.#text.slice(head + 4, end), 'latin1')
    this.#text = this.#text.slice(end)
    this.responses.push({ status, fields, body })
    return true
  }
}

interface Options {
  readonly handle?: (query: Query) => number
  readonly limits?: Partial<typeof testLimits>
}

async function start(
  t: TestContext,
  { handle = echo, limits = {} }: Options = {},
): Promise<{ rig: Rig; client: HttpClient; refused: number[] }> {
  const refused: number[] = []
  const httpsMetrics = { onRefused: (status: number) => refused.push(status) }
  const rig = await startRig(t, {
    handle,
    limits,
    service: ({ onError = () => {}, ...options }) =>
      httpsService({ ...options, onError, path: '/dns-query', httpsMetrics }),
  })
  return { rig, client: new HttpClient(rig), refused }
}

const get = (id: number, fields = '', length = 12) =>
  `GET /dns-query?dns=${message(id, length).toString('base64url')} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`

const POST = 'POST /dns-query HTTP/1.1\r\nHost: a\r\nContent-Type: application/dns-message\r\n'

const post = (id: number, length = 12) =>
  `${POST}Content-Length: ${length}\r\n\r\n${message(id, length).toString('latin1')}`

const chunked = (id: number) =>
  `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\n${message(id).toString('latin1', 0, 5)}\r\n7\r\n${message(id).toString('latin1', 5)}\r\n0\r\n\r\n`

suite('a query over HTTP/1.1', () => {
  test('is answered with what RFC 8484 §5 and RFC 9110 §6.6.1 want', async (t) => {
    const { client } = await start(t, {
      handle: (query) => {
        assert.equal(query.transport, Transport.Https)
        assert.deepEqual([...query.client], [127, 0, 0, 1])
        return echo(query)
      },
    })
    const [response] = await client.send(get(0)).count(1)
    assert.equal(response!.status, 200)
    const { date, ...fields } = Object.fromEntries(response!.fields)
    assert.deepEqual(fields, {
      'content-type': 'application/dns-message',
      'cache-control': 'max-age=0',
      'content-length': '12',
    })
    assert.ok(Math.abs(Date.parse(date!) - Date.now()) < 60_000)
    assert.deepEqual(response!.body, message(0))
  })

  test('comes as GET or POST, with its length or in chunks', async (t) => {
    const { client } = await start(t)
    client
      .send(get(1))
      .send(post(2))
      .send(chunked(3))
      .send(`\r\n${post(4, 3_000)}`)
    await client.count(4)
    assert.deepEqual(client.ids, [1, 2, 3, 4])
    assert.equal(client.responses[3]!.body.length, 3_000)
  })

  test('comes cut anywhere', async (t) => {
    const { client } = await start(t)
    for (const octet of Buffer.from(get(1) + post(2) + chunked(3), 'latin1')) {
      client.send(Uint8Array.of(octet))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await client.count(3)
    assert.deepEqual(client.ids, [1, 2, 3])
  })

  test('is told to send the body that it holds back (RFC 9110 §10.1.1)', async (t) => {
    const { client } = await start(t)
    client.send(`${POST}Content-Length: 12\r\nExpect: 100-continue\r\n\r\n`)
    assert.equal((await client.count(1))[0]!.status, 100)
    client.send(message(7))
    assert.equal((await client.count(2))[1]!.status, 200)
  })

  test('may be the last (RFC 9112 §9.6)', async (t) => {
    const { rig, client } = await start(t)
    const { status, fields } = await client.send(get(1, 'Connection: close\r\n')).last()
    assert.deepEqual([status, fields.get('connection')], [200, 'close'])
    await until(() => rig.events.includes('client'))
  })
})

suite('pipelined queries (RFC 9112 §9.3.2)', () => {
  test('a thousand at once are all answered, in order', async (t) => {
    const { client } = await start(t)
    const ids = Array.from({ length: 1_000 }, (_, i) => i)
    client.send(ids.map((id) => (id % 2 === 0 ? get(id) : post(id))).join(''))
    await client.count(1_000)
    assert.deepEqual(client.ids, ids)
  })

  test('get their responses in order, whichever answer comes first', async (t) => {
    const late = new LateHandler()
    const { client } = await start(t, {
      handle: (query) =>
        query.bytes[query.start + 1]! % 2 === 0 ? echo(query) : late.handle(query),
    })
    client.send([1, 2, 3, 4, 5].map((id) => get(id)).join(''))
    client.send('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => late.waiting.length === 3)
    late.waiting.reverse()
    late.answerNext()
    late.answerNext()
    assert.equal(client.responses.length, 0)
    late.answerNext()
    await client.count(6)
    assert.deepEqual(client.ids.slice(0, 5), [1, 2, 3, 4, 5])
    assert.equal(client.responses[5]!.status, 404)
  })

  test('past the limit wait until one is answered', async (t) => {
    const late = new LateHandler()
    const { client } = await start(t, {
      handle: (query) => late.handle(query),
      limits: { maxInFlight: 3 },
    })
    client.send([1, 2, 3, 4, 5].map((id) => get(id)).join(''))
    await until(() => late.waiting.length === 3)
    for (let answered = 0; answered < 5; answered++) {
      await until(() => late.waiting.length === Math.min(3, 5 - answered))
      late.answerNext()
    }
    await client.count(5)
    assert.deepEqual(client.ids, [1, 2, 3, 4, 5])
  })

  test('are answered before the end, when the door closes', async (t) => {
    const late = new LateHandler()
    const { rig, client } = await start(t, { handle: (query) => late.handle(query) })
    client.send(get(1) + get(2))
    await until(() => late.waiting.length === 2)
    rig.listener.stop()
    late.answerNext()
    late.answerNext()
    await client.closed
    assert.deepEqual(client.ids, [1, 2])
    assert.equal(client.responses[0]!.fields.has('connection'), false)
    assert.equal(client.responses[1]!.fields.get('connection'), 'close')
  })
})

suite('what is no query', () => {
  test('gets a status and a line that says why, and the connection goes on', async (t) => {
    const { client, refused } = await start(t)
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS /dns-query HTTP/1.1\r\nHost: a\r\n\r\n')
    client.send(`${POST}\r\n${get(1)}`)
    const [missing, method, short, good] = await client.count(4)
    assert.deepEqual(
      [missing!.status, method!.status, short!.status, good!.status],
      [404, 405, 400, 200],
    )
    assert.match(missing!.body.toString(), /RFC 8484/)
    assert.deepEqual(refused, [404, 405, 400])
    assert.equal(missing!.fields.get('content-type'), 'text/plain; charset=utf-8')
    assert.equal(method!.fields.get('allow'), 'GET, POST')
  })

  test('gets no body when it is HEAD (RFC 9110 §9.3.2)', async (t) => {
    const { client } = await start(t)
    client.expectNoBodies()
    client.send('HEAD /dns-query HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
    const [one, two] = await client.count(2)
    assert.deepEqual([one!.status, two!.status], [405, 404])
  })

  test('gets 429 when the pipeline drops it', async (t) => {
    const { client } = await start(t, { handle: () => Handled.Dropped })
    client.send(get(1) + get(2))
    assert.deepEqual(
      (await client.count(2)).map(({ status }) => status),
      [429, 429],
    )
  })

  test('gets 429 in its turn when no answer comes after all', async (t) => {
    const late = new LateHandler()
    const { client } = await start(t, { handle: (query) => late.handle(query) })
    client.send(get(1) + get(2) + get(3))
    await until(() => late.waiting.length === 3)
    late.waiting[1]!.path.commit(0)
    late.waiting[0]!.path.commit(0)
    late.waiting.splice(0, 2)
    late.answerNext()
    const statuses = (await client.count(3)).map(({ status }) => status)
    assert.deepEqual(statuses, [429, 429, 200])
  })

  for (const [what, text, status] of [
    ['a head of another kind', 'EHLO example.org\r\n\r\n', 400],
    ['a TLS hello', '\x16\x03\x01\x02\0\r\n\r\n', 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['a head without end', `GET /dns-query HTTP/1.1\r\n${'X: y\r\n'.repeat(3_000)}`, 431],
    ['a line without end', `GET /dns-query?dns=${'A'.repeat(70_000)}`, 414],
    ['a length and chunks', `${POST}Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['a body longer than any message', `${POST}Content-Length: 65536\r\n\r\n`, 413],
    ['a chunk longer than any message', `${POST}Transfer-Encoding: chunked\r\n\r\n10000\r\n`, 413],
    ['chunks that are none', `${POST}Transfer-Encoding: chunked\r\n\r\nhello\r\n`, 400],
    ['a body that nobody wants', post(1).replace('/dns-query', '/x'), 404],
    ['a body of another type', post(1).replace('dns-message', 'json'), 415],
    ['a body behind GET', get(1, 'Content-Length: 5\r\n'), 400],
  ] as const) {
    test(`${what} gets ${status}, and the connection ends`, async (t) => {
      const { client } = await start(t)
      const response = await client.send(text).send(get(9)).last()
      assert.deepEqual([response.status, response.fields.get('connection')], [status, 'close'])
    })
  }
})

suite('a client that takes its time', () => {
  for (const [what, text] of [
    ['a head', 'GET /dns-query'],
    ['a body', `${POST}Content-Length: 12\r\n\r\nhello`],
    ['chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhe`],
  ] as const) {
    test(`over ${what} loses its connection, however steadily octets come`, async (t) => {
      const { rig, client } = await start(t)
      client.send(get(1) + text)
      await client.count(1)
      const { frameTimeout } = testLimits
      rig.advance(frameTimeout / 2)
      client.send('\n')
      await new Promise((resolve) => setTimeout(resolve, 20))
      rig.advance(frameTimeout / 2)
      await client.closed
      await until(() => rig.events.length === 2)
      assert.deepEqual(rig.events, ['opened', 'frame-timeout'])
    })
  }

  test('between queries is idle, and goes when its time is over', async (t) => {
    const { rig, client } = await start(t)
    await client.send(get(1)).count(1)
    rig.advance(testIdleTimes.idleTimeout - 1)
    await client.send(get(2)).count(2)
    rig.advance(testIdleTimes.idleTimeout - 1)
    await client.send(get(3)).count(3)
    rig.advance(testIdleTimes.idleTimeout)
    await client.closed
    await until(() => rig.events.length === 2)
    assert.deepEqual(rig.events, ['opened', 'idle'])
  })

  test('to read is not read from either, and is cut off', async (t) => {
    const { rig, client } = await start(t, {
      handle: (query) => {
        query.out.fill(0, query.outStart, query.outStart + 60_000)
        return 60_000
      },
      limits: { maxUnread: 262_144 },
    })
    client.socket.pause()
    client.send(Array.from({ length: 2_000 }, (_, i) => get(i)).join(''))
    await until(() => rig.table.held > 65_536)
    assert.ok(rig.table.held < 500_000, `${rig.table.held} octets held`)
    rig.advance(testLimits.writeTimeout)
    rig.advance(testLimits.writeTimeout)
    await until(() => rig.events.includes('unread'))
  })
})

test('a fault costs the connection that brought it to light, and no other', async (t) => {
  const { rig, client } = await start(t, {
    handle: (query) => {
      if (query.bytes[query.start + 1] === 13) throw new Error('thirteen')
      return echo(query)
    },
  })
  const other = new HttpClient(rig)
  await other.send(get(1)).count(1)
  await client.send(get(1) + get(13) + get(2)).closed
  assert.ok(rig.events.includes('fault'))
  await other.send(get(2)).count(2)
})
