// Fuzzes the whole validator of src/dnssec: node fuzz/validator.ts [--seconds N] [--seed S] [--inputs N].
// Both what it judges and what it is told of keys and delegations comes from an upstream that lies about
// some of it, and that has the keys of one zone. What is called secure must be true, nothing signed may
// be taken for unsigned, the truth is never bogus, the work is bounded, and nothing ever throws.

import { Security } from '../src/dnssec/verdict.ts'
import { runTarget } from './command.ts'
import { LyingUpstream } from './lying-upstream.ts'
import { fuzz, type Fuzzed, type FuzzOptions } from './rounds.ts'
import { Scenes } from './scenes.ts'
import { WORK_LIMITS, WorkMeter } from './work-meter.ts'

/** Inputs to one validator, so that what it learnt from lies meets what comes later. */
const INPUTS = 200

/** Throws at the first input that breaks an invariant. */
export async function fuzzValidator(options: FuzzOptions): Promise<Fuzzed> {
  const scenes = new Scenes()
  const work = new WorkMeter()
  const counts = { 'lies that change nothing': 0 }
  try {
    return await fuzz(
      {
        name: 'validator',
        inputs: INPUTS,
        limits: WORK_LIMITS,
        counts,
        meter: work,
        begin: (mutate) => {
          const upstream = new LyingUpstream(scenes.draw(mutate.below), mutate, work)
          return async () => {
            work.begin()
            const judged = await upstream.judge()
            const isSecure = judged?.verdict.security === Security.Secure
            if (isSecure && !judged.isHonest) counts['lies that change nothing']++
            return work.taken
          }
        },
      },
      options,
    )
  } finally {
    work.end()
  }
}

if (import.meta.main) await runTarget('validator', fuzzValidator)
