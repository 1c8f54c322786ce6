// Upstreams that leave out the signatures that they are asked for, as resolvers do that know nothing of
// DNSSEC, and boxes on the way that take out what they do not know. Nothing signed can be proven with
// what they answer. What one worker finds out holds for all: it lies in memory that they share.

/** What is known of one upstream, in 32-bit words. */
const Word = {
  Strips: 0,
  /** When it may be looked at again, in seconds of the shared clock. */
  DueAt: 1,
} as const

const WORDS = 2
/** Before the upstreams: counts changes. */
const GENERATION = 0
const FIRST = 1

/** Seconds between two looks at an upstream: what has no signatures is no rare thing in itself. */
const INTERVAL = 60
/** The same for one that strips. */
const RECHECK = 600

export function allocateStrippingMemory(upstreams: number): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST + upstreams * WORDS) * Int32Array.BYTES_PER_ELEMENT)
}

export interface StrippingGuardOptions {
  /** Of `allocateStrippingMemory`, for as many upstreams as there are names. */
  readonly memory: SharedArrayBuffer
  readonly names: readonly string[]
  /** Whole seconds on a clock that all workers share. */
  readonly seconds: () => number
}

export class StrippingGuard {
  readonly #words: Int32Array
  readonly #names: readonly string[]
  readonly #seconds: () => number
  #seen = 0
  #strippers: readonly string[] = []

  constructor({ memory, names, seconds }: StrippingGuardOptions) {
    this.#words = new Int32Array(memory)
    this.#names = names
    this.#seconds = seconds
  }

  /** Names of those known to strip: the same array until that changes. */
  get strippers(): readonly string[] {
    const generation = Atomics.load(this.#words, GENERATION)
    if (generation !== this.#seen) {
      this.#seen = generation
      this.#strippers = this.#names.filter(
        (_, i) => Atomics.load(this.#words, FIRST + i * WORDS + Word.Strips) === 1,
      )
    }
    return this.#strippers
  }

  /** Whether the caller is to look at an upstream now: one of all workers is, once in a while. */
  claim(name: string): boolean {
    const at = this.#placeOf(name)
    if (at === -1) return false
    const now = this.#seconds()
    const due = Atomics.load(this.#words, at + Word.DueAt)
    if (now < due) return false
    return Atomics.compareExchange(this.#words, at + Word.DueAt, due, now + INTERVAL) === due
  }

  /** @returns whether that is news */
  settle(name: string, strips: boolean): boolean {
    const at = this.#placeOf(name)
    if (at === -1) return false
    if (strips) Atomics.store(this.#words, at + Word.DueAt, this.#seconds() + RECHECK)
    const value = strips ? 1 : 0
    if (Atomics.exchange(this.#words, at + Word.Strips, value) === value) return false
    Atomics.add(this.#words, GENERATION, 1)
    return true
  }

  #placeOf(name: string): number {
    const place = this.#names.indexOf(name)
    return place === -1 ? -1 : FIRST + place * WORDS
  }
}
