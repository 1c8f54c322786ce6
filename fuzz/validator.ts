// Fuzzes the whole validator of src/dnssec: node fuzz/validator.ts [--seconds N] [--seed S]. Both what
// it judges and what it is told of keys and delegations comes from an upstream that lies about some of
// it, and that has the keys of one zone. What is called secure must be true, nothing signed may be taken
// for unsigned, the work is bounded, and nothing ever throws.

import { parseArgs } from 'node:util'

import { TrustAnchors } from '../src/dnssec/anchors/trust-anchors.ts'
import { Budget, DEFAULT_WORK, type Work } from '../src/dnssec/budget.ts'
import { Chain } from '../src/dnssec/chain/chain.ts'
import { readDelegationSigner } from '../src/dnssec/ds.ts'
import { type Name, ROOT } from '../src/dnssec/name.ts'
import type { SourceAnswer } from '../src/dnssec/source.ts'
import { Security, type Verdict } from '../src/dnssec/verdict.ts'
import { Validator } from '../src/dnssec/validator.ts'
import { Verifier } from '../src/dnssec/verifier.ts'
import { encodeMessage } from '../src/wire/codec/message-encode.ts'
import { decodeMessage, type Message } from '../src/wire/codec/message.ts'
import { Rcode } from '../src/wire/header.ts'
import { RecordClass, RecordType } from '../src/wire/record-type.ts'
import { AttackWorld, nameOf, NOW } from '../test/dnssec/attack/attack-world.ts'
import { attackQuestions } from '../test/dnssec/attack/questions.ts'
import { signedOctets } from '../test/dnssec/vectors/signed.ts'
import { type Attacker, hostileAnswer } from './hostile-answers.ts'
import { type Mutator, mutator } from './mutator.ts'

/** Inputs to one validator, so that what it learnt from lies meets what comes later. */
const INPUTS = 200

/** Names that a chain keeps: so few that they push each other out. */
const MAX_NAMES = 12

/** Apex of the attacker's own zone. */
const HOSTILE = 'signed.test.'

export interface FuzzedAnswers {
  readonly inputs: number
  /** Of these, changed ones that were secure all the same. */
  readonly secure: number
  /** The most work that one of them was, by kind. */
  readonly most: Readonly<Partial<Record<Work, number>>>
}

/** Throws at the first input that breaks an invariant. */
export async function fuzzValidator(options: {
  readonly seconds: number
  readonly seed: number
  /** How many at the most. */
  readonly inputs?: number
}): Promise<FuzzedAnswers> {
  const { inputs: limit = Number.POSITIVE_INFINITY } = options
  const mutate = mutator(options.seed)
  const world = new AttackWorld(HOSTILE)
  const attacker = attackerOf(world)
  const work = new WorkMeter()
  const end = performance.now() + options.seconds * 1_000
  let inputs = 0
  let secure = 0
  try {
    while (inputs < limit && performance.now() < end) {
      const round = new Round(world, attacker, mutate, work)
      for (let i = 0; i < INPUTS; i++, inputs++) if (await round.input()) secure++
    }
  } finally {
    work.end()
  }
  return { inputs, secure, most: work.most }
}

function attackerOf(world: AttackWorld): Attacker {
  const zones = [...world.zones.values()]
  const ofZones = zones.flatMap(({ apex }) => [
    world.answer(apex, RecordType.DNSKEY),
    ...(apex === ROOT ? [] : [world.answer(apex, RecordType.DS)]),
  ])
  return {
    answers: [...attackQuestions.map(({ name, type }) => world.answer(name, type)), ...ofZones],
    zone: world.zones.get(HOSTILE)!,
    victims: zones.map(({ apex }) => apex).filter((apex) => apex !== nameOf(HOSTILE)),
    signed: zones.filter(({ apex, keys }) => keys.length > 0 && apex !== nameOf(HOSTILE)),
    inception: NOW - 86_400,
    expiration: NOW + 7 * 86_400,
  }
}

/** One validator and what it is told. */
class Round {
  readonly #world: AttackWorld
  readonly #attacker: Attacker
  readonly #mutate: Mutator
  readonly #work: WorkMeter
  readonly #validator: Validator
  #now = NOW
  /** Of how many answers about keys and delegations one is a lie; 0 for none. */
  #lies = 0

