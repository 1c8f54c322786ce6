// Takes questions to the upstreams of one group. The strategy says whom to ask; what fails goes to
// the next at once, what is late goes to the next as well as far as the budget for such hedges
// lasts, and the first right answer is everybody's. Each upstream is asked once, and if time is
// left after tries that got lost on their way, all once more.

import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { MAX_MESSAGE_LENGTH } from '../wire/header.ts'
import { type Clock, systemClock } from './clock.ts'
import { type Exchange, FailureKind, FailurePhase, type UpstreamQuestion } from './exchange.ts'
import { DEFAULT_HEDGING, HedgeBudget, type HedgingOptions } from './selection/hedging.ts'
import { Again, Journey, type JourneyOwner, phaseOf } from './journey.ts'
import { Member } from './member.ts'
import type { UpstreamMetrics } from './metrics.ts'
import type { PendingOwner } from './pending-query.ts'
import type { ProbeResult } from './probe.ts'
import { queryLength } from './dot/query-writer.ts'
import { DEFAULT_SELECTION, type SelectionOptions } from './selection/options.ts'
import { NOBODY, Selector } from './selection/selector.ts'
import { countOf } from './selection/strategy.ts'
import type { TimerWheel } from './timer-wheel.ts'
import type { UpstreamTransport } from './transport.ts'
import { Try } from './try.ts'
import { isRefusal, mayBeForSubnet } from './verdict.ts'

/** Milliseconds below which another round is not worth beginning. */
const MIN_ROUND_TIME = 50

/** Milliseconds between rounds while nobody can be reached. */
const PAUSE = 150

/** An upstream that restarts is away for so long, in milliseconds: who comes meanwhile waits. */
const MAX_AWAY = 1_000

/** Answers of no use that an exchange takes; what two upstreams say, a third will as well. */
const MAX_BAD_ANSWERS = 2

/** Tries that got lost on their way, for each upstream: who closes at a name does so every time. */
const MAX_LOST = 2

export interface GroupMember {
  readonly transport: UpstreamTransport
  /** Its share relative to the others', above 0; 1 unless said otherwise. */
  readonly weight?: number
  readonly metrics?: UpstreamMetrics
}

export interface ForwarderOptions {
  /** In order of preference, 1 to 31. They belong to the caller, who also closes them. */
  readonly members: readonly GroupMember[]
  readonly wheel: TimerWheel
  readonly selection?: SelectionOptions
  readonly hedging?: HedgingOptions
  readonly clock?: Clock
  /** From 0 to less than 1. */
  readonly random?: () => number
}

export class Forwarder implements PendingOwner, JourneyOwner {
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #members: readonly Member[]
  readonly #names: readonly string[]
  readonly #selector: Selector
  readonly #budget: HedgeBudget
  readonly #refusalScan = new AnswerScan()
  readonly #freeJourneys: Journey[] = []
  readonly #freeTries: Try[] = []
  #active = 0
  #stopped = false
  #closed = false
  #onDrained: (() => void) | null = null

  /** @throws RangeError without upstreams, or with too many */
  constructor(options: ForwarderOptions) {
    const { members, wheel } = options
    const { selection = DEFAULT_SELECTION, hedging = DEFAULT_HEDGING } = options
    const { clock = systemClock, random = Math.random } = options
    this.#clock = clock
    this.#wheel = wheel
    this.#budget = new HedgeBudget(hedging)
    this.#members = members.map((member) => new Member({ ...member, hedging }))
    this.#names = this.#members.map(({ name }) => name)
    this.#selector = new Selector({ candidates: this.#members, random, selection })
  }

  /** Exchanges under way. */
  get active(): number {
    return this.#active
  }

