// All stream connections of one worker, whatever listener they came through: who goes when there is
// no room, and for how long the others may be idle (RFC 7766 §10). How many there may be is counted
// over all workers, in the ledger. One sweep a second looks at time-outs, so that a connection costs
// no timer.

import { ALLOWED, type ConnectionLedger, Refused } from '../../guard/connections/ledger.ts'
import { idleTimeAt, type IdleTimes } from './idle-time.ts'
import { CloseReason, RefuseReason } from './metrics.ts'
import { Place } from './place.ts'
import { PlaceList } from './place-list.ts'
import { Turns } from './turns.ts'

export interface ConnectionTableOptions {
  readonly ledger: ConnectionLedger
  readonly idleTimes: IdleTimes
  /** Octets that connections of this worker may hold together. */
  readonly maxHeld: number
  /** Milliseconds that only grow. */
  readonly clock: () => number
}

const SWEEP_INTERVAL = 1_000

export class ConnectionTable {
  readonly #ledger: ConnectionLedger
  readonly #idleTimes: IdleTimes
  readonly #maxHeld: number
  readonly #clock: () => number
  /** A place stands in one of these. Those that begin have said nothing yet, or not all for whom. */
  readonly beginning = new PlaceList()
  readonly handshaking = new PlaceList()
  readonly working = new PlaceList()
  readonly idling = new PlaceList()
  readonly stalling = new PlaceList()
  readonly turns: Turns
  readonly #sheddable = [this.idling, this.stalling, this.beginning, this.handshaking]
  readonly #lists = [...this.#sheddable, this.working]
  #held = 0
  #size = 0
  #timer: NodeJS.Timeout | null = null

  constructor(options: ConnectionTableOptions) {
    this.#ledger = options.ledger
    this.#idleTimes = options.idleTimes
    this.#maxHeld = options.maxHeld
    this.#clock = options.clock
    this.turns = new Turns(options.clock)
  }

  /** Connections of this worker. */
  get size(): number {
    return this.#size
  }

  /** Octets that they hold together. */
  get held(): number {
    return this.#held
  }

  /** How long a connection may be idle at this moment, in milliseconds. */
  get idleTimeout(): number {
    return idleTimeAt(this.#ledger.taken / this.#ledger.capacity, this.#idleTimes)
  }

  /**
   * Takes a place for a client's connection (4 or 16 octets), at the cost of one that is of less use
   * if need be. Whoever gets it must `occupy` it in the same turn.
   * @returns why there is none
   */
  admit(address: Uint8Array): Place | RefuseReason {
    return this.#admit(address)
  }

  /** As `admit`, for a trusted proxy, which speaks for others: `nameClient` tells for whom. */
  admitProxy(): Place | RefuseReason {
    return this.#admit(null)
  }

  nameClient(place: Place, address: Uint8Array): RefuseReason | null {
    return reasonOf(this.#ledger.name(place.seat, address))
  }

  /** When all handshakes that may be under way are, the oldest of them ends: the good are quick. */
  beginHandshake(place: Place): CloseReason | null {
    let verdict = this.#ledger.beginHandshake(place.seat)
    const oldest = this.handshaking.first
    if (verdict === Refused.HandshakesFull && oldest !== null) {
      this.#shed(oldest)
      verdict = this.#ledger.beginHandshake(place.seat)
    }
    if (verdict === ALLOWED) {
      this.move(place, this.handshaking)
      return null
    }
    return verdict === Refused.HandshakeRate
      ? CloseReason.HandshakeRate
      : CloseReason.HandshakesFull
  }

  endHandshake(place: Place): void {
    this.#ledger.endHandshake(place.seat)
  }

  move(place: Place, list: PlaceList): void {
    place.list.remove(place)
    place.list = list
    // Nobody asks since when one works, and this one is called for every query.
    if (list !== this.working) place.since = this.#clock()
    list.append(place)
  }

  /** When connections hold too much together, the one that holds most goes. */
  hold(place: Place, octets: number): void {
    this.#held += octets - place.held
    place.held = octets
    while (this.#held > this.#maxHeld) {
      const greatest = this.#greatest()
      if (greatest === null) return
      const before = this.#held
      greatest.entry?.destroy(CloseReason.Memory)
      if (this.#held === before) return
    }
  }

  remove(place: Place): void {
    this.#held -= place.held
    place.held = 0
    place.list.remove(place)
    this.#ledger.give(place.seat)
    if (--this.#size === 0 && this.#timer !== null) {
      clearInterval(this.#timer)
      this.#timer = null
    }
  }

  /** Ends what has been open, idle, unread or half-sent for too long. Runs each second. */
  sweep(): void {
    const now = this.#clock()
    const { idleTimeout } = this
    for (const list of this.#lists) {
      let place = list.first
      while (place !== null) {
        const next: Place | null = place.newer
        place.entry?.sweep(now, idleTimeout)
        place = next
      }
    }
  }

  #admit(address: Uint8Array | null): Place | RefuseReason {
    let seat = this.#ledger.take(address)
    if (seat === Refused.Full && this.#makeRoom()) seat = this.#ledger.take(address)
    if (seat < 0) return reasonOf(seat) ?? RefuseReason.TableFull
    const place = new Place(this, seat, this.beginning)
    place.since = this.#clock()
    this.beginning.append(place)
    this.#size++
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_INTERVAL).unref()
    return place
  }

  /** Ends the connection that has been of no use for longest: idle, not reading, or still beginning. */
  #makeRoom(): boolean {
    let oldest: Place | null = null
    for (const { first } of this.#sheddable) {
      if (first !== null && (oldest === null || first.since < oldest.since)) oldest = first
    }
    if (oldest === null) return false
    this.#shed(oldest)
    return true
  }

  #shed(place: Place): void {
    place.entry?.destroy(CloseReason.Shed)
  }

  #greatest(): Place | null {
    let greatest: Place | null = null
    for (const list of this.#lists) {
      for (let place = list.first; place !== null; place = place.newer) {
        if (place.held > (greatest?.held ?? 0)) greatest = place
      }
    }
    return greatest
  }
}

const REASONS = new Map<number, RefuseReason>([
  [Refused.ClientFull, RefuseReason.ClientFull],
  [Refused.Rate, RefuseReason.Rate],
  [Refused.Full, RefuseReason.TableFull],
])

function reasonOf(verdict: number): RefuseReason | null {
  return verdict === ALLOWED ? null : (REASONS.get(verdict) ?? null)
}
