import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import {
  dataFrame,
  fieldBlock,
  getFrame,
  hello,
  hpackString,
  http2Frame,
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
  message,
  type Rig,
  testLimits,
  until,
} from '../../../../test/support/stream-rig.ts'
import { Handled, type Query } from '../../../pipeline/query.ts'
import { ErrorCode, Flag, FrameType, Setting } from './protocol.ts'

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const isGood = (query: Query): boolean => query.bytes[query.start] === 0x77

/** The ID of a query of the good client. */
const GOOD = 0x7700

/**
 * Lets a hostile client at a door while another asks, again and again, and must get its answers.
 * @param attack resolves when the hostile client has lost its connection, or has done its worst
 */
async function besides(
  t: TestContext,
  options: Partial<Http2RigOptions>,
  attack: (rig: Rig, client: RawClient) => Promise<void>,
): Promise<Rig> {
  const handle = options.handle ?? echo
  const rig = await startHttp2Rig(t, {
    ...options,
    handle: (query) => (isGood(query) ? echo(query) : handle(query)),
  })
  const good = new GoodClient(rig, t)
  await good.check(GOOD)
  const hostile = new RawClient(rig)
  const attacked = { over: false }
  const attacking = attack(rig, hostile).finally(() => {
    attacked.over = true
  })
  let asked = 0
  while (!attacked.over) await good.check(GOOD + (asked++ & 0xff))
  await attacking
  hostile.socket.destroy()
  await good.check(GOOD)
  return rig
}

