// One question put to several bootstrap servers: the first at once, each further one when those before
// it failed or are late. The first answer that holds an address wins; the others are forgotten.

import type { AnswerScan } from '../../wire/answer-scan.ts'
import { Rcode } from '../../wire/header.ts'
import type { Clock } from '../clock.ts'
import { FailureKind } from '../exchange.ts'
import { type PendingOwner, PendingQuery } from '../pending-query.ts'
import { Timer, type TimerWheel } from '../timer-wheel.ts'
import type { UpstreamTransport } from '../transport.ts'
import { type AddressType, type HostAnswer, hostAnswer, hostQuestion } from './host-answer.ts'

/** Milliseconds after which a server that has not answered is late. */
const LATE_AFTER = 200

/** Milliseconds for the whole race. */
const TIMEOUT = 4_000

export interface RaceOptions {
  readonly host: string
  readonly type: AddressType
  readonly servers: readonly UpstreamTransport[]
  /** Index of the server to ask first. */
  readonly first: number
  readonly clock: Clock
  readonly wheel: TimerWheel
}

export type RaceResult =
  /** `server` is the index of the one that knew. */
  | { readonly answer: HostAnswer; readonly server: number }
  /**
   * `denied`: at least one server says that there is none. `fault`: what each server said, for people.
   */
  | { readonly answer: null; readonly denied: boolean; readonly fault: string }

/** Rejects never. */
export function raceServers(options: RaceOptions): Promise<RaceResult> {
  return new Promise((resolve) => {
    new ServerRace(options, resolve).start()
  })
}

class ServerRace implements PendingOwner {
  readonly #options: RaceOptions
  readonly #resolve: (result: RaceResult) => void
  readonly #deadline: number
  readonly #late = new Timer(() => this.#askNext())
  /** By server: its query while it is under way. */
  readonly #underWay: (PendingQuery | null)[]
  readonly #faults: string[] = []
  #asked = 0
  #denied = false
  #over = false

  constructor(options: RaceOptions, resolve: (result: RaceResult) => void) {
    this.#options = options
    this.#resolve = resolve
    this.#deadline = options.clock.now() + TIMEOUT
    this.#underWay = options.servers.map(() => null)
  }

  start(): void {
    this.#askNext()
  }

  onPendingAnswer(pending: PendingQuery, answer: AnswerScan): void {
    const server = this.#underWay.indexOf(pending)
    const found = hostAnswer(answer, this.#options.type)
    if (found !== null) {
      this.#end({ answer: found, server })
      return
    }
    if (answer.rcode === Rcode.NoError || answer.rcode === Rcode.NXDomain) this.#denied = true
    this.#onFault(pending, `no address (response code ${answer.rcode})`)
  }

  onPendingFailure(pending: PendingQuery, _kind: FailureKind, detail: string): void {
    this.#onFault(pending, detail)
  }

  onPendingExpired(pending: PendingQuery): void {
    const { servers, clock } = this.#options
    const server = servers[this.#underWay.indexOf(pending)]!
    server.cancel(pending)
    server.health.onFailure(FailureKind.Timeout, clock.now())
    this.#onFault(pending, 'no answer in time')
  }

  #askNext(): void {
    const { host, type, servers, first, clock, wheel } = this.#options
    if (this.#over || this.#asked === servers.length) return
    const index = (first + this.#asked++) % servers.length
    const pending = new PendingQuery(this, hostQuestion(host, type))
    this.#underWay[index] = pending
    wheel.schedule(pending, this.#deadline)
    if (this.#asked < servers.length) wheel.schedule(this.#late, clock.now() + LATE_AFTER)
    servers[index]!.submit(pending)
  }

  #onFault(pending: PendingQuery, fault: string): void {
    const { servers, wheel } = this.#options
    if (this.#over) return
    const index = this.#underWay.indexOf(pending)
    wheel.cancel(pending)
    this.#underWay[index] = null
    this.#faults.push(`${servers[index]!.name}: ${fault}`)
    if (this.#faults.length === servers.length) {
      this.#end({ answer: null, denied: this.#denied, fault: this.#faults.join('; ') })
    } else {
      this.#askNext()
    }
  }

  #end(result: RaceResult): void {
    const { servers, wheel } = this.#options
    this.#over = true
    wheel.cancel(this.#late)
    for (const [index, pending] of this.#underWay.entries()) {
      if (pending === null) continue
      wheel.cancel(pending)
      if (result.answer === null || index !== result.server) servers[index]!.cancel(pending)
    }
    this.#resolve(result)
  }
}
