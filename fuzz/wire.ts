// Fuzzes all that reads octets or text in src/wire, and what limits read of answers: node fuzz/wire.ts [--seconds N] [--seed S].
// Prints the seed first and, at a failure, the input as hexadecimal text; the exit code says it.

import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { AnswerClass } from '../src/guard/answer-kind.ts'
import type { Message } from '../src/wire/codec/message.ts'
import { encodeMessage } from '../src/wire/codec/message-encode.ts'
import { HEADER_LENGTH } from '../src/wire/header.ts'
import { formatRecord } from '../src/wire/text/message-text.ts'
import { message } from '../test/wire/arbitrary.ts'
import { checkOctets, checkText } from '../test/wire/invariants.ts'
import { type Mutator, mutator } from './mutator.ts'

/** No input may take longer: parsers of at most 64 KB have no reason to. */
const MAX_MILLISECONDS = 2_000

/** Mutants made of one sample before the next is drawn. */
const MUTANTS = 50

/** @returns how many inputs were tried; throws at the first that breaks an invariant */
export function fuzzWire(options: { readonly seconds: number; readonly seed: number }): number {
  const mutate = mutator(options.seed)
  const end = performance.now() + options.seconds * 1_000
  let inputs = 0
  for (let round = 0; performance.now() < end; round++) {
    for (const sample of fc.sample(message, { numRuns: 10, seed: options.seed + round })) {
      inputs += fuzzMessage(sample, mutate)
    }
  }
  return inputs
}

function fuzzMessage(sample: Message, mutate: Mutator): number {
  const bytes = encodeMessage(sample, { compress: mutate.below(2) === 0 })
  const text = Buffer.from(sample.answers.map(formatRecord).join('\n'), 'latin1')
  for (let i = 0; i < MUTANTS; i++) {
    // Half of them as answers to one question, which the fast lane looks at further.
    const answer = Uint8Array.from(bytes)
    if (i % 2 === 0) answer[2]! |= 0x80
    judge(mutate.octets(answer), checkOctets)
    judge(mutate.octets(answer), checkClass)
    judge(mutate.octets(text), (mutant) => checkText(Buffer.from(mutant).toString('latin1')))
  }
  return 3 * MUTANTS
}

/** An answer is of some kind whatever stands behind its header, and says the same each time. */
function checkClass(octets: Uint8Array): void {
  if (octets.length < HEADER_LENGTH) return
  const [first, second] = [new AnswerClass(), new AnswerClass()]
  first.take(octets, 0, octets.length, 1)
  // What surrounds it must not matter.
  const room = new Uint8Array(octets.length + 64).fill(octets.length)
  room.set(octets, 32)
  second.take(room, 32, octets.length, 1)
  if (first.kind !== second.kind || first.detail !== second.detail) throw new Error('two classes')
}

function judge(input: Uint8Array, check: (input: Uint8Array) => void): void {
  const from = performance.now()
  try {
    check(input)
  } catch (error) {
    throw new Error(`${check.name || 'text'} of ${Buffer.from(input).toString('hex')}`, {
      cause: error,
    })
  }
  const took = performance.now() - from
  if (took > MAX_MILLISECONDS) {
    throw new Error(`${Math.round(took)} ms for ${Buffer.from(input).toString('hex')}`)
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  })
  const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff)
  console.log(`wire: seed ${seed}`)
  const inputs = fuzzWire({ seconds: Number(values.seconds), seed })
  console.log(`wire: ${inputs} inputs, every one as it should be`)
}