/** Sends frames until the connection has ended. */
async function flood(client: RawClient, frames: (turn: number) => Buffer): Promise<void> {
  client.begin()
  for (let turn = 0; !client.ended; turn++) {
    assert.ok(turn < 10_000, 'the flood is not stopped')
    client.send(frames(turn))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await client.endsWith(ErrorCode.EnhanceYourCalm)
}

function floods(name: string, frames: (turn: number) => Buffer, handle = echo): void {
  test(name, async (t) => {
    const rig = await besides(t, { handle }, (_, client) => flood(client, frames))
    assert.ok(rig.events.includes('nuisance'))
  })
}

floods(
  'rapid reset of queries under way (CVE-2023-44487)',
  (turn) => {
    const id = 2 * turn + 1
    return Buffer.concat([getFrame(id, 1), resetFrame(id)])
  },
  (query) => {
    query.origin.detach(query)
    return Handled.Later
  },
)

floods('rapid reset of queries that are answered at once', (turn) => {
  const id = 2 * turn + 1
  return Buffer.concat([getFrame(id, 1), resetFrame(id)])
})

floods('streams that we are made to reset (CVE-2025-8671)', (turn) => {
  const id = 2 * turn + 1
  return Buffer.concat([postFrame(id), windowUpdate(id, 0)])
})

floods('malformed requests without end', (turn) =>
  http2Frame(FrameType.Headers, 5, 2 * turn + 1, fieldBlock({ ':method': 'GET' })),
)

floods('PING without end (CVE-2019-9512)', () =>
  Buffer.concat(range(50).map(() => http2Frame(FrameType.Ping, 0, 0, Buffer.alloc(8)))),
)

floods('SETTINGS without end (CVE-2019-9515)', () =>
  Buffer.concat(range(50).map(() => settingsFrame([Setting.InitialWindowSize, 5]))),
)

floods('PRIORITY without end, of what depends on itself (CVE-2019-9513)', () =>
  http2Frame(FrameType.Priority, 0, 1, '0000000101'),
)

floods('empty DATA without end (CVE-2019-9518)', (turn) =>
  Buffer.concat([
    turn === 0 ? postFrame(1) : Buffer.alloc(0),
    dataFrame(1, Buffer.alloc(0), false),
  ]),
)

floods('padding and nothing else, without end', (turn) => {
  const padding = Buffer.concat([Buffer.of(200), Buffer.alloc(200)])
  const frame = http2Frame(FrameType.Data, Flag.Padded, 2 * turn + 1, padding)
  return Buffer.concat([postFrame(2 * turn + 1), frame, frame, resetFrame(2 * turn + 1)])
})

floods('window updates without end', () => windowUpdate(0, 1))

floods('frames of unknown types without end', () => http2Frame(0xbe, 0, 0, 'ef'))

floods('requests that hold no query, without end', (turn) =>
  getFrame(2 * turn + 1, 1).fill(0, 30, 31),
)

floods('empty CONTINUATION without end (CVE-2024-27316)', (turn) =>
  turn === 0
    ? http2Frame(FrameType.Headers, Flag.EndStream, 1, '82')
    : http2Frame(FrameType.Continuation, 0, 1),
)

floods('CONTINUATION with fields without end (CVE-2024-27316)', (turn) => {
  const fields = fieldBlock({ 'x-a': 'a'.repeat(1_000) })
  return turn === 0
    ? http2Frame(FrameType.Headers, Flag.EndStream, 1, fields)
    : http2Frame(FrameType.Continuation, 0, 1, fields)
})

test('HPACK bombs: a few octets that stand for many', async (t) => {
  await besides(t, {}, async (_, client) => {
    const large = Buffer.concat([Buffer.of(0x40), hpackString('x'), hpackString('y'.repeat(4_000))])
    client.begin(
      http2Frame(FrameType.Headers, 5, 1, large),
      http2Frame(FrameType.Headers, 5, 3, Buffer.alloc(16_000, 0xbe)),
    )
    await client.endsWith(ErrorCode.CompressionError)
  })
})

test('headers above the bound: the request is refused, the connection goes on', async (t) => {
  await besides(t, {}, async (_, client) => {
    client.begin()
    for (const id of [1, 3, 5]) {
      const block = Buffer.concat([
        getFrame(1, 1).subarray(9),
        fieldBlock(Object.fromEntries(range(300).map((i) => [`x-${i}`, 'a'.repeat(30)]))),
      ])
      client.send(http2Frame(FrameType.Headers, 5, id, block))
      await until(() => client.of(FrameType.Data, id).length === 1)
      assert.ok(client.of(FrameType.Headers, id)[0]!.payload.includes('\x03431'))
    }
    client.send(getFrame(7, 4))
    await until(() => client.of(FrameType.Data, 7).length === 1)
  })
})

test('more streams than there may be: none is asked beyond the bound, and resets free no place', async (t) => {
  let asked = 0
  const handle = (query: Query): number => {
    asked++
    query.origin.detach(query)
    return Handled.Later
  }
  await besides(t, { handle, limits: { maxInFlight: 10 } }, async (_, client) => {
    client.begin()
    for (let i = 0; i < 100; i++) client.send(getFrame(2 * i + 1, 1), resetFrame(2 * i + 1))
    await until(() => client.of(FrameType.RstStream).length === 90)
  })
  assert.equal(asked, 10)
})

test('a closed window: answers that wait are bounded in octets, and in time', async (t) => {
  const late = new LateHandler()
  const limits = { maxUnread: 300_000 }
  const handle = late.handle.bind(late)
  const rig = await besides(t, { handle, limits }, async (rigged, client) => {
    client.send(
      hello([Setting.InitialWindowSize, 0]),
      ...range(20).map((i) => getFrame(2 * i + 1, 1)),
    )
    await until(() => late.waiting.length === 20)
    while (late.waiting.length > 0 && late.answerNext(60_000));
    await until(() => rigged.events.includes('unread'))
    assert.ok(late.waiting.length >= 14)
    for (const { path } of late.waiting.splice(0)) path.commit(0)
  })
  const slow = new RawClient(rig)
  slow.send(hello([Setting.InitialWindowSize, 0]), getFrame(1, 1))
  await until(() => late.waiting.length === 1)
  late.answerNext()
  await until(() => slow.of(FrameType.Headers).length === 1)
  rig.advance(testLimits.writeTimeout - 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(slow.ended, false)
  rig.advance(1)
  await slow.closed
  assert.equal(rig.events.filter((event) => event === 'unread').length, 2)
})

test('a window opened octet by octet does not put off the time-out', async (t) => {
  const limits = { writeTimeout: 3_000 }
  await besides(t, { limits }, async (rig, client) => {
    client.send(hello([Setting.InitialWindowSize, 0]), getFrame(1, 1))
    for (let i = 0; i < 10; i++) {
      client.send(windowUpdate(1, 1))
      await until(() => client.octets(1) === i + 1)
      rig.advance(limits.writeTimeout / 10)
    }
    await client.closed
    assert.ok(rig.events.includes('unread'))
  })
})

test('a client that sends on after the end of its connection is cut off', async (t) => {
  await besides(t, {}, async (rig) => {
    const client = new RawClient(rig, false)
    client.begin(dataFrame(0, Buffer.alloc(1)))
    const more = Buffer.alloc(65_536)
    for (let i = 0; i < 256 && !rig.events.includes('protocol'); i++) {
      await new Promise<void>((resolve) => client.socket.write(more, () => resolve()))
    }
    await until(() => rig.events.includes('protocol'))
  })
})

test('a client that does not read is read no further, and cut off in time', async (t) => {
  let asked = 0
  const handle = (query: Query): number => {
    asked++
    echo(query)
    return 60_000
  }
  const limits = { writeTimeout: 3_000 }
  await besides(t, { handle, limits }, async (rig) => {
    const client = new RawClient(rig, false)
    client.send(hello([Setting.InitialWindowSize, 2 ** 31 - 1]), windowUpdate(0, 2 ** 31 - 65_536))
    for (let i = 0; i < 3_000; i++) client.send(getFrame(2 * i + 1, 1))
    let before = -1
    while (before !== asked) {
      before = asked
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.ok(asked < 1_000, `took ${asked} queries`)
    rig.advance(limits.writeTimeout)
    await until(() => rig.events.includes('unread'))
    client.socket.destroy()
  })
})

test('a client that lets late answers pile up is reset', async (t) => {
  const late = new LateHandler()
  const handle = late.handle.bind(late)
  await besides(t, { handle }, async (rig) => {
    const client = new RawClient(rig, false)
    client.send(hello([Setting.InitialWindowSize, 2 ** 31 - 1]), windowUpdate(0, 2 ** 31 - 65_536))
    client.send(...range(200).map((i) => getFrame(2 * i + 1, 1)))
    await until(() => late.waiting.length === 200)
    let sent = 0
    while (late.waiting.length > 0 && late.answerNext(65_535)) sent++
    assert.ok(sent < 200)
    await until(() => rig.events.includes('unread'))
    client.socket.destroy()
  })
})

test('many bodies begun and not ended hold a bounded number of octets', async (t) => {
  await besides(t, {}, async (rig, client) => {
    client.begin()
    for (let i = 0; i < 100; i++) {
      client.send(postFrame(2 * i + 1), dataFrame(2 * i + 1, Buffer.alloc(10_000), false))
    }
    await until(() => client.of(FrameType.RstStream).length > 10 || client.ended)
    assert.ok(rig.table.held < 400_000, `${rig.table.held}`)
    assert.equal((await client.resetOf(27)) >= 0, true)
  })
})

test('bodies, and headers, of an octet now and then end in time', async (t) => {
  const limits = { frameTimeout: 1_000 }
  const rig = await besides(t, { limits }, async (rigged, client) => {
    client.begin(postFrame(1))
    for (let i = 0; i < 10; i++) {
      client.send(dataFrame(1, Buffer.of(0), false))
      await new Promise((resolve) => setTimeout(resolve, 5))
      rigged.advance(limits.frameTimeout / 10)
    }
    assert.equal(await client.resetOf(1), ErrorCode.Cancel)
    for (const octet of getFrame(3, 1).subarray(0, 12)) {
      client.send(Uint8Array.of(octet))
      await new Promise((resolve) => setTimeout(resolve, 5))
      rigged.advance(limits.frameTimeout / 10)
    }
    await client.closed
  })
  assert.ok(rig.events.includes('frame-timeout'))
})

test('answers reach only the client, and the stream, that asked', async (t) => {
  const late = new LateHandler()
  const rig = await startHttp2Rig(t, { handle: (query) => late.handle(query) })
  const clients = range(4).map(() => new RawClient(rig))
  for (const [i, client] of clients.entries()) {
    client.begin(...range(50).map((k) => getFrame(2 * k + 1, 100 * i + k)))
  }
  await until(() => late.waiting.length === 200)
  // Every third is given up, and its object must not serve another before its answer came.
  for (const client of clients) {
    for (let k = 0; k < 50; k += 3)
      client.send(resetFrame(2 * k + 1), getFrame(201 + 2 * k, 60_000 + k))
  }
  await until(() => late.waiting.length === 268)
  late.waiting.sort((a, b) => ((a.id * 7919) % 1009) - ((b.id * 7919) % 1009))
  while (late.waiting.length > 0) late.answerNext()
  await until(() => clients.every((client) => client.ids.length === 50))
  for (const [i, client] of clients.entries()) {
    for (const { streamId, payload } of client.of(FrameType.Data)) {
      const expected = streamId > 200 ? 60_000 + (streamId - 201) / 2 : 100 * i + (streamId - 1) / 2
      assert.deepEqual(payload, message(expected))
    }
  }
})

test('outlives any frames at all', async (t) => {
  const rig = await startHttp2Rig(t, { handle: echo })
  const frame = fc.record({
    type: fc.integer({ min: 0, max: 11 }),
    flags: fc.constantFrom(0, 1, 4, 5, 8, 13, 32, 37, 45, 255),
    streamId: fc.integer({ min: 0, max: 9 }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(...[getFrame(1, 1), postFrame(1)].map((octets) => octets.subarray(9))),
    ),
  })
  for (const frames of fc.sample(fc.array(frame, { maxLength: 40 }), 100)) {
    const client = new RawClient(rig).begin()
    const octets = frames.map((one) => http2Frame(one.type, one.flags, one.streamId, one.payload))
    client.socket.end(Buffer.concat(octets))
    await client.closed
  }
  await new GoodClient(rig, t).check(1)
})
