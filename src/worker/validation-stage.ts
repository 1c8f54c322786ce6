// Validation as one plan wants it: the stage before the upstreams, and the chain of trust that it hangs
// on, which goes over to a new plan that trusts the same anchors and asks the same upstreams.

import { randomInt } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { sharedSecondsClock } from '../cache/seconds.ts'
import { ProvenRanges } from '../dnssec/aggressive/proven-ranges.ts'
import { TrustAnchors } from '../dnssec/anchors/trust-anchors.ts'
import { Chain } from '../dnssec/chain/chain.ts'
import { ClockWatch, clockDoubtText } from '../dnssec/clock-watch.ts'
import { type Name, readName, ROOT } from '../dnssec/name.ts'
import { Validator } from '../dnssec/validator.ts'
import { Verifier } from '../dnssec/verifier.ts'
import type { Logger } from '../observe/log.ts'
import type { DnssecCounters } from '../observe/thread-counters.ts'
import { RootKeys, StrippingWatch } from '../pipeline/stripping-watch.ts'
import { UpstreamSource } from '../pipeline/upstream-source.ts'
import { ValidationLane, type ValidationLaneOptions } from '../pipeline/validation-lane.ts'
import type { ConnectionTools } from '../upstream/dot/connection-tools.ts'
import type { UpstreamQuestion } from '../upstream/exchange.ts'
import { StrippingGuard } from '../upstream/stripping-guard.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import { Rcode } from '../wire/header.ts'
import { parseName } from '../wire/text/name-text.ts'
import type { DataPlan } from './plan.ts'
import type { UpstreamSet } from './upstream-set.ts'

export interface ValidationOptions {
  readonly plan: DataPlan
  readonly upstreams: UpstreamSet
  readonly tools: Pick<ConnectionTools, 'clock' | 'wheel'>
  readonly metrics: DnssecCounters
  readonly log: Logger
  /** The system's clock seems wrong: for the log, once for all workers. */
  readonly onClockDoubt: (text: string) => void
}

/** `. DNSKEY`, with the signatures. */
const ROOT_KEYS: UpstreamQuestion = {
  question: Uint8Array.of(0, 0, 48, 0, 1),
  dnssecOk: true,
  checkingDisabled: true,
  options: null,
  subnet: null,
}

export class ValidationStage {
  /** What answers questions without asking; null where that is not wanted. */
  readonly ranges: ProvenRanges | null
  readonly #options: ValidationOptions
  readonly #chain: Chain
  readonly #laneOptions: ValidationLaneOptions

  constructor(options: ValidationOptions) {
    const { plan, upstreams, tools, metrics, log } = options
    const { anchors, negative, acceptSha1 } = plan.dnssec
    this.#options = options
    const trust = new TrustAnchors({ anchors, negative })
    const stripping = trust.closest(ROOT) === null ? null : strippingWatch(options)
    const { clock } = tools
    const timeout = plan.queryTimeout
    const subnet = plan.subnets.sent
    const onFault = (error: unknown) => reportFault(log, error)
    const asking = { next: upstreams, clock, timeout, subnet, stripping, onFault }
    const source = new UpstreamSource(asking)
    const now = () => Math.floor(Date.now() / 1000)
    const verifier = new Verifier({ now, policy: { acceptSha1 }, metrics })
    const chain = new Chain({
      source,
      verifier,
      anchors: trust,
      now,
      clock: sharedSecondsClock(),
      metrics,
    })
    this.ranges = plan.dnssec.aggressive ? rangesOf(plan, chain) : null
    this.#chain = chain
    this.#laneOptions = {
      ranges: this.ranges,
      next: upstreams,
      judge: new Validator({ chain, verifier, metrics }),
      stripping,
      clockWatch: clockWatch(options, now),
      wheel: tools.wheel,
      clock,
      metrics: {
        validated: (security) => metrics.validated(security),
        bogus: (code) => metrics.bogus(code),
        bogusFrom: (upstream) => upstreams.countBogus(upstream),
        retried: () => metrics.retried(),
      },
      onFault,
    }
  }

  /** @param flushes a number that changes whenever names are flushed: keys are forgotten with them */
  lane(flushes: () => number): ValidationLane {
    const { judge } = this.#laneOptions
    return new ValidationLane({
      ...this.#laneOptions,
      judge: {
        validate: (message) => {
          this.#chain.forgetSince(flushes())
          return judge.validate(message)
        },
      },
    })
  }

  /** Whether it is right for another plan and its upstreams, with all that it has learnt. */
  isFor(plan: DataPlan, upstreams: UpstreamSet): boolean {
    const own = this.#options
    return (
      own.upstreams === upstreams &&
      own.plan.queryTimeout === plan.queryTimeout &&
      isDeepStrictEqual(own.plan.dnssec, plan.dnssec) &&
      own.plan.bounds.negativeMaxTtl === plan.bounds.negativeMaxTtl &&
      isDeepStrictEqual(own.plan.subnets.sent, plan.subnets.sent)
    )
  }
}

/** What a programmer has to mend. */
export function reportFault(log: Logger, error: unknown): void {
  log.error('a fault in the validator', { error: String(error) })
}

function rangesOf({ forwarding, dnssec, bounds }: DataPlan, chain: Chain): ProvenRanges {
  const domains = forwarding.routes.flatMap((route) => route.domains)
  return new ProvenRanges({
    clock: sharedSecondsClock(),
    isNegative: (name) => chain.exemption(name) !== null,
    borders: [...domains.map(nameOf), ...dnssec.anchors.map(({ zone }) => zone)].filter(
      (name) => name !== ROOT,
    ),
    maxTtl: bounds.negativeMaxTtl,
    seed: randomInt(0x1_0000_0000),
  })
}

/** @param text a domain that the configuration has found good */
function nameOf(text: string): Name {
  return readName(parseName(text) as Uint8Array, 0, 0)
}

function clockWatch({ metrics, onClockDoubt }: ValidationOptions, now: () => number): ClockWatch {
  return new ClockWatch({
    now,
    onDoubt(doubt) {
      metrics.clockDoubted(doubt.fault)
      onClockDoubt(clockDoubtText(doubt))
    },
  })
}

function strippingWatch({ plan, upstreams, metrics, log }: ValidationOptions): StrippingWatch {
  const clock = sharedSecondsClock()
  const guard = new StrippingGuard({
    memory: plan.stripping,
    names: plan.forwarding.upstreams.map(({ upstream }) => upstream.name),
    seconds: () => clock.seconds(),
  })
  return new StrippingWatch({
    guard,
    rootKeysAt: async (upstream) =>
      (await upstreams.askOne(upstream, ROOT_KEYS, plan.queryTimeout, rootKeysIn)) ?? RootKeys.None,
    events: {
      strippingFound(upstream) {
        metrics.stripping('found')
        log.error(
          'this upstream leaves out the signatures that it is asked for, and is asked only where there is no other: nothing signed can be validated with its answers',
          { upstream },
        )
      },
      strippingGone(upstream) {
        metrics.stripping('gone')
        log.info('this upstream gives signatures again', { upstream })
      },
    },
  })
}

function rootKeysIn({ rcode, hasDnssecRecords }: AnswerScan): RootKeys {
  if (rcode !== Rcode.NoError) return RootKeys.None
  return hasDnssecRecords ? RootKeys.Signed : RootKeys.Unsigned
}
