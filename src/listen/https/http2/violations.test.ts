import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import {
  dataFrame,
  dnsQuery,
  fieldBlock,
  getFrame,
  hello,
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
import { echo, LateHandler, type Rig, until } from '../../../../test/support/stream-rig.ts'
import { ErrorCode, Flag, FrameType, Setting } from './protocol.ts'

async function start(
  context: TestContext,
  options: Partial<Http2RigOptions> = {},
): Promise<{ rig: Rig; client: RawClient }> {
  const rig = await startHttp2Rig(context, { handle: echo, ...options })
  return { rig, client: new RawClient(rig) }
}

suite('malformed requests cost their stream (RFC 9113 §8.1.1)', () => {
  const good = { ':method': 'GET', ':scheme': 'https', ':path': '/dns-query?dns=AAAA' }
  const heads: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'no method': { ':scheme': 'https', ':path': '/' },
    'no path': { ':method': 'GET', ':scheme': 'https' },
    'an empty path': { ...good, ':path': '' },
    'no scheme': { ':method': 'GET', ':path': '/' },
    'a field with a colon behind one without (§8.3)': { a: 'b', ...good },
    'an unknown field with a colon (§8.3)': { ...good, ':protocol': 'x' },
    'a field of answers (§8.3.2)': { ...good, ':status': '200' },
    'upper case (§8.2.1)': { ...good, 'X-a': 'b' },
    'a space in a name (§8.2.1)': { ...good, 'x a': 'b' },
    'a line feed in a value (§8.2.1)': { ...good, 'x-a': 'b\nc' },
    'a field of a connection (§8.2.2)': { ...good, connection: 'close' },
    'a transfer coding (§8.2.2)': { ...good, 'transfer-encoding': 'chunked' },
    'te with more than trailers (§8.2.2)': { ...good, te: 'gzip' },
    'a length that is no number': { ...good, 'content-length': '-1' },
    'a length and no body': { ...good, 'content-length': '5' },
  }
  for (const [name, fields] of Object.entries(heads)) {
    test(name, async (t) => {
      const { client } = await start(t)
      const flags = Flag.EndHeaders | Flag.EndStream
      client.begin(http2Frame(FrameType.Headers, flags, 1, fieldBlock(fields)), getFrame(3, 8))
      assert.equal(await client.resetOf(1), ErrorCode.ProtocolError)
      await until(() => client.ids.length === 1)
    })
  }

  const bodies: Readonly<Record<string, Buffer[]>> = {
    'a body longer than it says': [dataFrame(1, Buffer.alloc(18))],
    'a body shorter than it says': [dataFrame(1, Buffer.alloc(16))],
    'trailers that do not end it': [
      http2Frame(FrameType.Headers, Flag.EndHeaders, 1, fieldBlock({ a: 'b' })),
    ],
    'trailers with a colon': [
      http2Frame(
        FrameType.Headers,
        Flag.EndHeaders | Flag.EndStream,
        1,
        fieldBlock({ ':path': '/' }),
      ),
    ],
  }
  for (const [name, frames] of Object.entries(bodies)) {
    test(name, async (t) => {
      const { client } = await start(t)
      client.begin(postFrame(1, { 'content-length': '17' }), ...frames, getFrame(3, 8))
      assert.equal(await client.resetOf(1), ErrorCode.ProtocolError)
      await until(() => client.ids.length === 1)
    })
  }
})

