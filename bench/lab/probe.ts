// Asks one question again and again over UDP until its right answer comes.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { makeQuery } from './message.ts'

const HEADER_LENGTH = 12
const NOERROR = 0

export interface ProbeOptions {
  readonly port: number
  /** Between two tries, in milliseconds. */
  readonly interval: number
  /** Gives up after so many milliseconds. */
  readonly timeout: number
  /** Whether an answer must hold a record; an echo holds none. */
  readonly needsRecord: boolean
  /** Ends the waiting early. */
  readonly abort: () => boolean
}

/** True when an answer came in time. */
export async function answers(options: ProbeOptions): Promise<boolean> {
  const socket = createSocket('udp4')
  const question = makeQuery('ready', 0x1d07)
  const deadline = performance.now() + options.timeout
  try {
    return await new Promise<boolean>((resolve) => {
      const timer = setInterval(() => {
        if (performance.now() > deadline || options.abort()) done(false)
        else socket.send(question, options.port, '127.0.0.1')
      }, options.interval)
      const done = (answered: boolean): void => {
        clearInterval(timer)
        resolve(answered)
      }
      socket.on('message', (message) => {
        const isAnswer = message.length >= HEADER_LENGTH && (message[2]! & 0x80) !== 0
        if (!isAnswer || (message[3]! & 0x0f) !== NOERROR) return
        if (!options.needsRecord || message.readUInt16BE(6) > 0) done(true)
      })
      socket.send(question, options.port, '127.0.0.1')
    })
  } finally {
    socket.close()
  }
}

/** One query over UDP, once. @throws Error when no answer comes within a second */
export async function ask(port: number, query: Uint8Array): Promise<Buffer> {
  const socket = createSocket('udp4')
  try {
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(1000) })
    socket.send(query, port, '127.0.0.1')
    const [answer] = (await answered) as [Buffer]
    return answer
  } finally {
    socket.close()
  }
}
