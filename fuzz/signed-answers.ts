// Fuzzes what reads and checks signed answers in src/dnssec: node fuzz/signed-answers.ts [--seconds N]
// [--seed S] [--inputs N]. Answers of honest zones, in all phases of roll-overs, are changed record by
// record and octet by octet.

import { readDnskeys, type ZoneKeys } from '../src/dnssec/dnskey.ts'
import { readName } from '../src/dnssec/name.ts'
import { Verifier } from '../src/dnssec/verifier.ts'
import type { Message } from '../src/wire/codec/message.ts'
import { encodeMessage } from '../src/wire/codec/message-encode.ts'
import { RecordType } from '../src/wire/record-type.ts'
import { NOW } from '../test/dnssec/attack/attack-world.ts'
import {
  checkKeys,
  checkRead,
  checkVerifier,
  VERIFIER_WORK,
} from '../test/dnssec/attack/signed-invariants.ts'
import { mustSign } from '../test/dnssec/vectors/signed.ts'
import { runTarget } from './command.ts'
import type { Mutator } from './mutator.ts'
import { fuzz, type Fuzzed, type FuzzOptions } from './rounds.ts'
import { Scenes } from './scenes.ts'
import { mutateAnswer } from './signed-mutations.ts'

/** Mutants made of one answer before the next is drawn. */
const MUTANTS = 20

/** Throws at the first input that breaks an invariant. */
export async function fuzzSignedAnswers(options: FuzzOptions): Promise<Fuzzed> {
  const { answers } = new Scenes()
  const zones = answers.filter(isOfKeys).map(keysIn)
  return await fuzz(
    {
      name: 'signed-answers',
      inputs: MUTANTS,
      limits: { signatures: VERIFIER_WORK.signatures },
      begin: (mutate) => {
        const { below } = mutate
        const honest = answers[below(answers.length)]!
        const policy = { acceptSha1: below(2) === 0 }
        const verifier = new Verifier({ now: () => NOW, policy })
        return () => judge(mutate, mutateAnswer(honest, answers, below), zones, verifier)
      },
    },
    options,
  )
}

async function judge(
  { below, octets }: Mutator,
  changed: Message,
  zones: readonly ZoneKeys[],
  verifier: Verifier,
): Promise<{ readonly signatures: number }> {
  const encoded = encodeMessage(changed)
  const input = below(2) === 0 ? octets(encoded) : encoded
  try {
    const message = checkRead(input)
    if (message === null) return { signatures: 0 }
    checkKeys(message)
    const budget = await checkVerifier(message, zones[below(zones.length)]!, verifier)
    return { signatures: budget.spent('signatures') }
  } catch (error) {
    throw new Error(Buffer.from(input).toString('hex'), { cause: error })
  }
}

function isOfKeys({ questions: [question], answers }: Message): boolean {
  return question!.type === RecordType.DNSKEY && answers.length > 0
}

function keysIn(answer: Message): ZoneKeys {
  const zone = readName(answer.questions[0]!.name, 0, 0)
  const set = mustSign(answer).answer.find(({ type }) => type === RecordType.DNSKEY)
  return { zone, keys: set === undefined ? [] : readDnskeys(set) }
}

if (import.meta.main) await runTarget('signed-answers', fuzzSignedAnswers)
