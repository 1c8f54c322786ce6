// What the chain of trust found out, by name, in bounded memory. Names asked for once, as in a flood
// of made-up ones, push out each other; those asked for again move to a queue of their own, whose
// members get a second chance (S3-FIFO, as in the cache). Times are seconds of the chain's clock.

import type { Budget } from '../budget.ts'
import type { Name } from '../name.ts'
import type { SourceAnswer } from '../source.ts'
import type { Trust } from './trust.ts'

/** One name on the way from a trust anchor down. It hangs in one queue. */
export class ZoneNode {
  readonly name: Name
  /** Null until something was found out. */
  trust: Trust | null = null
  expiresAt = 0
  /** From when on whoever uses it has it found out again, behind everybody's back. */
  renewAt = 0
  /** From when on keys that do not fit may be asked for again. */
  refreshAt = 0
  /** Whether no name below it exists (RFC 8020), so that there is no zone either. */
  isEmptyBelow = false
  /** While somebody finds out; resolves with the budget that it was done on. */
  pending: Promise<Budget> | null = null
  /** While it is found out again behind everybody's back, which may have to begin with zones above. */
  isRenewing = false
  /** Answers that were asked for ahead of need. */
  ds: Promise<SourceAnswer> | null = null
  keys: Promise<SourceAnswer> | null = null
  /** When those were asked for. */
  askedAt = 0

  next: ZoneNode | null = null
  isUsed = false

  constructor(name: Name) {
    this.name = name
  }

  /** Whether it holds answers, or will. */
  get isAhead(): boolean {
    return this.ds !== null || this.keys !== null
  }

  isFresh(now: number): boolean {
    return this.trust !== null && now < this.expiresAt
  }

  /** Whether what is known goes for all names below, too: where nothing is signed, or nothing is. */
  get coversBelow(): boolean {
    return this.isEmptyBelow || this.trust?.security !== 'secure'
  }
}

class Queue {
  size = 0
  #head: ZoneNode | null = null
  #tail: ZoneNode | null = null

  push(node: ZoneNode): void {
    node.next = null
    if (this.#tail === null) this.#head = node
    else this.#tail.next = node
    this.#tail = node
    this.size++
  }

  /** There must be one. */
  shift(): ZoneNode {
    const node = this.#head!
    this.#head = node.next
    if (this.#head === null) this.#tail = null
    this.size--
    return node
  }

  clear(): void {
    this.size = 0
    this.#head = null
    this.#tail = null
  }
}

/** The part of all places that names asked for once may have. */
const PROBATION = 0.1

export class ZoneTable {
  readonly #limit: number
  readonly #nodes = new Map<Name, ZoneNode>()
  readonly #once = new Queue()
  readonly #again = new Queue()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#nodes.size
  }

  get(name: Name): ZoneNode | undefined {
    return this.#nodes.get(name)
  }

  /** The name's node, a new one if there is none. */
  at(name: Name): ZoneNode {
    const known = this.#nodes.get(name)
    if (known !== undefined) return known
    if (this.#nodes.size >= this.#limit) this.#evict()
    const node = new ZoneNode(name)
    this.#nodes.set(name, node)
    this.#once.push(node)
    return node
  }

  /** Forgets all names. What is under way then ends up nowhere. */
  clear(): void {
    this.#nodes.clear()
    this.#once.clear()
    this.#again.clear()
  }

  #evict(): void {
    for (;;) {
      const isOnTrial = this.#once.size > this.#limit * PROBATION || this.#again.size === 0
      const node = (isOnTrial ? this.#once : this.#again).shift()
      if (!node.isUsed) {
        this.#nodes.delete(node.name)
        return
      }
      node.isUsed = false
      this.#again.push(node)
    }
  }
}
