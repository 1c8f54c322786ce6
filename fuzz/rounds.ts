// How targets that keep a state are fuzzed: in rounds, each with a seed and a state of its own, so that
// every input can be had again by the seed of its round and its number there. And what inputs cost: the
// work that is counted, the same on any machine, and on request processor time and memory.

import { type Aside, type Cost, FuzzCosts } from './costs.ts'
import { type Mutator, mutator } from './mutator.ts'

export interface FuzzOptions {
  readonly seconds: number
  readonly seed: number
  /** How many at the most. */
  readonly inputs?: number
  /** Whether time and memory are bounded as well: not beside other tests. No by default. */
  readonly isMeasured?: boolean
}

export interface FuzzTarget {
  /** Its file in this folder, without the extension. */
  readonly name: string
  /** Inputs of one round. */
  readonly inputs: number
  /** What one input may take at the most, by kind of work. */
  readonly limits: Readonly<Record<string, number>>
  /** A fresh state. @returns what tries one input, and tells what work that was */
  begin(mutate: Mutator): () => Work | Promise<Work>
  readonly counts?: Readonly<Record<string, number>>
  /** Tells what of the last input was no work of that which is fuzzed. */
  readonly meter?: { readonly asides: Aside }
}

type Work = Readonly<Record<string, number>>

export interface Fuzzed {
  readonly inputs: number
  /** The most that one input took, by kind. */
  readonly most: ReadonlyMap<string, Cost>
  /** What else the target counts, so that one can see that it tries what it is for. */
  readonly counts: Readonly<Record<string, number>>
}

/** Throws at the first input that breaks an invariant or costs too much, with the command for it. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<Fuzzed> {
  const { seconds, seed: first, inputs: limit = Number.POSITIVE_INFINITY } = options
  const costs = new FuzzCosts(target.limits, options.isMeasured === true)
  const end = performance.now() + seconds * 1_000
  let inputs = 0
  for (let round = 0; inputs < limit && performance.now() < end; round++) {
    const seed = seedOf(first, round)
    const next = target.begin(mutator(seed))
    for (let number = 1; number <= target.inputs && inputs < limit; number++, inputs++) {
      const place = { seed, number }
      try {
        costs.begin()
        // One after the other: what one leaves behind, the next one meets.
        // oxlint-disable-next-line no-await-in-loop
        costs.end(await next(), place, target.meter?.asides)
      } catch (error) {
        throw new Error(commandFor(target.name, place), { cause: error })
      }
    }
    // oxlint-disable-next-line no-await-in-loop
    await costs.endRound()
  }
  return { inputs, most: costs.most, counts: target.counts ?? {} }
}

/** What tries one input again, behind those of its round that came before. */
export function commandFor(
  target: string,
  { seed, number }: Pick<Cost, 'seed' | 'number'>,
): string {
  return `node fuzz/${target}.ts --seed ${seed} --inputs ${number}`
}

/** The first round has the seed that was given. */
function seedOf(first: number, round: number): number {
  if (round === 0) return first
  let mixed = Math.imul(first ^ (round * 0x9e37_79b1), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 1
}
