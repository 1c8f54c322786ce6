// What a strategy is, and what it sees. Sets of upstreams are numbers with a bit for each, so that
// choosing allocates nothing.

/** One upstream of a group. */
export interface Candidate {
  readonly name: string
  /** Its share relative to the others', above 0. */
  readonly weight: number
  /** Queries that it has not answered yet, whoever asked them. */
  readonly outstanding: number
  /** Milliseconds in which it may be expected to answer. */
  expected(now: number): number
  /** Whether it is in use. */
  usable(): boolean
  /** For choosing among those out of use: the lower the better. */
  badness(now: number): number
}

export interface Strategy {
  /**
   * Chooses the upstream to ask.
   *
   * @param eligible a bit for each upstream to choose from, at least one
   * @param question in wire format, lower case
   * @returns the index of one of them
   */
  pick(eligible: number, now: number, question: Uint8Array): number
}

/** What strategies are made from. */
export interface StrategyOptions {
  /** In the order of configuration, at most 31. */
  readonly candidates: readonly Candidate[]
  /** From 0 to less than 1. */
  readonly random: () => number
}

/** The index of the lowest bit; the set must not be empty. */
export function firstOf(set: number): number {
  return 31 - Math.clz32(set & -set)
}

export function countOf(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count++
  return count
}

/** The index of the bit that has `n` bits below it. */
export function nthOf(set: number, n: number): number {
  let rest = set
  for (let i = 0; i < n; i++) rest &= rest - 1
  return firstOf(rest)
}

/** The index of any of the set's bits, all being equally likely. */
export function anyOf(set: number, random: () => number): number {
  return nthOf(set, Math.floor(random() * countOf(set)))
}
