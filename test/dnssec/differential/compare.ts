// Puts the same questions to several validators and tells where they differ.

import { setTimeout as delay } from 'node:timers/promises'
import { Rcode } from '../../support/messages.ts'
import { decodeMessage } from '../../../src/wire/codec/message.ts'
import { formatName } from '../../../src/wire/text/name-text.ts'
import { formatRdata } from '../../../src/wire/text/rdata-text.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import type { Validating } from '../world/servers/peers.ts'
import { type Asked, Asker, type Class, type Found } from '../world/asker.ts'

/** Questions under way at once. */
const WIDTH = 24

export interface Opinion {
  readonly who: string
  readonly class: Class
  /** -1 when no answer came. */
  readonly rcode: number
  readonly ede: readonly number[]
  /** The records of the answer section without TTLs, in lower case and in order; none with SERVFAIL. */
  readonly answer: string
}

export interface Disagreement {
  readonly asked: Asked
  /** Of the validators in their order. */
  readonly opinions: readonly Opinion[]
}

export interface Comparison {
  readonly asked: number
  /** How often each validator came to each class, in their order. */
  readonly counts: readonly ClassCounts[]
  readonly disagreements: readonly Disagreement[]
}

export interface ClassCounts {
  readonly who: string
  readonly classes: Readonly<Record<Class, number>>
}

/** @param validators the first is the one in question */
export async function compareOpinions(
  validators: readonly Validating[],
  questions: Iterable<Asked>,
): Promise<Comparison> {
  const askers = validators.map(({ name, port }) => ({ name, asker: new Asker(port) }))
  const counts = validators.map(({ name }) => ({
    who: name,
    classes: { secure: 0, insecure: 0, bogus: 0, failed: 0 },
  }))
  const disagreements: Disagreement[] = []
  const queue = questions[Symbol.iterator]()
  let count = 0
  const opinionsOn = (asked: Asked): Promise<Opinion[]> =>
    Promise.all(
      askers.map(async ({ name, asker }) => {
        const { class: found, found: answer } = await asker.classOf(asked)
        return {
          who: name,
          class: found,
          rcode: answer.rcode,
          ede: answer.ede,
          answer: dataOf(answer),
        }
      }),
    )
  const worker = async (): Promise<void> => {
    for (let step = queue.next(); step.done !== true; step = queue.next()) {
      const asked = step.value
      // oxlint-disable-next-line no-await-in-loop -- so many at once are asked by other workers
      let opinions = await opinionsOn(asked)
      if (!agree(opinions)) {
        // What a resolver failed to get in time, it has by now.
        // oxlint-disable-next-line no-await-in-loop
        await delay(200)
        // oxlint-disable-next-line no-await-in-loop
        opinions = await opinionsOn(asked)
      }
      count++
      for (const [i, opinion] of opinions.entries()) counts[i]!.classes[opinion.class]++
      if (!agree(opinions)) disagreements.push({ asked, opinions })
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, worker))
  for (const { asker } of askers) asker[Symbol.dispose]()
  return { asked: count, counts, disagreements }
}

function agree(opinions: readonly Opinion[]): boolean {
  return opinions.every((opinion) => isSame(opinion, opinions[0]!))
}

export function isSame(a: Opinion, b: Opinion): boolean {
  return a.class === b.class && a.rcode === b.rcode && a.answer === b.answer
}

function dataOf({ rcode, message }: Found): string {
  // What comes with SERVFAIL nobody takes for an answer.
  const read = rcode === -1 || rcode === Rcode.ServFail ? null : decodeMessage(message)
  if (read === null || typeof read !== 'object') return ''
  const records = read.answers.map(
    ({ name, type, rdata }) =>
      `${formatName(name)} ${formatType(type)} ${formatRdata(type, rdata)}`,
  )
  return records
    .map((record) => record.toLowerCase())
    .sort()
    .join('\n')
}

export function* take(count: number, next: () => Asked): Generator<Asked> {
  for (let i = 0; i < count; i++) yield next()
}

/** One line for people. */
export function formatDisagreement({ asked, opinions }: Disagreement): string {
  const said = opinions.map(({ who, class: found, rcode, ede, answer }) => {
    const isAlike = found === opinions[0]!.class && rcode === opinions[0]!.rcode
    const data =
      !isAlike || answer === opinions[0]!.answer ? '' : `, with ${JSON.stringify(answer)}`
    const reasons = ede.length === 0 ? '' : ` (EDE ${ede.join(', ')})`
    return `${who}: ${found}${rcode === Rcode.NXDomain ? ', NXDOMAIN' : ''}${reasons}${data}`
  })
  return `${asked.name} ${asked.type}: ${said.join('; ')}`
}
