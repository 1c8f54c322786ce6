// Names of one registrable domain (example.org and all below it) always go to the same upstream, so
// that each upstream sees one share of a person's life and never the rest. Rendezvous hashing
// (Thaler and Ravishankar, 1998): when an upstream comes or goes, only its own share moves.

import { getDomain } from 'tldts'
import type { Candidate, Strategy, StrategyOptions } from './strategy.ts'

/** A question ends with type and class, and its name with the root's empty label. */
const TAIL_LENGTH = 5

/** Names come from a message that was checked, and private suffixes have many owners as well. */
const TLDTS_OPTIONS = {
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
  mixedInputs: false,
  allowPrivateDomains: true,
}

export class Sticky implements Strategy {
  readonly #candidates: readonly Candidate[]
  /** By their names, so that order does not matter. */
  readonly #seeds: readonly number[]

  constructor(options: StrategyOptions) {
    this.#candidates = options.candidates
    this.#seeds = options.candidates.map(({ name }) => hashText(name))
  }

  pick(eligible: number, _now: number, question: Uint8Array): number {
    const domain = hashText(registrableDomain(question))
    const candidates = this.#candidates
    let best = -1
    let bestScore = -Infinity
    for (let i = 0; i < candidates.length; i++) {
      if ((eligible & (1 << i)) === 0) continue
      // Exponentially distributed with the weight for its rate: the least is first in proportion.
      const score = Math.log(uniform(domain ^ this.#seeds[i]!)) / candidates[i]!.weight
      if (score > bestScore) {
        best = i
        bestScore = score
      }
    }
    return best
  }
}

/** The name's registrable domain; the whole name where there is none. */
export function registrableDomain(question: Uint8Array): string {
  let name = ''
  const end = question.length - TAIL_LENGTH
  for (let at = 0; at < end; ) {
    const labelEnd = at + 1 + question[at]!
    if (at > 0) name += '.'
    for (at++; at < labelEnd; at++) name += String.fromCharCode(question[at]!)
  }
  return getDomain(name, TLDTS_OPTIONS) ?? name
}

/** FNV-1a. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Mixes all bits (the finaliser of MurmurHash3) and maps them into what is above 0 and below 1. */
function uniform(seed: number): number {
  let bits = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  bits ^= bits >>> 16
  return ((bits >>> 0) + 0.5) / 2 ** 32
}
