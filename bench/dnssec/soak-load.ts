// Questions at a steady rate over UDP, for names that nobody asked for before: signed, denied, and made
// to be endless work. Each answer is held against what it must be.

import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'

import { now } from '../lab/clock.ts'
import { makeQuery } from '../lab/message.ts'
import { TRAP_ZONE, TRAPS, trapLabel } from './keytrap.ts'
import { Algorithm, NAMES, nameIn, noNameIn, ZONES } from './zones.ts'

const TICK = 20
const LOST_AFTER = 10_000

/** As stubs do: sockets of a machine that has much to do drop datagrams. */
const AGAIN_AFTER = 3_000

/** One of so many questions is a trap. */
const TRAP_EVERY = 50

/** Bit of the second octet of flags (RFC 4035 §3.2.3). */
const AUTHENTIC = 0x20

interface Kind {
  readonly name: string
  readonly zone: string
  readonly label: (number: number) => string
  readonly rcode: number
  readonly authentic: boolean
}

const KINDS: readonly Kind[] = Object.values(Algorithm).flatMap((algorithm) => [
  {
    name: `proven (${algorithm})`,
    zone: ZONES[algorithm],
    label: nameIn,
    rcode: 0,
    authentic: true,
  },
  {
    name: `denied (${algorithm})`,
    zone: ZONES[algorithm],
    label: noNameIn,
    rcode: 3,
    authentic: true,
  },
])
const TRAP: Kind = {
  name: 'refused',
  zone: TRAP_ZONE,
  label: (number) => trapLabel(number % TRAPS),
  rcode: 2,
  authentic: false,
}

interface Waiting {
  readonly kind: Kind
  readonly query: Buffer
  readonly askedAt: number
  sentAt: number
}

export class SoakLoad implements AsyncDisposable {
  readonly right: Record<string, number> = {}
  asked = 0
  /** SERVFAIL where an answer was due. */
  failed = 0
  wrong = 0
  lost = 0
  /** Milliseconds, by what was asked for. */
  readonly worst: Record<string, number> = {}
  readonly #socket: Socket
  readonly #port: number
  readonly #rate: number
  readonly #waiting = new Map<number, Waiting>()
  readonly #timer: NodeJS.Timeout
  readonly #begun = now()

  /** @param rate questions a second */
  constructor(port: number, rate: number) {
    this.#port = port
    this.#rate = rate
    this.#socket = createSocket('udp4', (message) => this.#onAnswer(message))
    this.#timer = setInterval(() => this.#ask(), TICK)
  }

  /** Asks no more, and waits for what is owed. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    while (this.#waiting.size > 0) {
      this.#askAgain()
      await sleep(TICK)
    }
    this.#socket.close()
  }

  #ask(): void {
    const due = ((now() - this.#begun) / 1_000) * this.#rate
    for (; this.asked < due; this.asked++) {
      const number = this.asked
      const kind = number % TRAP_EVERY === 0 ? TRAP : KINDS[number % KINDS.length]!
      const id = number & 0xffff
      const query = makeQuery(kind.label(Math.floor(number / KINDS.length) % NAMES), id, kind.zone)
      query[3]! |= AUTHENTIC
      this.#waiting.set(id, { kind, query, askedAt: now(), sentAt: now() })
      this.#socket.send(query, this.#port, '127.0.0.1')
    }
    this.#askAgain()
  }

  #askAgain(): void {
    const at = now()
    for (const [id, waiting] of this.#waiting) {
      // Those behind it were asked later.
      if (at - waiting.askedAt < AGAIN_AFTER) return
      if (at - waiting.askedAt >= LOST_AFTER) {
        this.#waiting.delete(id)
        this.lost++
      } else if (at - waiting.sentAt >= AGAIN_AFTER) {
        waiting.sentAt = at
        this.#socket.send(waiting.query, this.#port, '127.0.0.1')
      }
    }
  }

  #onAnswer(message: Buffer): void {
    const waiting = this.#waiting.get(message.readUInt16BE(0))
    if (waiting === undefined) return
    this.#waiting.delete(message.readUInt16BE(0))
    const { kind, askedAt } = waiting
    this.worst[kind.name] = Math.max(this.worst[kind.name] ?? 0, now() - askedAt)
    const isAuthentic = (message[3]! & AUTHENTIC) !== 0
    const rcode = message[3]! & 15
    const isRight = rcode === kind.rcode && isAuthentic === kind.authentic
    if (isRight) this.right[kind.name] = (this.right[kind.name] ?? 0) + 1
    else if (rcode === TRAP.rcode) this.failed++
    else this.wrong++
  }
}
