// Caches of names alone, by policies from the literature, to hold ours against. Each has room for as many
// entries as it is told; nothing expires.

export interface Policy {
  readonly name: string
  /** Asks for a name, and keeps it; whether it was there. */
  ask(name: number): boolean
}

/** Evicts what was asked for the longest time ago: exact, by an ordered map. */
export class Lru implements Policy {
  readonly name = 'LRU, exact'
  readonly #room: number
  readonly #entries = new Set<number>()

  constructor(room: number) {
    this.#room = room
  }

  ask(name: number): boolean {
    const hit = this.#entries.delete(name)
    this.#entries.add(name)
    if (this.#entries.size > this.#room) this.#entries.delete(this.#entries.values().next().value!)
    return hit
  }
}

/** SIEVE (Zhang et al.: "SIEVE is Simpler than LRU", NSDI 2024). */
export class Sieve implements Policy {
  readonly name = 'SIEVE'
  readonly #slots = new Map<number, number>()
  readonly #names: Int32Array
  readonly #visited: Uint8Array
  /** Neighbours towards the young and the old end. */
  readonly #younger: Int32Array
  readonly #older: Int32Array
  #head = -1
  #tail = -1
  #hand = -1
  #free = 0

  constructor(room: number) {
    this.#names = new Int32Array(room)
    this.#visited = new Uint8Array(room)
    this.#younger = new Int32Array(room).fill(-1)
    this.#older = new Int32Array(room).fill(-1)
  }

  ask(name: number): boolean {
    const slot = this.#slots.get(name)
    if (slot !== undefined) {
      this.#visited[slot] = 1
      return true
    }
    const place = this.#free < this.#names.length ? this.#free++ : this.#evict()
    this.#names[place] = name
    this.#visited[place] = 0
    this.#slots.set(name, place)
    this.#older[place] = this.#head
    this.#younger[place] = -1
    if (this.#head !== -1) this.#younger[this.#head] = place
    this.#head = place
    if (this.#tail === -1) this.#tail = place
    return false
  }

  #evict(): number {
    let hand = this.#hand === -1 ? this.#tail : this.#hand
    while (this.#visited[hand] === 1) {
      this.#visited[hand] = 0
      hand = this.#younger[hand] === -1 ? this.#tail : this.#younger[hand]!
    }
    const [younger, older] = [this.#younger[hand]!, this.#older[hand]!]
    this.#hand = younger
    if (younger === -1) this.#head = older
    else this.#older[younger] = older
    if (older === -1) this.#tail = younger
    else this.#younger[older] = younger
    this.#slots.delete(this.#names[hand]!)
    return hand
  }
}

/** S3-FIFO (Yang et al.: "FIFO Queues are All You Need for Cache Eviction", SOSP 2023). */
export class S3Fifo implements Policy {
  readonly name = 'S3-FIFO'
  readonly #smallRoom: number
  readonly #room: number
  readonly #small: Ring
  readonly #main: Ring
  readonly #ghosts: Ring
  /** By name: what is in one of the queues, and how often it was asked for there, up to three. */
  readonly #isCached: Uint8Array
  readonly #isGhost: Uint8Array
  readonly #uses: Uint8Array

  /** @param names of all there are, numbered from 0 */
  constructor(room: number, names: number) {
    this.#room = room
    this.#smallRoom = Math.floor(room / 10)
    this.#small = new Ring(room + 1)
    this.#main = new Ring(room + 1)
    this.#ghosts = new Ring(room + 1)
    this.#isCached = new Uint8Array(names)
    this.#isGhost = new Uint8Array(names)
    this.#uses = new Uint8Array(names)
  }

  ask(name: number): boolean {
    if (this.#isCached[name] === 1) {
      if (this.#uses[name]! < 3) this.#uses[name]! += 1
      return true
    }
    while (this.#small.length + this.#main.length >= this.#room) {
      if (this.#small.length >= this.#smallRoom) this.#evictSmall()
      else this.#evictMain()
    }
    const queue = this.#isGhost[name] === 1 ? this.#main : this.#small
    this.#isGhost[name] = 0
    this.#isCached[name] = 1
    this.#uses[name] = 0
    queue.push(name)
    return false
  }

  #evictSmall(): void {
    const name = this.#small.shift()
    if (this.#uses[name]! > 1) {
      this.#uses[name] = 0
      this.#main.push(name)
      return
    }
    this.#isCached[name] = 0
    this.#isGhost[name] = 1
    this.#ghosts.push(name)
    if (this.#ghosts.length > this.#room - this.#smallRoom) this.#isGhost[this.#ghosts.shift()] = 0
  }

  #evictMain(): void {
    for (;;) {
      const name = this.#main.shift()
      if (this.#uses[name] === 0) {
        this.#isCached[name] = 0
        return
      }
      this.#uses[name]! -= 1
      this.#main.push(name)
    }
  }
}

/** A queue of numbers in a ring. */
class Ring {
  readonly #items: Uint32Array
  #first = 0
  length = 0

  constructor(room: number) {
    this.#items = new Uint32Array(room)
  }

  push(item: number): void {
    this.#items[(this.#first + this.length) % this.#items.length] = item
    this.length++
  }

  shift(): number {
    const item = this.#items[this.#first]!
    this.#first = (this.#first + 1) % this.#items.length
    this.length--
    return item
  }
}
