// A validator whose only upstream is one that a test gets in between of. Counts what it is asked.

import type { AnswerFault } from '../../../src/wire/answer-scan.ts'
import type { Message } from '../../../src/wire/codec/message.ts'
import { RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { readDelegationSigner } from '../../../src/dnssec/ds.ts'
import { TrustAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { DEFAULT_WORK, type WorkLimits } from '../../../src/dnssec/budget.ts'
import { Chain } from '../../../src/dnssec/chain/chain.ts'
import { type Name, ROOT } from '../../../src/dnssec/name.ts'
import type { SourceAnswer } from '../../../src/dnssec/source.ts'
import { Validator } from '../../../src/dnssec/validator.ts'
import type { Verdict } from '../../../src/dnssec/verdict.ts'
import { Verifier } from '../../../src/dnssec/verifier.ts'
import { signed } from '../vectors/signed.ts'
import type { Asked, Tamper } from './attack.ts'
import { type AttackWorld, nameOf, NOW } from './attack-world.ts'

export interface Judged {
  readonly message: Message
  readonly verdict: Verdict
}

export class ValidatorRig {
  readonly validator: Validator
  /** Questions that the validator had. */
  questions = 0
  readonly #world: AttackWorld
  readonly #tamper: Tamper

  constructor(
    world: AttackWorld,
    tamper: Tamper,
    options: { now?: number; work?: WorkLimits } = {},
  ) {
    const { now = NOW, work = DEFAULT_WORK } = options
    this.#world = world
    this.#tamper = tamper
    const verifier = new Verifier({ now: () => now, policy: { acceptSha1: false } })
    const ds = world.root.ds().map(({ rdata }) => readDelegationSigner(rdata))
    const chain = new Chain({
      source: { ask: async (name, type) => this.#ask(name, type) },
      verifier,
      anchors: new TrustAnchors({ anchors: [{ zone: ROOT, ds, keys: [] }], negative: [] }),
      now: () => now,
      clock: { seconds: () => now },
      work,
    })
    this.validator = new Validator({ chain, verifier, work })
  }

  /**
   * @param question `name type`
   * @returns null when the upstream's answer is none
   */
  async judge(question: string): Promise<Judged | null> {
    const [owner, type] = question.split(' ') as [string, TypeName]
    return await this.judgeMessage(this.#answer({ name: nameOf(owner), type: RecordType[type] }))
  }

  async judgeMessage(message: Message): Promise<Judged | null> {
    const taken = signed(message)
    if (typeof taken === 'number') return null
    return { message, verdict: await this.validator.validate(taken) }
  }

  #answer(asked: Asked): Message {
    return this.#tamper(this.#world.answer(asked.name, asked.type), asked, this.#world)
  }

  #ask(name: Name, type: number): SourceAnswer {
    this.questions++
    const message = signed(this.#answer({ name, type }))
    if (typeof message !== 'number') return { message, upstream: 'attacker' }
    return { failure: `AnswerFault ${message satisfies AnswerFault}` }
  }
}
