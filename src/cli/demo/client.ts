// Asks one question as a client would, over UDP or TCP, and takes the time.

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { FrameReader } from '../../upstream/dot/frame-reader.ts'
import { UDP_PAYLOAD_SIZE } from '../../wire/edns.ts'
import { Flag, Opcode, Rcode } from '../../wire/header.ts'
import { decodeMessage, type Message, type Question } from '../../wire/codec/message.ts'
import { encodeMessage } from '../../wire/codec/message-encode.ts'
import { framed } from './frame.ts'

/** Milliseconds that a client waits. */
const PATIENCE = 5_000

export type Transport = 'UDP' | 'TCP'

export interface Server {
  readonly host: string
  readonly port: number
}

export interface Reply {
  /** Null when nothing came that answers the question. */
  readonly message: Message | null
  /** From the first octet sent, or the connection begun, to the whole answer. */
  readonly ms: number
}

/**
 * The promise never rejects.
 * @param checkingDisabled whether data are wanted as they came, proven or not (RFC 4035 §3.2.2)
 */
export async function ask(
  server: Server,
  transport: Transport,
  question: Question,
  checkingDisabled = false,
): Promise<Reply> {
  const id = randomInt(0x1_0000)
  const query = queryFor(id, question, checkingDisabled ? Flag.CD : 0)
  const exchange = transport === 'UDP' ? overUdp : overTcp
  const begun = performance.now()
  const bytes = await exchange(server, query)
  const ms = performance.now() - begun
  const message = bytes === null ? null : decodeMessage(bytes)
  const isAnswer =
    message !== null &&
    typeof message !== 'string' &&
    message.id === id &&
    (message.flags & Flag.QR) !== 0
  return { message: isAnswer ? message : null, ms }
}

/** Asks to be told whether the answer was proven (RFC 6840 §5.7). */
function queryFor(id: number, question: Question, flags: number): Uint8Array {
  return encodeMessage({
    id,
    flags: Flag.RD | Flag.AD | flags,
    opcode: Opcode.Query,
    rcode: Rcode.NoError,
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns: { udpSize: UDP_PAYLOAD_SIZE, version: 0, flags: 0, options: [] },
  })
}

/** @returns the first datagram from the server; null when none comes */
function overUdp({ host, port }: Server, query: Uint8Array): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    const end = (answer: Uint8Array | null): void => {
      clearTimeout(patience)
      resolve(answer)
      socket.close()
    }
    const patience = setTimeout(() => end(null), PATIENCE)
    socket.once('message', end)
    socket.once('error', () => end(null))
    // Connected, so that the kernel takes datagrams from this server alone.
    socket.connect(port, host, () => socket.send(query))
  })
}

/** @returns the first message on a connection of its own; null when none comes */
function overTcp({ host, port }: Server, query: Uint8Array): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true })
    const reader = new FrameReader({
      sink: {
        onMessage(bytes, start, length) {
          resolve(bytes.slice(start, start + length))
          socket.destroy()
          return false
        },
      },
    })
    socket.setTimeout(PATIENCE, () => socket.destroy())
    socket.on('connect', () => socket.write(framed(query)))
    socket.on('data', (chunk) => {
      if (!reader.read(chunk, chunk.length)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(null))
  })
}
