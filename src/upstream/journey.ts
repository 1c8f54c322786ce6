// An exchange on its way through the upstreams of a group. It has one try most of the time, two or
// more while an answer is late. The one moment that matters next, of the exchange or of its newest
// try, is its one entry on the timer wheel. Pooled.

import { type Exchange, FailureKind, FailurePhase, type UpstreamFailure } from './exchange.ts'
import { TimerEntry } from './timer-wheel.ts'
import type { Try } from './try.ts'

export interface JourneyOwner {
  /** The moment has come that it was scheduled for. */
  onJourneyDue(journey: Journey): void
}

/** How a journey that failed everywhere goes on. */
export const Again = {
  /** Asking again would bring the same. */
  No: 0,
  /** Nobody could be reached: perhaps in a moment. */
  Later: 1,
  /** It got lost on its way: another time it might not. */
  Now: 2,
} as const
export type Again = (typeof Again)[keyof typeof Again]

export class Journey extends TimerEntry {
  readonly #owner: JourneyOwner
  /** Null while it lies in the pool. */
  exchange: Exchange | null = null
  /** Changes when it ends: who calls out and comes back can see whether it is still the same. */
  serial = 0
  begunAt = 0
  /** Tries that wait for an answer, the newest first. */
  newest: Try | null = null
  /** A bit for each upstream that was asked in this round, and in any. */
  tried = 0
  everTried = 0
  /** When the newest try is late, and when its time is up. */
  lateAt = 0
  until = 0
  /** Whether somebody was in use when it began. */
  hopeful = false
  again: Again = Again.No
  secondRound = false
  /** Answers that were no use: malformed ones and refusals. */
  badAnswers = 0
  /** A bit for each upstream that sent a malformed answer: others come before it. */
  spoilt = 0
  /** Tries that were written and got lost. */
  lost = 0
  deniedHedge = false
  /** A bit for each upstream that did not take the question with the client's subnet (RFC 7871). */
  withoutSubnet = 0
  /** An upstream's refusal, sent on if nobody does better, and whose it was. */
  refusal: Uint8Array | null = null
  refusedBy = 0
  failure: FailureKind = FailureKind.Timeout
  failureDetail = ''
  failurePhase: FailurePhase = FailurePhase.Wait
  failedAt = 0

  constructor(owner: JourneyOwner) {
    super()
    this.#owner = owner
  }

  override expire(): void {
    this.#owner.onJourneyDue(this)
  }

  /** @param avoided a bit for each upstream that comes after all others */
  begin(exchange: Exchange, now: number, avoided: number): void {
    this.exchange = exchange
    this.begunAt = now
    this.tried = avoided
    this.everTried = 0
    this.hopeful = false
    this.again = Again.No
    this.secondRound = false
    this.badAnswers = 0
    this.spoilt = 0
    this.lost = 0
    this.deniedHedge = false
    this.withoutSubnet = 0
    this.failure = FailureKind.Timeout
    this.failureDetail = 'its time was up before it was asked'
    this.failurePhase = FailurePhase.Wait
    this.failedAt = -1
  }

  /** It is over; its tries were taken off. */
  clear(): void {
    this.serial++
    this.exchange = null
    this.refusal = null
  }

  add(attempt: Try): void {
    attempt.older = this.newest
    this.newest = attempt
    this.tried |= 1 << attempt.at
    this.everTried |= 1 << attempt.at
  }

  remove(attempt: Try): void {
    if (this.newest === attempt) {
      this.newest = attempt.older
    } else {
      let newer = this.newest
      while (newer !== null && newer.older !== attempt) newer = newer.older
      if (newer !== null) newer.older = attempt.older
    }
    attempt.older = null
  }

  /** Notes why a try failed. */
  fails(attempt: Try, kind: FailureKind, detail: string, phase: FailurePhase): void {
    this.failure = kind
    this.failureDetail = detail
    this.failurePhase = phase
    this.failedAt = attempt.at
    if (kind === FailureKind.Malformed) this.spoilt |= 1 << attempt.at
    // To be silent for a while is no answer to this name.
    if (attempt.sent && kind !== FailureKind.Stalled) this.lost++
    const again = AGAIN[kind]
    if (again > this.again) this.again = again
  }

  /** The last failure, as it is told. @param names of the upstreams, by index */
  failureFor(names: readonly string[], now: number): UpstreamFailure {
    return {
      kind: this.failure,
      upstream: this.failedAt === -1 ? '' : names[this.failedAt]!,
      detail: this.failureDetail,
      phase: this.failurePhase,
      ms: now - this.begunAt,
      tried: names.filter((_, at) => (this.everTried & (1 << at)) !== 0),
    }
  }
}

const AGAIN: Readonly<Record<FailureKind, Again>> = {
  [FailureKind.Resolve]: Again.Later,
  [FailureKind.Connect]: Again.Later,
  [FailureKind.Tls]: Again.Later,
  [FailureKind.Closed]: Again.Now,
  [FailureKind.Timeout]: Again.Now,
  [FailureKind.Stalled]: Again.Now,
  // What was malformed once may be right another time; how often, the forwarder bounds.
  [FailureKind.Malformed]: Again.Now,
  [FailureKind.Refused]: Again.No,
  [FailureKind.Loop]: Again.No,
  [FailureKind.Bogus]: Again.No,
  [FailureKind.Overload]: Again.No,
  [FailureKind.Shutdown]: Again.No,
}

/** How far a try had come that failed in this way. @param sent whether a connection had it */
export function phaseOf(kind: FailureKind, sent: boolean): FailurePhase {
  switch (kind) {
    case FailureKind.Resolve:
      return FailurePhase.Resolve
    case FailureKind.Tls:
      return FailurePhase.Tls
    case FailureKind.Connect:
    case FailureKind.Overload:
      return FailurePhase.Connect
    case FailureKind.Closed:
    case FailureKind.Timeout:
    case FailureKind.Stalled:
    case FailureKind.Malformed:
    case FailureKind.Refused:
    case FailureKind.Loop:
    case FailureKind.Bogus:
    case FailureKind.Shutdown:
      return sent ? FailurePhase.Wait : FailurePhase.Connect
  }
}
