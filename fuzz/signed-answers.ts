// Fuzzes what reads and checks signed answers in src/dnssec: node fuzz/signed-answers.ts
// [--seconds N] [--seed S]. Answers of honest zones are changed record by record and octet by octet.

import { parseArgs } from 'node:util'

import { readDnskeys, type ZoneKeys } from '../src/dnssec/dnskey.ts'
import { Verifier } from '../src/dnssec/verifier.ts'
import type { Message } from '../src/wire/codec/message.ts'
import { encodeMessage } from '../src/wire/codec/message-encode.ts'
import { RecordType } from '../src/wire/record-type.ts'
import { AttackWorld, nameOf, NOW } from '../test/dnssec/attack/attack-world.ts'
import { attackQuestions } from '../test/dnssec/attack/questions.ts'
import { checkKeys, checkRead, checkVerifier } from '../test/dnssec/attack/signed-invariants.ts'
import { mustSign } from '../test/dnssec/vectors/signed.ts'
import { mutator } from './mutator.ts'
import { mutateAnswer } from './signed-mutations.ts'

/** Mutants made of one answer before the next is drawn. */
const MUTANTS = 20

/** @returns how many inputs were tried; throws at the first that breaks an invariant */
export async function fuzzSignedAnswers(options: {
  readonly seconds: number
  readonly seed: number
  /** How many at the most. */
  readonly inputs?: number
}): Promise<number> {
  const { inputs: most = Number.POSITIVE_INFINITY } = options
  const mutate = mutator(options.seed)
  const below = (limit: number): number => mutate.below(limit)
  const world = new AttackWorld()
  const answers = attackQuestions.map(({ name, type }) => world.answer(name, type))
  const zones = [...world.zones.keys()].map((apex) => keysOf(world, apex))
  const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })
  const end = performance.now() + options.seconds * 1_000
  let inputs = 0
  while (inputs < most && performance.now() < end) {
    const honest = answers[below(answers.length)]!
    for (let i = 0; i < MUTANTS; i++, inputs++) {
      const changed = encodeMessage(mutateAnswer(honest, answers, below))
      const input = below(2) === 0 ? mutate.octets(changed) : changed
      try {
        const message = checkRead(input)
        if (message === null) continue
        checkKeys(message)
        await checkVerifier(message, zones[below(zones.length)]!, verifier)
      } catch (error) {
        throw new Error(Buffer.from(input).toString('hex'), { cause: error })
      }
    }
  }
  return inputs
}

function keysOf(world: AttackWorld, apex: string): ZoneKeys {
  const zone = nameOf(apex)
  const answer: Message = world.answer(zone, RecordType.DNSKEY)
  const set = mustSign(answer).answer.find(({ type }) => type === RecordType.DNSKEY)
  return { zone, keys: set === undefined ? [] : readDnskeys(set) }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  })
  const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff)
  console.log(`signed-answers: seed ${seed}`)
  const inputs = await fuzzSignedAnswers({ seconds: Number(values.seconds), seed })
  console.log(`signed-answers: ${inputs} inputs, every one as it should be`)
}
