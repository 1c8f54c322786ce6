// Domains, and what belongs to them and to all names below. A lookup takes the longest that fits, in
// one pass over the name as it lies in a query, and allocates nothing.

import { MAX_NAME_LENGTH } from '../wire/name.ts'
import { lowerCaseName, parseName } from '../wire/text/name-text.ts'

/** What stands for a domain and all names below it, as a number from 0. */
export interface DomainEntry {
  /** As people write it, with or without the final dot; `.` is the root. */
  readonly domain: string
  readonly value: number
}

const NOTHING = -1

/** FNV-1a (Fowler, Noll, Vo), 32 bits: the names in the table are chosen by whoever runs it. */
const HASH_START = 0x811c9dc5 | 0
const HASH_FACTOR = 0x01000193

export class DomainTable {
  readonly #names: readonly Uint8Array[]
  readonly #values: Int32Array
  readonly #hashes: Int32Array
  /** Open addressing: indexes of the entries, `NOTHING` where a slot is free. */
  readonly #slots: Int32Array
  /** Labels of the longest domain: no name needs to be looked at further from its end. */
  readonly #depth: number
  /** Where the labels of the name at hand begin. */
  readonly #labels = new Uint8Array(MAX_NAME_LENGTH >> 1)

  /** @throws RangeError when a domain is none, or stands twice */
  constructor(entries: readonly DomainEntry[]) {
    this.#names = entries.map(({ domain }) => wireName(domain))
    this.#values = Int32Array.from(entries, ({ value }) => value)
    this.#hashes = new Int32Array(entries.length)
    // At most half full, so that a search soon meets a free slot.
    const size = 2 ** Math.ceil(Math.log2(entries.length * 2 + 1))
    this.#slots = new Int32Array(size).fill(NOTHING)
    this.#depth = this.#names.reduce((most, name) => Math.max(most, countLabels(name)), 0)
    for (const [i, name] of this.#names.entries()) this.#insert(i, name)
  }

  get size(): number {
    return this.#names.length
  }

  /**
   * The value of the longest domain that a name is, or lies below; -1 when there is none.
   * @param name starts with a lower-cased uncompressed name
   */
  find(name: Uint8Array): number {
    const labels = this.#labels
    let count = 0
    let end = 0
    for (let length = name[0]!; length !== 0; length = name[end]!) {
      labels[count++] = end
      end += length + 1
    }
    const first = count > this.#depth ? count - this.#depth : 0
    let hash = HASH_START
    let behind = end
    let found = this.#entryOf(name, end, end, hash)
    for (let label = count - 1; label >= first; label--) {
      const start = labels[label]!
      for (let i = start; i < behind; i++) hash = Math.imul(hash ^ name[i]!, HASH_FACTOR)
      const entry = this.#entryOf(name, start, end, hash)
      if (entry !== NOTHING) found = entry
      behind = start
    }
    return found === NOTHING ? NOTHING : this.#values[found]!
  }

  /** @param end where the root label stands */
  #entryOf(name: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = mix(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!
      if (entry === NOTHING) return NOTHING
      if (this.#hashes[entry] === hash && isSame(this.#names[entry]!, name, start, end)) {
        return entry
      }
    }
  }

  #insert(entry: number, name: Uint8Array): void {
    const hash = hashOf(name)
    if (this.#entryOf(name, 0, name.length - 1, hash) !== NOTHING) {
      throw new RangeError('a domain stands twice')
    }
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = mix(hash) & mask
    while (slots[slot] !== NOTHING) slot = (slot + 1) & mask
    slots[slot] = entry
    this.#hashes[entry] = hash
  }
}

function wireName(domain: string): Uint8Array {
  const wire = parseName(domain)
  if (typeof wire === 'string') throw new RangeError(`${domain}: ${wire}`)
  return lowerCaseName(wire)
}

function countLabels(name: Uint8Array): number {
  let count = 0
  for (let at = 0; name[at] !== 0; at += name[at]! + 1) count++
  return count
}

/** As `find` goes: labels from the last to the first, each from its length octet on. */
function hashOf(name: Uint8Array): number {
  const starts: number[] = []
  for (let at = 0; name[at] !== 0; at += name[at]! + 1) starts.push(at)
  let hash = HASH_START
  let behind = name.length - 1
  for (const start of starts.toReversed()) {
    for (let i = start; i < behind; i++) hash = Math.imul(hash ^ name[i]!, HASH_FACTOR)
    behind = start
  }
  return hash
}

/** FNV's low bits alone are poor. */
function mix(hash: number): number {
  return hash ^ (hash >>> 15)
}

function isSame(entry: Uint8Array, name: Uint8Array, start: number, end: number): boolean {
  if (entry.length !== end - start + 1) return false
  for (let i = 0, at = start; at < end; i++, at++) if (entry[i] !== name[at]) return false
  return true
}
