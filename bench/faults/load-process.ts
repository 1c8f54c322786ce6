// The load, in a process of its own: questions leave by a schedule that no answer and no silence
// changes, and the time of an answer counts from the moment its question was due, so that nothing
// is hidden when the load itself is held up.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { serveParent } from '../lab/child.ts'
import { now } from '../lab/clock.ts'
import { judge, makeQuery, Outcome } from '../lab/message.ts'
import type { LoadJob, LoadRecord } from './load.ts'

/** For each port. */
const SOCKETS = 8
const HEADER = 12
const IDS = 65_536

/** Digits of a name's number, base 36. */
const DIGITS = 5

class Run {
  readonly #job: LoadJob
  readonly #queries: Buffer[]
  /** By turn: all ports once, then the next socket of each. */
  readonly #sockets: Socket[] = []
  readonly #answeredAt: Float64Array
  readonly #askedAt: Float64Array
  readonly #outcome: Uint8Array
  #asked = 0
  #answered = 0

  constructor(job: LoadJob) {
    this.#job = job
    const names = job.names ?? Uint32Array.from(job.offsets, (_, i) => i)
    this.#queries = Array.from(names, (name, i) => makeQuery(labelOf(job.prefix, name), i))
    this.#answeredAt = new Float64Array(job.offsets.length).fill(Number.NaN)
    this.#askedAt = new Float64Array(job.offsets.length)
    this.#outcome = new Uint8Array(job.offsets.length)
  }

  async go(): Promise<LoadRecord> {
    const { offsets, startAt, timeout, ports } = this.#job
    for (let i = 0; i < SOCKETS; i++) {
      for (const port of ports) this.#sockets.push(await this.#open(port))
    }
    let next = 0
    let lag = 0
    while (next < offsets.length) {
      const due = startAt + offsets[next]!
      const late = now() - due
      if (late < 0) {
        await sleep(Math.max(1, Math.floor(-late)))
        continue
      }
      if (late > lag) lag = late
      this.#askedAt[next] = offsets[next]! + late
      this.#sockets[next % this.#sockets.length]!.send(this.#queries[next]!)
      next++
      this.#asked = next
    }
    const last = startAt + offsets.at(-1)! + timeout
    while (this.#answered < offsets.length && now() < last) await sleep(5)
    for (const socket of this.#sockets) socket.close()
    return { answeredAt: this.#answeredAt, outcome: this.#outcome, askedAt: this.#askedAt, lag }
  }

  async #open(port: number): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
    socket.on('message', (message) => this.#take(message))
    // A refused datagram (ICMP) says nothing that the missing answer does not say.
    socket.on('error', () => {})
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }

  #take(message: Buffer): void {
    const at = now() - this.#job.startAt
    const index = this.#indexOf(message)
    if (index < 0 || this.#outcome[index] !== Outcome.Lost) return
    if (at - this.#job.offsets[index]! > this.#job.timeout) return
    this.#outcome[index] = judge(message, this.#queries[index]!)
    this.#answeredAt[index] = at
    this.#answered++
  }
  /** Which query a message answers: by the name in it, or where several ask for it, by its ID. */
  #indexOf(message: Buffer): number {
    if (message.length <= HEADER) return -1
    if (this.#job.names === null) return numberIn(message)
    const last = this.#asked - 1
    return last - ((last - message.readUInt16BE(0)) & (IDS - 1))
  }
}

const labelOf = (prefix: string, number: number): string =>
  prefix + number.toString(36).padStart(DIGITS, '0')

/** The number in the name of a message's question, or -1. */
function numberIn(message: Buffer): number {
  const end = HEADER + 1 + message[HEADER]!
  const number = Number.parseInt(message.toString('latin1', end - DIGITS, end), 36)
  return Number.isInteger(number) ? number : -1
}

serveParent((job) => new Run(job as LoadJob).go())
