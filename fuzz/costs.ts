// What fuzz inputs cost, the dearest kept by kind.

import { setTimeout } from 'node:timers/promises'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The most of something that one input took, and which input that was: see `rounds.ts`. */
export interface Cost {
  readonly amount: number
  readonly limit: number
  /** Of its round. */
  readonly seed: number
  /** In its round, from 1. */
  readonly number: number
}

/** What was done beside the input, such as to make it. */
export interface Aside {
  /** Microseconds of processor time. */
  readonly cpu: number
  /** Octets allocated. */
  readonly heap: number
}

const NOTHING: Aside = { cpu: 0, heap: 0 }

/** Kinds of cost that are measured. */
export const Measured = {
  /** Of all threads: checks of signatures have their own. */
  Cpu: 'ms of processor time',
  /** Of inputs during which no garbage was collected: nearly all. */
  Allocated: 'KiB allocated',
  /** Not of an input: what is left of all of them, garbage collected, since the run was warm. */
  Kept: 'KiB kept',
} as const

/**
 * Far above what is ever seen, and far below what hurts: a collection of all garbage may fall into any
 * input, and other programs have the caches of the processor.
 */
const LIMITS: Readonly<Record<string, number>> = {
  [Measured.Cpu]: 1_000,
  [Measured.Allocated]: 65_536,
  [Measured.Kept]: 8_192,
}

/** Rounds until what is compiled and cached once is there. */
const WARM_ROUNDS = 20

/** Between two looks at what is kept. */
const ROUNDS = 50

export class FuzzCosts {
  readonly most = new Map<string, Cost>()
  readonly #limits: Readonly<Record<string, number>>
  readonly #isMeasured: boolean
  #cpu = process.cpuUsage()
  #heap = 0
  #rounds = 0
  #kept = 0
  #last: Pick<Cost, 'seed' | 'number'> = { seed: 0, number: 0 }

  constructor(limits: Readonly<Record<string, number>>, isMeasured: boolean) {
    this.#limits = { ...limits, ...LIMITS }
    this.#isMeasured = isMeasured
  }

  /** An input is about to be tried. */
  begin(): void {
    if (!this.#isMeasured) return
    this.#heap = heapOctets()
    this.#cpu = process.cpuUsage()
  }

  /** It was. Throws when it cost too much. */
  end(
    work: Readonly<Record<string, number>>,
    place: Pick<Cost, 'seed' | 'number'>,
    aside = NOTHING,
  ): void {
    this.#last = place
    if (this.#isMeasured) {
      const { user, system } = process.cpuUsage(this.#cpu)
      const heap = heapOctets() - this.#heap
      this.#note(Measured.Cpu, Math.round((user + system - aside.cpu) / 1_000))
      this.#note(Measured.Allocated, Math.round((heap - aside.heap) / 1_024))
    }
    for (const [kind, amount] of Object.entries(work)) this.#note(kind, amount)
  }

  async endRound(): Promise<void> {
    if (!this.#isMeasured) return
    this.#rounds++
    if (this.#rounds === WARM_ROUNDS) this.#kept = await keptOctets()
    if (this.#rounds <= WARM_ROUNDS || this.#rounds % ROUNDS !== 0) return
    const grown = Math.max(0, (await keptOctets()) - this.#kept)
    this.#note(Measured.Kept, Math.round(grown / 1_024))
  }

  #note(kind: string, amount: number): void {
    const limit = this.#limits[kind] ?? Number.POSITIVE_INFINITY
    if (amount > (this.most.get(kind)?.amount ?? -1)) {
      this.most.set(kind, { amount, limit, ...this.#last })
    }
    if (amount > limit) throw new Error(`${amount} ${kind}, of ${limit} at the most`)
  }
}

/** Octets on the heap and beside it. */
export function heapOctets(): number {
  const { used_heap_size: used, external_memory: external } = getHeapStatistics()
  return used + external
}

let collect: (() => void) | null = null

/** Octets that are still reachable. What native objects and array buffers had is free some turns later. */
async function keptOctets(): Promise<number> {
  if (collect === null) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  for (let left = 3; left > 0; left--) {
    collect()
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(10)
  }
  return heapOctets()
}