  /** The upstreams, with what is known of them. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** Takes an exchange; it hears once, perhaps before this returns. */
  forward(exchange: Exchange): void {
    if (this.#stopped) {
      refuse(exchange, FailureKind.Shutdown, 'the forwarder has stopped')
      return
    }
    if (queryLength(exchange.question) > MAX_MESSAGE_LENGTH) {
      refuse(exchange, FailureKind.Malformed, 'the query is too long for a message')
      return
    }
    const now = exchange.startedAt
    const journey = this.#freeJourneys.pop() ?? new Journey(this)
    journey.begin(exchange, now, this.#avoided(exchange.question))
    this.#active++
    this.#budget.onQuery()
    const { serial } = journey
    this.#askNext(journey, now)
    for (let more = this.#selector.width; more > 1 && journey.serial === serial; more--) {
      const at = this.#selector.chooseUsable(journey.tried, now, exchange.question.question)
      if (at === NOBODY) break
      this.#ask(journey, at, now, false)
    }
  }

  reachable(): boolean {
    for (const member of this.#members) if (member.usable()) return true
    return false
  }

  hasOther(than: readonly string[]): boolean {
    for (const member of this.#members) {
      if (!than.includes(member.name) && member.usable()) return true
    }
    return false
  }

  /** Asks every upstream, in order of configuration; `timeout` in milliseconds. Rejects never. */
  probe(timeout: number): Promise<ProbeResult[]> {
    return Promise.all(this.#members.map(({ transport }) => transport.probe(timeout)))
  }

  /** Takes nothing new; resolves when everything under way has been answered or has failed. */
  async drain(): Promise<void> {
    this.#stopped = true
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve
      })
    }
  }

  /** Takes nothing new and asks nobody again: what is under way fails when its connection closes. */
  close(): void {
    this.#stopped = true
    this.#closed = true
  }

  onPendingAnswer(attempt: Try, answer: AnswerScan): void {
    const { journey, at, answeredAt: now } = attempt
    const member = this.#members[at]!
    const { hedge, question } = attempt
    const refusal = isRefusal(answer, question.checkingDisabled)
    if (refusal) member.latency.onSilenceBroken(now)
    else member.latency.onAnswer(now - attempt.askedAt, now)
    const isNewest = journey !== null && journey.newest === attempt
    this.#putAway(attempt)
    if (journey === null) return
    if (mayBeForSubnet(answer) && this.#leavesSubnetOut(journey, at, question)) {
      if (isNewest) this.#askNext(journey, now)
      return
    }
    if (!refusal && question.subnet === null && journey.withoutSubnet !== 0) {
      this.#noteSubnetRefused(journey, at, now)
    }
    if (refusal && this.#keepsRefusal(journey, at, answer)) {
      if (isNewest) this.#askNext(journey, now)
      return
    }
    if (!refusal && journey.refusal !== null) this.#members[journey.refusedBy]!.onRefused(now)
    if (hedge) member.metrics.hedgeWon()
    const exchange = this.#end(journey)
    exchange.onAnswer(answer, member.name, now)
    this.#checkDrained()
  }

  onPendingFailure(attempt: Try, kind: FailureKind, detail: string): void {
    const { journey, at } = attempt
    const now = this.#clock.now()
    const member = this.#members[at]!
    member.metrics.failed(kind)
    if (kind === FailureKind.Overload || kind === FailureKind.Shutdown) member.latency.onForgotten()
    else member.latency.onFailure(now)
    const isNewest = journey !== null && journey.newest === attempt
    if (journey !== null && kind === FailureKind.Malformed) {
      if (this.#leavesSubnetOut(journey, at, attempt.question)) {
        this.#putAway(attempt)
        if (isNewest) this.#askNext(journey, now)
        return
      }
    }
    if (journey !== null) journey.fails(attempt, kind, detail, phaseOf(kind, attempt.sent))
    this.#putAway(attempt)
    // Where an older try fails, a newer one is under way already.
    if (journey === null || !isNewest) return
    if (kind === FailureKind.Malformed && ++journey.badAnswers >= MAX_BAD_ANSWERS) {
      this.#fail(journey, now)
    } else {
      this.#askNext(journey, now)
    }
  }

  /** Only tries that another one beat have a deadline of their own. */
  onPendingExpired(attempt: Try): void {
    this.#giveUp(attempt, this.#clock.now())
  }

