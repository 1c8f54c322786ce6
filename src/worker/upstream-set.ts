// Everything between a question and the upstreams of one plan: the router, a forwarder for each
// group, and their connections. Those to upstreams that a new plan has as well go over to it.

import { randomFillSync } from 'node:crypto'
import { sharedSecondsClock } from '../cache/seconds.ts'
import type { Logger } from '../observe/log.ts'
import { askOne } from '../upstream/ask-one.ts'
import { type Exchange, FailureKind, type UpstreamQuestion } from '../upstream/exchange.ts'
import { Forwarder, type GroupMember } from '../upstream/forwarder.ts'
import { LoopGuard } from '../upstream/loop-guard.ts'
import type { ProbeResult } from '../upstream/probe.ts'
import { Router } from '../upstream/router.ts'
import type { UpstreamTransport } from '../upstream/transport.ts'
import { type LoopEvents, WatchedTransport } from '../upstream/watched-transport.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import type { DataPlan, GroupPlan } from './plan.ts'
import type { UpstreamPools } from './upstream-pools.ts'

export interface UpstreamSetOptions {
  readonly plan: Pick<DataPlan, 'forwarding' | 'loops' | 'upstreamNames'>
  readonly pools: UpstreamPools
  readonly log: Logger
}

interface Group {
  readonly plan: GroupPlan
  readonly forwarder: Forwarder
}

export class UpstreamSet {
  readonly #options: UpstreamSetOptions
  readonly #guard: LoopGuard
  /** By their index in the plan. */
  readonly #transports: UpstreamTransport[] = []
  readonly #watches: WatchedTransport[] = []
  readonly #groups: readonly Group[]
  readonly #router: Router

  /** @throws when a certificate or key of an upstream cannot be read */
  constructor(options: UpstreamSetOptions) {
    this.#options = options
    const { pools, plan } = options
    const { upstreams, fallback, routes } = plan.forwarding
    const clock = sharedSecondsClock()
    this.#guard = new LoopGuard({ memory: plan.loops, seconds: () => clock.seconds() })
    try {
      for (const one of upstreams) {
        this.#transports.push(pools.acquire(one, plan.forwarding, this.#slotOf(one.upstream.name)))
      }
    } catch (error) {
      this.#release()
      throw error
    }
    const [first, ...others] = [fallback, ...routes].map((group) => this.#group(group))
    this.#groups = [first!, ...others]
    this.#router = new Router({
      routes: others.map(({ plan: { domains }, forwarder }) => ({ domains, to: forwarder })),
      fallback: first!.forwarder,
      turnstile: this.#guard,
    })
  }

  forward(exchange: Exchange): void {
    this.#router.forward(exchange)
  }

  reachable(question: Uint8Array): boolean {
    return this.#router.reachable(question)
  }

  /** Whether a question could be asked of somebody in use who is none of these. */
  hasOther(question: Uint8Array, than: readonly string[]): boolean {
    return this.#router.hasOther(question, than)
  }

  /**
   * Asks one upstream and no other, whatever the routes are.
   * @param timeout in milliseconds
   * @returns null when there was no answer; never rejects
   */
  askOne<Found>(
    upstream: string,
    question: UpstreamQuestion,
    timeout: number,
    read: (answer: AnswerScan) => Found,
  ): Promise<Found | null> {
    const transport = this.#transports.find(({ name }) => name === upstream)
    if (transport === undefined) return Promise.resolve(null)
    return askOne(transport, question, this.#options.pools.tools, timeout, read)
  }

  /** An answer of this upstream's does not validate. */
  countBogus(upstream: string): void {
    this.#options.pools.countersFor(this.#slotOf(upstream)).failed(FailureKind.Bogus)
  }

  /** The plan is in force: begins to look for loops. */
  start(): void {
    for (const watch of this.#watches) watch.start()
  }

  /** Asks every upstream, in order of configuration; `timeout` in milliseconds. Rejects never. */
  probe(timeout: number): Promise<ProbeResult[]> {
    return Promise.all(this.#transports.map((transport) => transport.probe(timeout)))
  }

  /** Takes nothing new, and gives its connections back when nothing is under way. */
  async drain(): Promise<void> {
    for (const watch of this.#watches) watch.stop()
    await Promise.all(this.#groups.map(({ forwarder }) => forwarder.drain()))
    this.#release()
  }

  /** Takes nothing new and asks nobody again: what is under way fails when the pools close. */
  close(): void {
    for (const watch of this.#watches) watch.stop()
    for (const { forwarder } of this.#groups) forwarder.close()
  }

  /** Names that found no slot of their own share the one behind the last. */
  #slotOf(name: string): number {
    const { upstreamNames } = this.#options.plan
    const slot = upstreamNames.indexOf(name)
    return slot === -1 ? upstreamNames.length : slot
  }

  #release(): void {
    for (const transport of this.#transports.splice(0)) this.#options.pools.release(transport)
  }

  #group(plan: GroupPlan): Group {
    const { pools } = this.#options
    const { selection, hedging, upstreams } = this.#options.plan.forwarding
    const members = plan.members.map(({ upstream, weight }): GroupMember => {
      const transport = this.#watch(this.#transports[upstream]!, plan)
      const { name } = upstreams[upstream]!.upstream
      return { transport, weight, metrics: pools.countersFor(this.#slotOf(name)) }
    })
    const { clock, wheel } = pools.tools
    return { plan, forwarder: new Forwarder({ members, wheel, clock, selection, hedging }) }
  }

  #watch(transport: UpstreamTransport, { domains }: GroupPlan): WatchedTransport {
    const { pools, log } = this.#options
    const { clock, wheel } = pools.tools
    const watched = new WatchedTransport({
      transport,
      guard: this.#guard,
      watch: this.#watches.length,
      domains,
      clock,
      wheel,
      token: randomToken,
      events: loopLog(log),
    })
    this.#watches.push(watched)
    return watched
  }
}

function randomToken(): [high: number, low: number] {
  const [high, low] = randomFillSync(new Int32Array(2)) as unknown as [number, number]
  return high === 0 && low === 0 ? randomToken() : [high, low]
}

function loopLog(log: Logger): LoopEvents {
  return {
    loopFound: (upstream, domain) =>
      log.error('a forwarding loop: this upstream asks us what we ask it, and is not asked now', {
        upstream,
        domain,
      }),
    loopGone: (upstream, domain) =>
      log.info('the forwarding loop is gone: this upstream is asked again', { upstream, domain }),
  }
}
