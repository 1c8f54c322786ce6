import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import {
  dataFrame,
  dnsQuery,
  fieldBlock,
  getFrame,
  hello,
  http2Frame,
  POST_HEAD,
  postFrame,
  resetFrame,
  settingsFrame,
  windowUpdate,
} from '../../../../test/support/http2-frames.ts'
import {
  GoodClient,
  type Http2RigOptions,
  RawClient,
  startHttp2Rig,
} from '../../../../test/support/http2-rig.ts'
import {
  echo,
  LateHandler,
  type Rig,
  testLimits,
  until,
} from '../../../../test/support/stream-rig.ts'
import { Handled } from '../../../pipeline/query.ts'
import { ErrorCode, Flag, FrameType, Setting } from './protocol.ts'

async function start(
  context: TestContext,
  options: Partial<Http2RigOptions> = {},
): Promise<{ rig: Rig; client: RawClient }> {
  const rig = await startHttp2Rig(context, { handle: echo, ...options })
  return { rig, client: new RawClient(rig) }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

suite('requests (RFC 9113 §8.1)', () => {
  test('GET and POST are answered, each on its stream', async (t) => {
    const rig = await startHttp2Rig(t, { handle: echo })
    const client = new GoodClient(rig, t)
    await Promise.all(range(200).map((id) => client.check(id)))
  })

  test('are answered in any order', async (t) => {
    const late = new LateHandler()
    const { client } = await start(t, { handle: (query) => late.handle(query) })
    client.begin(...range(5).map((i) => getFrame(2 * i + 1, i)))
    await until(() => late.waiting.length === 5)
    late.waiting.reverse()
    while (late.waiting.length > 0) late.answerNext()
    await until(() => client.ids.length === 5)
    assert.deepEqual(client.ids, [4, 3, 2, 1, 0])
  })

  test('of one turn get one write for all their answers', async (t) => {
    const { client } = await start(t)
    let pieces = 0
    client.socket.on('data', () => pieces++)
    client.begin(...range(50).map((i) => getFrame(2 * i + 1, i)))
    await until(() => client.ids.length === 50)
    assert.equal(pieces, 1)
  })

  test('may come octet by octet', async (t) => {
    const { client } = await start(t)
    for (const octet of Buffer.concat([hello(), postFrame(1), dataFrame(1, dnsQuery(7))])) {
      client.socket.write(Uint8Array.of(octet))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => client.ids.length === 1)
    assert.deepEqual(client.ids, [7])
  })

  test('may have a body in pieces, with padding, and trailers', async (t) => {
    const { client } = await start(t)
    const message = dnsQuery(300, 500)
    client.begin(
      postFrame(1, { 'content-length': '500' }),
      http2Frame(
        FrameType.Data,
        Flag.Padded,
        1,
        Buffer.concat([Buffer.of(9), message.subarray(0, 99), Buffer.alloc(9)]),
      ),
      dataFrame(1, Buffer.alloc(0), false),
      dataFrame(1, message.subarray(99), false),
      http2Frame(
        FrameType.Headers,
        Flag.EndHeaders | Flag.EndStream,
        1,
        fieldBlock({ 'x-sum': '1' }),
      ),
    )
    await until(() => client.ids.length === 1)
    assert.deepEqual(client.of(FrameType.Data)[0]!.payload, message)
  })

  test('may have headers in pieces, padded and with a priority (§6.2, §6.10)', async (t) => {
    const { client } = await start(t)
    const whole = getFrame(1, 9).subarray(9)
    const first = Buffer.concat([
      Buffer.of(4),
      Buffer.alloc(5),
      whole.subarray(0, 10),
      Buffer.alloc(4),
    ])
    const flags = Flag.EndStream | Flag.Padded | Flag.Priority
    client.begin(
      http2Frame(FrameType.Headers, flags, 1, first),
      http2Frame(FrameType.Continuation, 0, 1, whole.subarray(10, 11)),
      http2Frame(FrameType.Continuation, Flag.EndHeaders, 1, whole.subarray(11)),
    )
    await until(() => client.ids.length === 1)
    assert.deepEqual(client.ids, [9])
  })

  test('GET with a body is answered when the body has ended', async (t) => {
    const { client } = await start(t)
    client.begin(getFrame(1, 3, Flag.EndHeaders), dataFrame(1, Buffer.alloc(10), false))
    client.send(getFrame(3, 4))
    await until(() => client.ids.length === 1)
    client.send(dataFrame(1, Buffer.alloc(10)))
    await until(() => client.ids.length === 2)
    assert.deepEqual(client.ids, [4, 3])
  })

  test('with the largest message, or an answer of that size, pass', async (t) => {
    const rig = await startHttp2Rig(t, { handle: echo })
    const client = new GoodClient(rig, t)
    const { body } = await client.post(dnsQuery(5, 65_535))
    assert.equal(body.length, 65_535)
    const { body: other } = await client.get(dnsQuery(6, 10_000))
    assert.equal(other.length, 10_000)
  })

  test('that hold no query are refused in words, and the connection goes on', async (t) => {
    const { client } = await start(t)
    const refusals: [number, string, Record<string, string>][] = [
      [404, 'other path', { ...POST_HEAD, ':path': '/' }],
      [405, 'other method', { ...POST_HEAD, ':method': 'PUT' }],
      [415, 'other type', { ...POST_HEAD, 'content-type': 'text/plain' }],
      [400, 'no body', { ...POST_HEAD }],
      [431, 'too much', { ...POST_HEAD, 'x-a': 'a'.repeat(16_200) }],
    ]
    client.begin()
    for (const [i, [, , fields]] of refusals.entries()) {
      const flags = Flag.EndHeaders | Flag.EndStream
      client.send(http2Frame(FrameType.Headers, flags, 2 * i + 1, fieldBlock(fields)))
    }
    await until(() => client.of(FrameType.Data).length === refusals.length)
    for (const [i, [status, name]] of refusals.entries()) {
      const [head] = client.of(FrameType.Headers, 2 * i + 1)
      assert.ok(head!.payload.includes(`\x03${status}`), name)
      assert.match(client.of(FrameType.Data, 2 * i + 1)[0]!.payload.toString(), /^[A-Z].*\n$/)
    }
  })

  test('longer than a message may be are told so at once, and their stream ends', async (t) => {
    const { client } = await start(t)
    client.begin(postFrame(1, { 'content-length': '65536' }))
    assert.equal(await client.resetOf(1), ErrorCode.NoError)
    assert.ok(client.of(FrameType.Headers, 1)[0]!.payload.includes('\x03413'))
    // What was on its way is passed over.
    client.send(dataFrame(1, Buffer.alloc(100), false), getFrame(3, 5))
    await until(() => client.of(FrameType.Data, 3).length === 1)
    assert.equal(client.of(FrameType.RstStream).length, 1)
  })

  test('that the handler drops are told so', async (t) => {
    const late = new LateHandler()
    const handle = (query: Parameters<typeof echo>[0]): number =>
      query.bytes[query.start + 1] === 1 ? Handled.Dropped : late.handle(query)
    const { client } = await start(t, { handle })
    client.begin(getFrame(1, 1), getFrame(3, 2))
    await until(() => late.waiting.length === 1)
    late.waiting.shift()!.path.commit(0)
    await until(() => client.of(FrameType.Headers).length === 2)
    for (const { payload } of client.of(FrameType.Headers)) assert.ok(payload.includes('\x03429'))
  })

  test('see only their own connection end when they make the handler throw', async (t) => {
    const handle = (query: Parameters<typeof echo>[0]): number => {
      if (query.bytes[query.start + 1] === 13) throw new Error('a fault')
      return echo(query)
    }
    const { rig, client } = await start(t, { handle })
    const good = new GoodClient(rig, t)
    await good.check(1)
    client.begin(getFrame(1, 13))
    await client.closed
    await good.check(2)
    assert.ok(rig.events.includes('Error: a fault'))
    assert.ok(rig.events.includes('fault'))
  })
})

suite('windows (RFC 9113 §6.9)', () => {
  const large = (query: Parameters<typeof echo>[0]): number => {
    echo(query)
    return 40_000
  }

  test('of the connection hold answers back, and let them go on', async (t) => {
    const { client } = await start(t, { handle: large })
    client.begin(getFrame(1, 1), getFrame(3, 2))
    await until(() => client.octets(1) === 40_000 && client.octets(3) === 25_535)
    client.send(windowUpdate(0, 10))
    await until(() => client.octets(3) === 25_545)
    client.send(windowUpdate(0, 20_000))
    await until(() => client.octets(3) === 40_000)
    assert.equal(client.of(FrameType.Data, 3).at(-1)!.flags, Flag.EndStream)
  })

  test('of a stream begin as SETTINGS say, and may become negative (§6.9.2)', async (t) => {
    const { client } = await start(t, { handle: large })
    client.send(hello([Setting.InitialWindowSize, 100]), getFrame(1, 1))
    await until(() => client.octets(1) === 100)
    client.send(settingsFrame([Setting.InitialWindowSize, 0]), windowUpdate(1, 50))
    await until(() => client.of(FrameType.Settings).length === 3)
    assert.equal(client.octets(1), 100)
    client.send(windowUpdate(1, 60))
    await until(() => client.octets(1) === 110)
    client.send(settingsFrame([Setting.InitialWindowSize, 65_535]))
    await until(() => client.octets(1) === 40_000)
  })

  test('for bodies are given back', async (t) => {
    const { client } = await start(t)
    client.begin()
    for (let i = 0; i < 10; i++) {
      client.send(postFrame(2 * i + 1))
      for (let sent = 0; sent < 60_000; sent += 15_000) {
        client.send(dataFrame(2 * i + 1, Buffer.alloc(15_000), sent === 45_000))
      }
      client.send(windowUpdate(0, 60_000))
      await until(() => client.octets(2 * i + 1) === 60_000)
    }
    assert.ok(client.of(FrameType.WindowUpdate).length >= 10)
  })
})

suite('the end of a connection', () => {
  test('does not come to a client that has had no time to begin', async (t) => {
    const { rig, client } = await start(t)
    await until(() => rig.table.size === 1)
    rig.advance(testLimits.frameTimeout)
    client.begin(getFrame(1, 1))
    await until(() => client.ids.length === 1)
    assert.equal(client.of(FrameType.Goaway).length, 0)
  })

  test('comes behind our SETTINGS, also for a client that says nothing (§3.4)', async (t) => {
    const { rig, client } = await start(t)
    await until(() => rig.table.size === 1)
    rig.listener.stop()
    await client.endsWith(ErrorCode.NoError)
    assert.deepEqual(
      client.frames.map(({ type }) => type),
      [FrameType.Settings, FrameType.Goaway],
    )
  })

  test('answers what was asked before GOAWAY, and not what comes behind it (§6.8)', async (t) => {
    const late = new LateHandler()
    const { rig, client } = await start(t, { handle: (query) => late.handle(query) })
    client.begin(getFrame(1, 1), postFrame(3))
    await until(() => late.waiting.length === 1)
    rig.listener.stop()
    await until(() => client.of(FrameType.Goaway).length === 1)
    client.send(getFrame(5, 3), dataFrame(3, dnsQuery(2)))
    await until(() => late.waiting.length === 2)
    while (late.waiting.length > 0) late.answerNext()
    assert.deepEqual(await client.goaway(), { code: ErrorCode.NoError, lastId: 3 })
    assert.deepEqual(client.ids, [1, 2])
    assert.deepEqual(rig.events, ['opened', 'shutdown'])
  })

  test('comes with the idle time-out, which PING does not put off', async (t) => {
    const { rig, client } = await start(t)
    client.begin(getFrame(1, 1))
    await until(() => client.ids.length === 1)
    for (let i = 0; i < 5; i++) {
      rig.advance(2_500)
      client.send(http2Frame(FrameType.Ping, 0, 0, Buffer.alloc(8)))
      await until(() => client.ended || client.of(FrameType.Ping).length === i + 1)
    }
    await client.endsWith(ErrorCode.NoError)
    assert.deepEqual(rig.events, ['opened', 'idle'])
  })

  test('does not come while a query is under way', async (t) => {
    const late = new LateHandler()
    const { rig, client } = await start(t, { handle: (query) => late.handle(query) })
    client.begin(getFrame(1, 1))
    await until(() => late.waiting.length === 1)
    rig.advance(60_000)
    late.answerNext()
    await until(() => client.ids.length === 1)
    assert.equal(client.ended, false)
  })

  test('comes when a frame, or a field block, is begun and not ended', async (t) => {
    const open = http2Frame(FrameType.Headers, Flag.EndStream, 1, '82')
    for (const octets of [getFrame(1, 1).subarray(0, 20), open]) {
      const { rig, client } = await start(t)
      client.begin(octets)
      await until(() => client.of(FrameType.Settings).length === 2)
      rig.advance(testLimits.frameTimeout)
      await client.endsWith(ErrorCode.NoError)
      assert.deepEqual(rig.events, ['opened', 'frame-timeout'])
    }
  })

  test('is not needed for a body that does not come: its stream is given up', async (t) => {
    const { rig, client } = await start(t)
    client.begin(postFrame(1), dataFrame(1, Buffer.alloc(5), false))
    await until(() => client.of(FrameType.Settings).length === 2)
    rig.advance(testLimits.frameTimeout)
    assert.equal(await client.resetOf(1), ErrorCode.Cancel)
    client.send(getFrame(3, 4))
    await until(() => client.ids.length === 1)
  })

  test('leaves late answers without anybody, and its place free', async (t) => {
    const late = new LateHandler()
    const { rig, client } = await start(t, { handle: (query) => late.handle(query) })
    client.begin(getFrame(1, 1), getFrame(3, 2), resetFrame(1))
    await until(() => late.waiting.length === 2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(late.answerNext(), false)
    client.socket.resetAndDestroy()
    await until(() => rig.table.size === 0)
    assert.equal(late.answerNext(), false)
    assert.deepEqual(rig.events, ['opened', 'client'])
  })
})
