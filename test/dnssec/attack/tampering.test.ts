// What an upstream that lies can do: nothing false is ever called secure, and nothing that should be
// signed is ever taken for unsigned.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Security } from '../../../src/dnssec/verdict.ts'
import { encodeMessage } from '../../../src/wire/codec/message-encode.ts'
import { decodeMessage, type Message } from '../../../src/wire/codec/message.ts'
import type { Attack } from './attack.ts'
import { AttackWorld } from './attack-world.ts'
import { denyingAttacks } from './denying.ts'
import { forgingAttacks } from './forging.ts'
import { attackQuestions } from './questions.ts'
import { strippingAttacks } from './stripping.ts'
import { ValidatorRig } from './validator-rig.ts'

const world = new AttackWorld()

/** Answers with their records in the order of the wire. */
function onWire(message: Message): Message {
  const decoded = decodeMessage(encodeMessage(message))
  if (typeof decoded === 'string') assert.fail(decoded)
  return decoded
}

describe('an upstream that tells the truth', () => {
  it('is believed, and what is called secure is true', async () => {
    const rig = new ValidatorRig(world, (honest) => honest)
    const verdicts = new Map<string, number>()
    for (const { name, type } of attackQuestions) {
      const judged = await rig.judgeMessage(world.answer(name, type))
      assert.ok(judged !== null)
      const { verdict, message } = judged
      assert.notEqual(verdict.security, Security.Bogus, verdict.fault?.text)
      if (verdict.ttls !== null) assert.equal(world.truth.lie(onWire(message), verdict.ttls), null)
      verdicts.set(verdict.security, (verdicts.get(verdict.security) ?? 0) + 1)
    }
    assert.ok(verdicts.get(Security.Secure)! > attackQuestions.length / 2)
  })
})

function describeAttacks(title: string, attacks: readonly Attack[]): void {
  describe(`an upstream that ${title}`, () => {
    for (const { title: what, question, outcome = 'bogus', tamper } of attacks) {
      it(`${what}: ${outcome}`, async () => {
        const rig = new ValidatorRig(world, tamper)
        // The second time, what was learnt from the first is known.
        for (const time of ['first', 'second']) {
          const judged = await rig.judge(question)
          // What the scan of answers refuses never comes so far.
          if (judged === null) return
          const { message, verdict } = judged
          const expected = outcome === 'honest' ? Security.Secure : outcome
          assert.equal(verdict.security, expected, `${time}: ${verdict.fault?.text}`)
          assert.equal(verdict.security === Security.Bogus, verdict.fault !== null)
          if (verdict.ttls === null) continue
          assert.equal(world.truth.lie(onWire(message), verdict.ttls), null)
        }
      })
    }
  })
}

describeAttacks('leaves out', strippingAttacks)
describeAttacks('forges', forgingAttacks)
describeAttacks('denies', denyingAttacks)