  constructor(world: AttackWorld, attacker: Attacker, mutate: Mutator, work: WorkMeter) {
    this.#world = world
    this.#attacker = attacker
    this.#mutate = mutate
    this.#work = work
    const now = (): number => this.#now
    const verifier = new Verifier({ now, policy: { acceptSha1: mutate.below(2) === 0 } })
    const ds = world.root.ds().map(({ rdata }) => readDelegationSigner(rdata))
    const chain = new Chain({
      source: { ask: async (name, type) => this.#ask(name, type) },
      verifier,
      anchors: new TrustAnchors({ anchors: [{ zone: ROOT, ds, keys: [] }], negative: [] }),
      now,
      clock: { seconds: now },
      maxNames: MAX_NAMES,
    })
    this.#validator = new Validator({ chain, verifier })
  }

  /** @returns whether a lie came out as secure, for all that counts of it is true */
  async input(): Promise<boolean> {
    const { below, octets } = this.#mutate
    const { name, type } = attackQuestions[below(attackQuestions.length)]!
    const honest = this.#world.answer(name, type)
    this.#lies = below(3) === 0 ? 1 + below(6) : 0
    // Faults are kept for seconds, and keys for an hour.
    this.#now += below(4) === 0 ? below(2_000) : 0
    const isHonest = below(8) === 0
    const message = isHonest ? honest : hostileAnswer(honest, this.#attacker, below)
    const encoded = encodeMessage(message)
    const bytes = !isHonest && below(8) === 0 ? octets(encoded) : encoded
    try {
      const verdict = await this.#judge(bytes)
      if (verdict === null) return false
      this.#check(bytes, verdict)
      return !isHonest && verdict.security === Security.Secure
    } catch (error) {
      throw new Error(Buffer.from(bytes).toString('hex'), { cause: error })
    }
  }

  async #judge(bytes: Uint8Array): Promise<Verdict | null> {
    const taken = signedOctets(bytes)
    if (typeof taken === 'number') return null
    this.#work.begin()
    const verdict = await this.#validator.validate(taken)
    this.#work.check()
    if (verdict.ttls !== null) must(verdict.ttls.length === taken.count, 'TTLs of other records')
    return verdict
  }

  #ask(name: Name, type: number): SourceAnswer {
    const { below, octets } = this.#mutate
    const honest = this.#world.answer(name, type)
    const isLie = this.#lies > 0 && below(this.#lies) === 0
    if (isLie && below(8) === 0) return { failure: 'too late' }
    const encoded = encodeMessage(isLie ? hostileAnswer(honest, this.#attacker, below) : honest)
    const message = signedOctets(isLie && below(8) === 0 ? octets(encoded) : encoded)
    if (typeof message === 'number') return { failure: 'no answer' }
    return { message, upstream: 'attacker' }
  }

  #check(bytes: Uint8Array, { security, fault, at, ttls }: Verdict): void {
    const message: Message | string = decodeMessage(bytes)
    if (typeof message === 'string') throw new Error(message)
    must((security === Security.Secure) === (ttls !== null), `TTLs of what is ${security}`)
    must((fault === null) === (at === null), 'a fault nowhere')
    if (security === Security.Bogus) {
      must(fault !== null && fault.code > 0 && fault.text.length > 0, 'bogus for no reason')
      return
    }
    if (!isJudged(message)) return
    const lie =
      ttls === null ? this.#world.truth.downgrade(message) : this.#world.truth.lie(message, ttls)
    must(lie === null, `${security}: ${lie}`)
  }
}

/** Nothing is proven of other classes and rcodes, nor of signatures alone: that is passed on as it came. */
function isJudged({ questions: [question], rcode }: Message): boolean {
  if (question!.class !== RecordClass.IN || question!.type === RecordType.RRSIG) return false
  return rcode === Rcode.NoError || rcode === Rcode.NXDomain || rcode === Rcode.YXDomain
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/**
 * Names whose state one question here may have found out: names have few labels, and answers lead through
 * few zones. Each has work of its own, which all share who ask about it.
 */
const MAX_PROVEN = 8

/** Counts what is taken from all budgets, the ones for what questions share too. */
class WorkMeter {
  readonly most: Partial<Record<Work, number>> = {}
  #taken: Partial<Record<Work, number>> = {}
  readonly #take = Object.getOwnPropertyDescriptor(Budget.prototype, 'take')!

  constructor() {
    const count = (work: Work, amount: number): void => {
      this.#taken[work] = (this.#taken[work] ?? 0) + amount
    }
    const take = this.#take.value as Budget['take']
    Budget.prototype.take = function (this: Budget, work: Work, amount = 1): boolean {
      const isThere = take.call(this, work, amount)
      if (isThere) count(work, amount)
      return isThere
    }
  }

  begin(): void {
    this.#taken = {}
  }

  check(): void {
    for (const [work, taken] of Object.entries(this.#taken) as [Work, number][]) {
      if (taken > (this.most[work] ?? 0)) this.most[work] = taken
      must(taken <= DEFAULT_WORK[work] * (1 + MAX_PROVEN), `${taken} ${work}`)
    }
  }

  end(): void {
    Object.defineProperty(Budget.prototype, 'take', this.#take)
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  })
  const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff)
  console.log(`validator: seed ${seed}`)
  const { inputs, secure, most } = await fuzzValidator({ seconds: Number(values.seconds), seed })
  console.log(
    `validator: ${inputs} inputs, ${secure} lies that change nothing, work ${JSON.stringify(most)}`,
  )
}
