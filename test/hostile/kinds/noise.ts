// Chance: right answers with octets changed, cut, put in and doubled, each kind by a seed of its own,
// and servers that are wrong now and then. What passes must be well-formed, and no more is asked.

import { mutator } from '../../../fuzz/mutator.ts'
import type { ServedQuery } from '../../support/dot-server.ts'
import { message, rightAnswer } from '../forge.ts'
import { does, type Misbehaviour, sends } from '../misbehaviour.ts'

/** Some mutants are sound answers with other data: whatever is well-formed may pass. */
const wellFormed = (): void => {}

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1)

/** Asked for in turn, so that names inside RDATA, bitmaps and parameters are met as well. */
const TYPES = [1, 6, 15, 16, 28, 33, 35, 46, 50, 65]

const mutants: readonly Misbehaviour[] = SEEDS.map((seed) => {
  const mutate = mutator(seed)
  return sends(
    `changes its answers at random, seed ${seed}`,
    (query) => {
      const mutant = Buffer.from(mutate.octets(rightAnswer(query)))
      // With another ID most would only be answers to nothing.
      if (mutant.length >= 12) mutant.writeUInt16BE(query.id)
      return mutant.subarray(0, 65_535)
    },
    {
      type: TYPES[seed % TYPES.length]!,
      alone: wellFormed,
      beside: wellFormed,
      maxQueries: 6,
      spoils: true,
      restarts: true,
    },
  )
})

const streams: readonly Misbehaviour[] = SEEDS.slice(0, 20).map((seed) => {
  const mutate = mutator(1_000 + seed)
  return does(
    `changes its stream at random, seed ${seed}`,
    (query) => {
      const answer = rightAnswer(query)
      const framed = Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 255), answer])
      query.connection.send(mutate.octets(framed))
    },
    { alone: wellFormed, beside: wellFormed, maxQueries: 6, spoils: true, restarts: true },
  )
})

/** Wrong at every so-manieth query of the server, whoever asks. */
function nowAndThen(
  every: number,
  wrong: (query: ServedQuery) => void,
): (query: ServedQuery) => void {
  let count = 0
  return (query) => {
    if (++count % every === 0) wrong(query)
    else query.connection.sendMessage(rightAnswer(query))
  }
}

const sometimes: readonly Misbehaviour[] = [2, 3, 5, 10].flatMap((every) => {
  const rest = { alone: 'either', everything: true, maxQueries: 6, restarts: true } as const
  return [
    does(
      `sends garbage at every query of ${every}`,
      nowAndThen(every, (query) =>
        query.connection.sendMessage(message(query, { tail: Buffer.of(0) })),
      ),
      rest,
    ),
    does(
      `is silent at every query of ${every}`,
      nowAndThen(every, () => {}),
      rest,
    ),
    does(
      `closes at every query of ${every}`,
      nowAndThen(every, (query) => query.connection.close()),
      rest,
    ),
    does(
      `fails at every query of ${every}`,
      nowAndThen(every, (query) => query.connection.sendMessage(message(query, { flags: 0x8182 }))),
      { ...rest, alone: wellFormed },
    ),
  ]
})

export const noise = [...mutants, ...streams, ...sometimes]
