// A validator whose only upstream lies about some of what it is asked, and whatever it makes of that held
// against the truth.

import { TrustAnchors } from '../src/dnssec/anchors/trust-anchors.ts'
import { Chain } from '../src/dnssec/chain/chain.ts'
import { readDelegationSigner } from '../src/dnssec/ds.ts'
import { type Name, ROOT } from '../src/dnssec/name.ts'
import type { SignedMessage } from '../src/dnssec/rrset.ts'
import type { SourceAnswer } from '../src/dnssec/source.ts'
import { Validator } from '../src/dnssec/validator.ts'
import { Security, type Verdict } from '../src/dnssec/verdict.ts'
import { Verifier } from '../src/dnssec/verifier.ts'
import { encodeMessage } from '../src/wire/codec/message-encode.ts'
import { decodeMessage, type Message } from '../src/wire/codec/message.ts'
import { Rcode } from '../src/wire/header.ts'
import { RecordClass, RecordType } from '../src/wire/record-type.ts'
import { NOW } from '../test/dnssec/attack/attack-world.ts'
import { signedOctets } from '../test/dnssec/vectors/signed.ts'
import { hostileAnswer } from './hostile-answers.ts'
import { type Mutator, mutator } from './mutator.ts'
import type { Scene } from './scenes.ts'
import type { WorkMeter } from './work-meter.ts'

/** Names that a chain keeps: so few that they push each other out. */
const MAX_NAMES = 12

/** What was made of one answer. */
export interface Judged {
  readonly message: SignedMessage
  readonly verdict: Verdict
  readonly isHonest: boolean
}

export class LyingUpstream {
  readonly scene: Scene
  readonly chain: Chain
  readonly validator: Validator
  /** Seconds since 1970. */
  now = NOW
  readonly #mutate: Mutator
  readonly #work: WorkMeter
  readonly #pace: number
  /** Whether all that it says is true. */
  readonly #isHonest: boolean
  /** Of how many answers about keys and delegations one is a lie; 0 for none. */
  #lies = 0
  /** Of the input: what is answered depends on it and the question, not on what is asked first. */
  #seed = 0
  /** How often each was asked for this input. */
  readonly #asked = new Map<string, number>()

  /** @param pace seconds that may go by between two answers, now and then */
  constructor(scene: Scene, mutate: Mutator, work: WorkMeter, pace = 2_000) {
    this.#pace = pace
    this.scene = scene
    this.#mutate = mutate
    this.#work = work
    this.#isHonest = mutate.below(8) === 0
    const now = (): number => this.now
    const verifier = new Verifier({ now, policy: { acceptSha1: scene.acceptSha1 } })
    const ds = scene.root.ds().map(({ rdata }) => readDelegationSigner(rdata))
    this.chain = new Chain({
      source: { ask: async (name, type) => this.#ask(name, type) },
      verifier,
      anchors: new TrustAnchors({ anchors: [{ zone: ROOT, ds, keys: [] }], negative: [] }),
      now,
      clock: { seconds: now },
      maxNames: MAX_NAMES,
    })
    this.validator = new Validator({ chain: this.chain, verifier })
  }

  /** Judges one answer, most often a lie. @returns null when that is no answer at all */
  async judge(): Promise<Judged | null> {
    const { below } = this.#mutate
    const isHonest = below(8) === 0 || this.#isHonest
    const bytes = this.#work.aside(() => this.#draw(isHonest))
    this.#lies = !this.#isHonest && below(3) === 0 ? 1 + below(6) : 0
    this.#seed = below(2 ** 31)
    this.#asked.clear()
    // Faults are kept for seconds, ranges for minutes, and keys for longer.
    this.now += below(4) === 0 ? below(this.#pace) : 0
    try {
      const taken = signedOctets(bytes)
      if (typeof taken === 'number') return null
      const verdict = await this.validator.validate(taken)
      this.#check(bytes, taken, verdict)
      return { message: taken, verdict, isHonest }
    } catch (error) {
      throw new Error(Buffer.from(bytes).toString('hex'), { cause: error })
    }
  }

  #draw(isHonest: boolean): Uint8Array {
    const { below, octets } = this.#mutate
    const { questions, attacker } = this.scene
    const { name, type } = questions[below(questions.length)]!
    const honest = this.scene.answer(name, type, below)
    if (isHonest) return encodeMessage(honest)
    const encoded = encodeMessage(hostileAnswer(honest, attacker, below))
    return below(8) === 0 ? octets(encoded) : encoded
  }

  #ask(name: Name, type: number): SourceAnswer {
    this.#work.note('asked')
    return this.#work.aside(() => this.#answer(name, type))
  }

  #answer(name: Name, type: number): SourceAnswer {
    const question = `${type} ${name}`
    const before = this.#asked.get(question) ?? 0
    this.#asked.set(question, before + 1)
    const { below, octets } = mutator(seedFor(this.#seed + before, question))
    const honest = this.scene.answer(name, type, below)
    const isLie = this.#lies > 0 && below(this.#lies) === 0
    if (isLie && below(8) === 0) return { failure: 'too late' }
    const said = isLie ? hostileAnswer(honest, this.scene.attacker, below) : honest
    const encoded = encodeMessage(said)
    const message = signedOctets(isLie && below(8) === 0 ? octets(encoded) : encoded)
    if (typeof message === 'number') return { failure: 'no answer' }
    return { message, upstream: 'attacker' }
  }

  #check(bytes: Uint8Array, { count }: SignedMessage, verdict: Verdict): void {
    const { security, fault, at, ttls } = verdict
    const message: Message | string = decodeMessage(bytes)
    if (typeof message === 'string') throw new Error(message)
    must(ttls === null || ttls.length === count, 'TTLs of other records')
    must((security === Security.Secure) === (ttls !== null), `TTLs of what is ${security}`)
    must((fault === null) === (at === null), 'a fault nowhere')
    if (security === Security.Bogus) {
      must(fault !== null && fault.code > 0 && fault.text.length > 0, 'bogus for no reason')
      must(!this.#isHonest, `the truth is bogus: ${fault!.text}`)
      return
    }
    if (!isJudged(message)) return
    const { truth } = this.scene
    const lie = ttls === null ? truth.downgrade(message) : truth.lie(message, ttls)
    must(lie === null, `${security}: ${lie}`)
  }
}

/** Nothing is proven of other classes and rcodes, nor of signatures alone: that is passed on as it came. */
function isJudged({ questions: [question], rcode }: Message): boolean {
  if (question!.class !== RecordClass.IN || question!.type === RecordType.RRSIG) return false
  return rcode === Rcode.NoError || rcode === Rcode.NXDomain || rcode === Rcode.YXDomain
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

function seedFor(seed: number, question: string): number {
  let hash = seed
  for (let i = 0; i < question.length; i++) {
    hash = Math.imul(hash ^ question.charCodeAt(i), 0x0100_0193)
  }
  return hash >>> 0
}