suite('what breaks the rules of a connection ends it with GOAWAY and the right error', () => {
  const ping = (length: number, streamId = 0): Buffer =>
    http2Frame(FrameType.Ping, 0, streamId, Buffer.alloc(length))
  const openBlock = http2Frame(FrameType.Headers, Flag.EndStream, 1, '82')
  const cases: readonly (readonly [name: string, code: ErrorCode, ...frames: Buffer[]])[] = [
    ['DATA on stream 0 (§6.1)', ErrorCode.ProtocolError, dataFrame(0, dnsQuery(1))],
    ['DATA on an idle stream (§5.1)', ErrorCode.ProtocolError, dataFrame(1, dnsQuery(1))],
    [
      'more padding than frame (§6.1)',
      ErrorCode.ProtocolError,
      postFrame(1),
      http2Frame(0, Flag.Padded, 1, '0500'),
    ],
    [
      'a padded frame of nothing (§6.1)',
      ErrorCode.FrameSizeError,
      postFrame(1),
      http2Frame(0, Flag.Padded, 1),
    ],
    ['HEADERS on stream 0 (§6.2)', ErrorCode.ProtocolError, getFrame(0, 1)],
    ['HEADERS on an even stream (§5.1.1)', ErrorCode.ProtocolError, getFrame(2, 1)],
    [
      'HEADERS on a stream that has ended (§5.1)',
      ErrorCode.StreamClosed,
      getFrame(3, 1),
      getFrame(3, 1),
    ],
    [
      'a stream below one that was opened (§5.1.1)',
      ErrorCode.StreamClosed,
      getFrame(3, 1),
      getFrame(1, 1),
    ],
    [
      'a frame between HEADERS and CONTINUATION (§6.2)',
      ErrorCode.ProtocolError,
      openBlock,
      ping(8),
    ],
    [
      'CONTINUATION of another stream (§6.10)',
      ErrorCode.ProtocolError,
      openBlock,
      http2Frame(FrameType.Continuation, 4, 3),
    ],
    [
      'CONTINUATION of nothing (§6.10)',
      ErrorCode.ProtocolError,
      http2Frame(FrameType.Continuation, 4, 1),
    ],
    [
      'fields that cannot be decoded (§4.3)',
      ErrorCode.CompressionError,
      http2Frame(FrameType.Headers, 5, 1, '80'),
    ],
    [
      'PRIORITY of stream 0 (§6.3)',
      ErrorCode.ProtocolError,
      http2Frame(FrameType.Priority, 0, 0, '0000000000'),
    ],
    ['RST_STREAM of stream 0 (§6.4)', ErrorCode.ProtocolError, resetFrame(0)],
    ['RST_STREAM of an idle stream (§6.4)', ErrorCode.ProtocolError, resetFrame(1)],
    [
      'RST_STREAM of another length (§6.4)',
      ErrorCode.FrameSizeError,
      getFrame(1, 1),
      http2Frame(FrameType.RstStream, 0, 1, '00'),
    ],
    ['SETTINGS of a stream (§6.5)', ErrorCode.ProtocolError, http2Frame(FrameType.Settings, 0, 1)],
    [
      'SETTINGS of another length (§6.5)',
      ErrorCode.FrameSizeError,
      http2Frame(FrameType.Settings, 0, 0, '00'),
    ],
    [
      'an acknowledgement with content (§6.5)',
      ErrorCode.FrameSizeError,
      http2Frame(FrameType.Settings, Flag.Ack, 0, '000100000000'),
    ],
    [
      'push that is neither on nor off (§6.5.2)',
      ErrorCode.ProtocolError,
      settingsFrame([Setting.EnablePush, 2]),
    ],
    [
      'windows that are too large (§6.5.2)',
      ErrorCode.FlowControlError,
      settingsFrame([Setting.InitialWindowSize, 2 ** 31]),
    ],
    [
      'frames that are too small (§6.5.2)',
      ErrorCode.ProtocolError,
      settingsFrame([Setting.MaxFrameSize, 16_383]),
    ],
    [
      'frames that are too large (§6.5.2)',
      ErrorCode.ProtocolError,
      settingsFrame([Setting.MaxFrameSize, 2 ** 24]),
    ],
    [
      'a promise from a client (§8.4)',
      ErrorCode.ProtocolError,
      http2Frame(FrameType.PushPromise, 4, 1, '0000000282'),
    ],
    ['PING of a stream (§6.7)', ErrorCode.ProtocolError, ping(8, 1)],
    ['PING of another length (§6.7)', ErrorCode.FrameSizeError, ping(7)],
    [
      'GOAWAY of a stream (§6.8)',
      ErrorCode.ProtocolError,
      http2Frame(FrameType.Goaway, 0, 1, Buffer.alloc(8)),
    ],
    [
      'GOAWAY of another length (§6.8)',
      ErrorCode.FrameSizeError,
      http2Frame(FrameType.Goaway, 0, 0, '00'),
    ],
    ['an increment of nothing (§6.9)', ErrorCode.ProtocolError, windowUpdate(0, 0)],
    [
      'an increment of another length (§6.9)',
      ErrorCode.FrameSizeError,
      http2Frame(FrameType.WindowUpdate, 0, 0, '01'),
    ],
    ['a window above 2^31-1 (§6.9.1)', ErrorCode.FlowControlError, windowUpdate(0, 2 ** 31 - 1)],
    ['an increment for an idle stream (§5.1)', ErrorCode.ProtocolError, windowUpdate(1, 1)],
    [
      'a frame above 16,384 octets (§4.2)',
      ErrorCode.FrameSizeError,
      postFrame(1),
      dataFrame(1, Buffer.alloc(16_385)),
    ],
  ]
  for (const [name, code, ...frames] of cases) {
    test(name, async (t) => {
      const { rig, client } = await start(t)
      client.begin(...frames)
      await client.endsWith(code)
      assert.deepEqual(rig.events, ['opened', 'protocol'])
      await new GoodClient(rig, t).check(1)
    })
  }

  test('another frame before SETTINGS (§3.4)', async (t) => {
    const { client } = await start(t)
    client.send(hello().subarray(0, 24), ping(8))
    await client.endsWith(ErrorCode.ProtocolError)
  })

  test('another protocol (§3.4)', async (t) => {
    const { client } = await start(t)
    client.send(Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'))
    await client.endsWith(ErrorCode.ProtocolError)
  })
})

suite('smaller faults cost their stream', () => {
  test('PRIORITY of another length (§6.3)', async (t) => {
    const { client } = await start(t)
    const priority = http2Frame(FrameType.Priority, 0, 1, '00')
    client.begin(getFrame(1, 2), priority, getFrame(3, 1))
    assert.equal(await client.resetOf(1), ErrorCode.FrameSizeError)
    await until(() => client.ids.length === 2)
  })

  test('DATA on a stream that has ended (§5.1)', async (t) => {
    const { client } = await start(t)
    client.begin(getFrame(1, 1), dataFrame(1, dnsQuery(1)))
    assert.equal(await client.resetOf(1), ErrorCode.StreamClosed)
  })

  test('a body larger than its window (§6.9.1)', async (t) => {
    const { client } = await start(t)
    client.begin(postFrame(1))
    for (let i = 0; i < 5; i++) client.send(dataFrame(1, Buffer.alloc(16_384), false))
    assert.equal(await client.resetOf(1), ErrorCode.FlowControlError)
  })

  test('an increment of nothing, and one that is too large (§6.9)', async (t) => {
    const late = new LateHandler()
    const { client } = await start(t, { handle: (query) => late.handle(query) })
    client.begin(getFrame(1, 1), windowUpdate(1, 0), getFrame(3, 1), windowUpdate(3, 2 ** 31 - 1))
    assert.equal(await client.resetOf(1), ErrorCode.ProtocolError)
    assert.equal(await client.resetOf(3), ErrorCode.FlowControlError)
  })

  test('more requests at once than there may be are turned away, to be made again (§5.1.2)', async (t) => {
    const late = new LateHandler()
    const handle = late.handle.bind(late)
    const { client } = await start(t, { handle, limits: { maxInFlight: 2 } })
    client.begin(getFrame(1, 1), getFrame(3, 2), getFrame(5, 3))
    assert.equal(await client.resetOf(5), ErrorCode.RefusedStream)
    const [settings] = client.of(FrameType.Settings)
    assert.equal(settings!.payload.readUInt32BE(2), 2)
    late.answerNext()
    client.send(getFrame(7, 4))
    await until(() => late.waiting.length === 2)
  })
})
