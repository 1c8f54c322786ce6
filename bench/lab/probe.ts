// Asks one question again and again over UDP until its right answer comes.

import { createSocket } from 'node:dgram'

import { ZONE } from './upstream.ts'

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
  const question = aQuery(`ready.${ZONE}`)
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

/** A query for the A record of a name, recursion desired (RFC 1035 §4.1). */
function aQuery(name: string): Buffer {
  const parts = [Buffer.from([0x1d, 0x07, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0])]
  for (const label of name.split('.')) {
    parts.push(Buffer.from([label.length]), Buffer.from(label, 'ascii'))
  }
  parts.push(Buffer.from([0, 0, 1, 0, 1]))
  return Buffer.concat(parts)
}
