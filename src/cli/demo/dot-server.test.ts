import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { FrameReader } from '../../upstream/dot/frame-reader.ts'
import { OptionCode } from '../../wire/edns.ts'
import { Flag, Opcode, Rcode } from '../../wire/header.ts'
import { decodeMessage, type Edns, type Message } from '../../wire/codec/message.ts'
import { encodeMessage } from '../../wire/codec/message-encode.ts'
import { parseName } from '../../wire/text/name-text.ts'
import { RecordClass, RecordType } from '../../wire/record-type.ts'
import { issueServerCertificate } from './certificates.ts'
import { DotServer } from './dot-server.ts'
import { framed } from './frame.ts'
import { DemoWorld } from './world.ts'

const world = new DemoWorld(new Date())

const certificate = issueServerCertificate('dot.example.org', new Date())

const EDNS: Edns = { udpSize: 1232, version: 0, flags: 0, options: [] }
const WITH_PADDING = { ...EDNS, options: [{ code: OptionCode.Padding, data: new Uint8Array(0) }] }

/** Of the class CHAOS. */
const OTHER_CLASS = {
  name: parseName('www.demo.example') as Uint8Array,
  type: RecordType.A,
  class: RecordClass.CH,
}

function query(id: number, name: string, more: Partial<Message> = {}): Uint8Array {
  const question = {
    name: parseName(name) as Uint8Array,
    type: RecordType.A,
    class: RecordClass.IN,
  }
  return encodeMessage({
    id,
    flags: Flag.RD,
    opcode: Opcode.Query,
    rcode: Rcode.NoError,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns: EDNS,
    ...more,
  })
}

/** A server, and one connection to it. Disposing ends both. */
class Rig implements AsyncDisposable {
  readonly server: DotServer
  readonly socket: TLSSocket
  /** Messages that came back, in order. */
  readonly answers: Buffer[] = []
  readonly #reader = new FrameReader({
    sink: {
      onMessage: (bytes, start, length) => {
        this.answers.push(Buffer.from(bytes.subarray(start, start + length)))
        return true
      },
    },
  })

  private constructor(server: DotServer, socket: TLSSocket) {
    this.server = server
    this.socket = socket
    socket.on('data', (chunk) => void this.#reader.read(chunk, chunk.length))
    socket.on('error', () => {})
  }

  static async open(options: ConnectionOptions = {}): Promise<Rig> {
    const delays = new Map([['slow.demo.example.', 100]])
    const server = await DotServer.start({ world, certificate, delays })
    const socket = connect({
      host: '127.0.0.1',
      port: server.port,
      servername: 'dot.example.org',
      ca: certificate.ca,
      ALPNProtocols: ['dot'],
      ...options,
    })
    await once(socket, 'secureConnect')
    return new Rig(server, socket)
  }

  async ask(...queries: readonly Uint8Array[]): Promise<Message[]> {
    this.socket.write(Buffer.concat(queries.map(framed)))
    while (this.answers.length < queries.length) await once(this.socket, 'data')
    return this.answers.splice(0).map((bytes) => {
      const message = decodeMessage(bytes)
      if (typeof message === 'string') assert.fail(message)
      return message
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.server.close()
  }
}

suite('the DoT server of the demo', () => {
  test('agrees on TLS 1.3 and on ALPN "dot" (RFC 7858 §3.1)', async () => {
    await using rig = await Rig.open()
    await rig.ask(query(1, 'www.demo.example'))
    assert.deepEqual(rig.server.agreement, { protocol: 'TLSv1.3', alpn: 'dot' })
  })

  test('takes TLS 1.2, and clients without ALPN', async () => {
    await using rig = await Rig.open({ maxVersion: 'TLSv1.2', ALPNProtocols: [] })
    await rig.ask(query(1, 'www.demo.example'))
    assert.deepEqual(rig.server.agreement, { protocol: 'TLSv1.2', alpn: null })
  })

  test('answers queries of one write, the slow one last (RFC 7766 §6.2.1.1)', async () => {
    await using rig = await Rig.open()
    const names = ['slow.demo.example', 'www.demo.example', 'nobody.demo.example']
    const answers = await rig.ask(...names.map((name, i) => query(i, name)))
    assert.deepEqual(
      answers.map(({ id, rcode }) => [id, rcode]),
      [
        [1, Rcode.NoError],
        [2, Rcode.NXDomain],
        [0, Rcode.NoError],
      ],
    )
    assert.equal(rig.server.queriesFor('slow.demo.example.'), 1)
  })

  test('pads answers to 468 octets for those who pad (RFC 8467 §4.1)', async () => {
    await using rig = await Rig.open()
    rig.socket.write(framed(query(1, 'www.demo.example', { edns: WITH_PADDING })))
    await once(rig.socket, 'data')
    rig.socket.write(framed(query(2, 'www.demo.example')))
    await once(rig.socket, 'data')
    const [padded, plain] = rig.answers
    assert.equal(padded?.length, 468)
    assert.ok(plain!.length < 100)
  })

  test('sends no OPT to those who sent none (RFC 6891 §7)', async () => {
    await using rig = await Rig.open()
    const [answer] = await rig.ask(query(1, 'www.demo.example', { edns: null }))
    assert.equal(answer?.edns, null)
  })

  test('tells what it cannot do', async () => {
    await using rig = await Rig.open()
    const answers = await rig.ask(
      query(1, 'www.demo.example', { opcode: Opcode.Notify }),
      query(2, 'www.demo.example', { edns: { ...EDNS, version: 1 } }),
      query(3, 'www.demo.example', { questions: [] }),
      query(4, 'www.demo.example', { questions: [OTHER_CLASS] }),
    )
    assert.deepEqual(
      answers.map(({ rcode }) => rcode),
      [Rcode.NotImp, Rcode.BadVers, Rcode.FormErr, Rcode.Refused],
    )
  })

  test('ends a connection that carries no DNS', async () => {
    await using rig = await Rig.open()
    rig.socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'.padEnd(0x4745 + 2)))
    await once(rig.socket, 'close')
    assert.equal(rig.answers.length, 0)
  })
})