  onJourneyDue(journey: Journey): void {
    const now = this.#clock.now()
    const { newest } = journey
    if (now >= journey.exchange!.deadline) {
      this.#timeOut(journey, now)
    } else if (newest === null) {
      this.#askNext(journey, now)
    } else if (now >= journey.until) {
      // Its answer is still welcome: it stays where it is.
      this.#blame(newest, now)
      journey.fails(
        newest,
        FailureKind.Timeout,
        'no answer in time',
        phaseOf(FailureKind.Timeout, newest.sent),
      )
      this.#askNext(journey, now)
    } else {
      this.#hedge(journey, newest, now)
    }
  }

  /** The newest try is late: if the budget allows, and anybody else is in use, they are asked too. */
  #hedge(journey: Journey, late: Try, now: number): void {
    const at = this.#selector.chooseUsable(journey.tried, now, late.question.question)
    if (at !== NOBODY) {
      if (this.#budget.take()) {
        this.#members[at]!.metrics.hedged()
        this.#ask(journey, at, now, true)
        return
      }
      if (!journey.deniedHedge) {
        journey.deniedHedge = true
        this.#members[late.at]!.metrics.hedgeDenied()
      }
    }
    // Who has waited twice as long is worth another look.
    journey.lateAt = now + (now - late.askedAt)
    this.#schedule(journey)
  }

  /** A bit for each upstream that a question avoids; none when that would leave nobody. */
  #avoided({ avoid }: UpstreamQuestion): number {
    if (avoid === undefined || avoid.length === 0) return 0
    let avoided = 0
    for (let at = 0; at < this.#names.length; at++) {
      if (avoid.includes(this.#names[at]!)) avoided |= 1 << at
    }
    return countOf(avoided) < this.#members.length ? avoided : 0
  }

  /** Asks whoever comes next; when there is nobody, and nothing to wait for, the exchange fails. */
  #askNext(journey: Journey, now: number): void {
    const { exchange, newest } = journey
    const { question, deadline } = exchange!
    if (this.#closed || deadline <= now) {
      this.#fail(journey, now)
      return
    }
    let at = this.#selector.choose(journey.tried, now, question.question)
    if (at === NOBODY && newest !== null) {
      journey.until = deadline
      journey.lateAt = deadline
      this.#schedule(journey)
      return
    }
    if (at === NOBODY) {
      if (!this.#startsRound(journey, now)) return
      at = this.#selector.choose(journey.tried, now, question.question)
    }
    const member = this.#members[at]!
    if (journey.everTried === 0) journey.hopeful = member.usable()
    else member.metrics.retried()
    this.#ask(journey, at, now, false)
  }

  /** All were asked in vain. Whether to ask them again now; if not, later, or the exchange fails. */
  #startsRound(journey: Journey, now: number): boolean {
    const { again, badAnswers, refusal } = journey
    const left = journey.exchange!.deadline - now
    journey.tried = countOf(journey.spoilt) < this.#members.length ? journey.spoilt : 0
    const worthIt = badAnswers < MAX_BAD_ANSWERS && refusal === null
    if (worthIt && journey.lost < MAX_LOST * this.#members.length && left >= MIN_ROUND_TIME) {
      journey.again = Again.No
      if (again === Again.Now && !journey.secondRound) {
        journey.secondRound = true
        return true
      }
      const away = now - journey.begunAt
      if (again !== Again.No && journey.hopeful && away < MAX_AWAY && left > PAUSE) {
        this.#wheel.schedule(journey, now + PAUSE)
        return false
      }
    }
    this.#fail(journey, now)
    return false
  }

  /** Nothing may be done to the journey after this: it may be over, and another's. */
  #ask(journey: Journey, at: number, now: number, hedge: boolean): void {
    const { exchange } = journey
    const member = this.#members[at]!
    const attempt = this.#freeTries.pop() ?? new Try(this)
    attempt.begin(journey, this.#questionFor(journey, at, now), at, now)
    attempt.hedge = hedge
    journey.add(attempt)
    const untried = this.#members.length - countOf(journey.tried)
    journey.until = now + (exchange!.deadline - now) / (untried + 1)
    journey.lateAt = untried > 0 ? now + member.lateAfter : Infinity
    this.#schedule(journey)
    member.latency.onSent(now)
    member.transport.submit(attempt, now)
  }

  /** The question, without the client's subnet for who does not know what to do with it. */
  #questionFor(journey: Journey, at: number, now: number): UpstreamQuestion {
    const { question } = journey.exchange!
    if (question.subnet === null) return question
    const refused = (journey.withoutSubnet & (1 << at)) !== 0
    if (!refused && this.#members[at]!.takesSubnets(now)) return question
    return { ...question, subnet: null }
  }

  /** Whether to ask an upstream once more, without the subnet that may be what it did not like. */
  #leavesSubnetOut(journey: Journey, at: number, { subnet }: UpstreamQuestion): boolean {
    if (subnet === null) return false
    journey.withoutSubnet |= 1 << at
    journey.tried &= ~(1 << at)
    return true
  }

  /** It was the subnet, as the good answer without it shows. */
  #noteSubnetRefused(journey: Journey, at: number, now: number): void {
    if ((journey.withoutSubnet & (1 << at)) !== 0) this.#members[at]!.onSubnetRefused(now)
  }

  #schedule(journey: Journey): void {
    const { lateAt, until } = journey
    this.#wheel.schedule(journey, lateAt < until ? lateAt : until)
  }

  /** Whether to look for a better answer than this refusal, which is kept until there is one. */
  #keepsRefusal(journey: Journey, at: number, answer: AnswerScan): boolean {
    if (++journey.badAnswers >= MAX_BAD_ANSWERS) return false
    if (journey.newest === null && countOf(journey.tried) === this.#members.length) return false
    journey.refusal = answer.bytes.slice(answer.start, answer.start + answer.length)
    journey.refusedBy = at
    return true
  }

  /** A try has taken too long; that is told once. */
  #blame(attempt: Try, now: number): void {
    if (attempt.blamed) return
    attempt.blamed = true
    this.#members[attempt.at]!.onTimeout(now)
  }

  #giveUp(attempt: Try, now: number): void {
    this.#blame(attempt, now)
    const { transport, latency } = this.#members[attempt.at]!
    transport.cancel(attempt)
    latency.onForgotten()
    this.#putAway(attempt)
  }

  /** The exchange's own time is up. */
  #timeOut(journey: Journey, now: number): void {
    const { newest } = journey
    if (newest !== null) {
      const phase = phaseOf(FailureKind.Timeout, newest.sent)
      // Why there was no connection last time says more than that there is none yet.
      if (phase === FailurePhase.Wait || journey.failedAt === -1) {
        journey.fails(newest, FailureKind.Timeout, 'no answer in time', phase)
      }
    }
    while (journey.newest !== null) this.#giveUp(journey.newest, now)
    this.#fail(journey, now)
  }

  #putAway(attempt: Try): void {
    attempt.journey?.remove(attempt)
    this.#wheel.cancel(attempt)
    attempt.clear()
    this.#freeTries.push(attempt)
  }

  /** Ends an exchange that got no good answer. */
  #fail(journey: Journey, now: number): void {
    const { refusal, refusedBy } = journey
    const failure = journey.failureFor(this.#names, now)
    const exchange = this.#end(journey)
    const scan = this.#refusalScan
    if (
      refusal !== null &&
      failure.kind !== FailureKind.Shutdown &&
      scan.scan(refusal, 0, refusal.length) === AnswerFault.None
    ) {
      exchange.onAnswer(scan, this.#names[refusedBy]!, now)
    } else {
      exchange.onFailure(failure)
    }
    this.#checkDrained()
  }

  /** Puts the journey back. Tries still out stay there: that they are silent says something. */
  #end(journey: Journey): Exchange {
    const exchange = journey.exchange!
    this.#wheel.cancel(journey)
    for (let attempt = journey.newest; attempt !== null; attempt = journey.newest) {
      journey.remove(attempt)
      attempt.journey = null
      this.#wheel.schedule(attempt, exchange.deadline)
    }
    journey.clear()
    this.#freeJourneys.push(journey)
    this.#active--
    return exchange
  }

  #checkDrained(): void {
    if (this.#active === 0 && this.#onDrained !== null) {
      this.#onDrained()
      this.#onDrained = null
    }
  }
}

function refuse(exchange: Exchange, kind: FailureKind, detail: string): void {
  exchange.onFailure({ kind, upstream: '', detail, phase: FailurePhase.Write, ms: 0, tried: [] })
}
