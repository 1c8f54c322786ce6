// One shard of the cache: an index over a ring of entries in shared memory.
//
// Readers take no lock. They note the version, copy, and look at the version again: a writer makes
// it odd before and even after a change, so what was copied meanwhile is thrown away. Writers
// exclude one another by a lock word that holds their thread's number; if a thread dies holding it,
// the supervisor calls `recover`.
//
// Eviction is S3-FIFO (Yang et al.: "FIFO Queues are All You Need for Cache Eviction", SOSP 2023). What is
// new stands in a small ring. At its old end, what was asked for twice since goes over to the main
// ring, the rest is forgotten but for its hash: if it is stored once more while that is known, it goes
// to the main ring at once. There the oldest goes, unless it was asked for; then it moves to the young
// end once more for each use, up to three. So names that are asked for but once pass through quickly
// and push out none of those that are asked for again and again.

import { type QuestionKey, SUBNET_WORDS, Variant } from '../wire/question-key.ts'
import {
  CONTROL_WORDS,
  Control,
  DEAD,
  ENTRY_HEADER_LENGTH,
  ENTRY_HEADER_WORDS,
  Entry,
  Place,
  SIZE_MASK,
  type ShardGeometry,
  shardGeometry,
  UNIT_SHIFT,
  UNIT_WORDS,
} from './layout.ts'
import type { PackedAnswer } from './packed-answer.ts'
import { Ring } from './ring.ts'
import { ShardLock } from './shard-lock.ts'

/** Entries that one insertion moves at most, so that its time is bounded. */
const MAX_MOVES = 16

/** Uses that bring what is new to the main ring. */
const WORTH_KEEPING = 2

/** Slots that `fetchSlot` looks at: about a cache line of them. */
const FETCH_PROBES = 8

/** The bits of a `Place` below the unit. */
const PLACE_NOTES = (1 << Place.UnitShift) - 1

/** The unit that a slot's place leads to. */
function unitOf(place: number): number {
  return (place >>> Place.UnitShift) - 1
}

/** The place of a unit that nobody has asked for yet. */
function placeOf(unit: number): number {
  return ((unit + 1) << Place.UnitShift) | 0
}

/** The notes for what replaces an entry: half as often asked for, so that names that are stay known. */
function cooler(place: number): number {
  const heat = place & (Place.HeatMask << Place.HeatShift)
  return heat === 0 ? 0 : heat - (1 << Place.HeatShift)
}

export class Shard {
  readonly geometry: ShardGeometry
  readonly control: Int32Array
  /** Two words a slot: hash, then `Place`, or 0 when the slot is free. */
  readonly index: Int32Array
  readonly words: Uint32Array
  readonly halves: Uint16Array
  readonly lock: ShardLock
  readonly #maxStale: number
  readonly #hashShift: number
  readonly #slots: number
  /** Slots per 2^32: maps a hash onto the index. */
  readonly #scale: number
  readonly #small: Ring
  readonly #main: Ring
  /** Hashes of what was evicted while it was new, each at its own place. */
  readonly #ghosts: Int32Array

  /**
   * @param owner number of this thread plus one, for the lock word
   * @param hashShift how many upper bits of a hash the choice of the shard has used up
   * @param maxStale seconds past its lifetime for which an answer is still worth its place
   */
  constructor(buffer: SharedArrayBuffer, owner: number, hashShift: number, maxStale = 0) {
    const geometry = shardGeometry(buffer.byteLength)
    const { indexOffset, ghostOffset, arenaOffset, arenaUnits, smallUnits, slots } = geometry
    this.geometry = geometry
    this.control = new Int32Array(buffer, 0, CONTROL_WORDS)
    this.index = new Int32Array(buffer, indexOffset, slots * 2)
    this.words = new Uint32Array(buffer, arenaOffset, arenaUnits * UNIT_WORDS)
    this.halves = new Uint16Array(buffer, arenaOffset, this.words.length * 2)
    this.lock = new ShardLock(this.control, owner)
    this.#maxStale = maxStale
    this.#hashShift = hashShift
    this.#slots = slots
    this.#scale = slots / 2 ** 32
    this.#ghosts = new Int32Array(buffer, ghostOffset, geometry.ghosts)
    const { words, control } = this
    this.#small = new Ring({ words, control, at: Control.SmallRing, first: 0, end: smallUnits })
    this.#main = new Ring({
      words,
      control,
      at: Control.MainRing,
      first: smallUnits,
      end: arenaUnits,
    })
  }

  /** Units that entries take, dead ones among them. */
  get used(): number {
    return this.#small.used + this.#main.used
  }

  /**
   * The first word of the index slot that leads to this key's entry, or -1. The whole key is
   * compared. Without the lock, the result holds only if the version stands still.
   */
  find(key: QuestionKey): number {
    const { index } = this
    const hash = key.hash | 0
    let slot = this.#home(hash)
    for (let probes = 0; probes < this.#slots; probes++) {
      const place = index[slot * 2 + 1]!
      if (place === 0) return -1
      if (index[slot * 2] === hash && this.#matches(unitOf(place) * UNIT_WORDS, key)) {
        return slot * 2
      }
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
    return -1
  }

  /**
   * Reads the slot where a hash is at home, or the next ones while they belong to others.
   * @returns where in `words` an entry with that hash starts, or -1
   */
  fetchSlot(hash: number): number {
    const { index } = this
    let slot = this.#home(hash)
    for (let probes = 0; probes < FETCH_PROBES; probes++) {
      const place = index[slot * 2 + 1]!
      if (place === 0) return -1
      if (index[slot * 2] === (hash | 0)) return unitOf(place) * UNIT_WORDS
      slot = slot + 1 === this.#slots ? 0 : slot + 1
    }
    return -1
  }

  /** Where in `words` the entry starts that a slot leads to. */
  entryAt(slot: number): number {
    return unitOf(this.index[slot + 1]!) * UNIT_WORDS
  }

  /**
   * Notes that the entry behind a slot was asked for, unless the slot has changed since.
   * @param chance 32 random bits, by which it is counted
   */
  touch(slot: number, entry: number, chance: number): void {
    const place = this.index[slot + 1]!
    if (unitOf(place) * UNIT_WORDS !== entry) return
    let next = place
    if ((place & Place.Chances) !== Place.Chances) next++
    const heat = (place >>> Place.HeatShift) & Place.HeatMask
    const counts = (chance & ((1 << heat) - 1)) === 0 && heat < Place.HeatMask
    if (counts) next += 1 << Place.HeatShift
    if (next !== place) Atomics.compareExchange(this.index, slot + 1, place, next)
  }

  /** Whether the entry behind a slot is the caller's to renew: nobody else was told so before. */
  claimRenewal(slot: number, entry: number): boolean {
    for (;;) {
      const place = Atomics.load(this.index, slot + 1)
      if (unitOf(place) * UNIT_WORDS !== entry || (place & Place.Renewing) !== 0) return false
      const next = place | Place.Renewing
      if (Atomics.compareExchange(this.index, slot + 1, place, next) === place) return true
    }
  }

  /**
   * Stores an answer under a key, in place of what was there.
   * @param now seconds on the monotonic clock
   * @returns false when the answer is too large or the shard is busy
   */
  put(key: QuestionKey, answer: PackedAnswer, now: number): boolean {
    return this.#store(key, answer, now, null)
  }

  /**
   * Stores an answer that was stored elsewhere before, unless there is one as new already.
   * @param storedAt seconds on the monotonic clock, in the past
   * @param notes the lower bits of its `Place` there
   */
  restore(key: QuestionKey, answer: PackedAnswer, storedAt: number, notes: number): boolean {
    return this.#store(key, answer, storedAt, notes & Place.Kept)
  }

  /** @param notes of an entry that is restored; null for one that is new */
  #store(key: QuestionKey, answer: PackedAnswer, now: number, notes: number | null): boolean {
    let length = ENTRY_HEADER_LENGTH + ((answer.length + 3) & ~3) + answer.ttlCount * 2
    if ((key.variant & Variant.Subnet) !== 0) length = ((length + 3) & ~3) + SUBNET_WORDS * 4
    const units = (length + 7) >> UNIT_SHIFT
    if (units > this.#main.size >> 2 || !this.lock.take()) return false
    const old = this.find(key)
    if (notes !== null && old !== -1 && this.words[this.entryAt(old) + Entry.StoredAt]! >= now) {
      this.lock.free()
      return false
    }
    const kept = notes ?? (old === -1 ? 0 : cooler(this.index[old + 1]!))
    const ring = this.#ringFor(key.hash | 0, units, old, kept)
    this.#beginChange()
    if (old !== -1) this.#remove(old)
    const unit = this.#makeRoom(ring, units, now)
    this.#write(unit * UNIT_WORDS, units, key, answer, now)
    this.#insertSlot(key.hash | 0, placeOf(unit) | kept)
    this.control[Control.Count]! += 1
    this.control[Control.Inserted]! += 1
    this.#endChange()
    this.lock.free()
    return true
  }

  /** Removes the entry behind a slot. The caller holds the lock. */
  remove(slot: number): void {
    this.#beginChange()
    this.#remove(slot)
    if (this.control[Control.Count] === 0) this.#rewind()
    this.#endChange()
  }

  /**
   * Frees the shard from a thread that died while it held the lock. Its change may be half made,
   * so the shard starts empty.
   */
  recover(deadOwner: number): boolean {
    if (!this.lock.isOf(deadOwner)) return false
    if ((Atomics.load(this.control, Control.Version) & 1) === 0) this.#beginChange()
    this.#reset()
    this.#endChange()
    this.lock.free()
    return true
  }

  #home(hash: number): number {
    return (((hash << this.#hashShift) >>> 0) * this.#scale) | 0
  }

  #matches(entry: number, key: QuestionKey): boolean {
    const { words } = this
    if (words[entry + Entry.Variant] !== key.variant) return false
    if ((words[entry + Entry.Details]! & 0xffff) + 4 !== key.length) return false
    const question = entry + ENTRY_HEADER_WORDS + 3
    const whole = key.length >> 2
    for (let i = 0; i < whole; i++) {
      if (words[question + i] !== key.words[i]) return false
    }
    const rest = key.length & 3
    if (rest !== 0) {
      const mask = (1 << (rest << 3)) - 1
      if (((words[question + whole]! ^ key.words[whole]!) & mask) !== 0) return false
    }
    return (key.variant & Variant.Subnet) === 0 || this.#matchesSubnet(entry, key)
  }

  #matchesSubnet(entry: number, { subnet }: QuestionKey): boolean {
    const at = this.subnetAt(entry)
    for (let i = 0; i < SUBNET_WORDS; i++) if (this.words[at + i] !== subnet[i]) return false
    return true
  }

  /** Where in `words` the network of an entry stands that has one. */
  subnetAt(entry: number): number {
    const lengths = this.words[entry + Entry.Lengths]!
    const message = ((lengths & 0xffff) + 3) >> 2
    return entry + ENTRY_HEADER_WORDS + message + (((lengths >>> 16) + 1) >> 1)
  }

  #write(at: number, units: number, key: QuestionKey, answer: PackedAnswer, now: number): void {
    const { words, halves } = this
    words[at + Entry.Hash] = key.hash
    words[at + Entry.Size] = units
    words[at + Entry.StoredAt] = now
    words[at + Entry.ExpiresAt] = now + answer.lifetime
    words[at + Entry.Lengths] = answer.length | (answer.ttlCount << 16)
    words[at + Entry.Variant] = key.variant
    words[at + Entry.Details] = answer.nameLength | ((answer.extendedError + 1) << 16)
    words[at + Entry.Provenance] = answer.provenance
    const message = at + ENTRY_HEADER_WORDS
    const count = (answer.length + 3) >> 2
    for (let i = 0; i < count; i++) words[message + i] = answer.words[i]!
    const ttls = (message + count) * 2
    for (let i = 0; i < answer.ttlCount; i++) halves[ttls + i] = answer.ttlOffsets[i]!
    if ((key.variant & Variant.Subnet) !== 0) words.set(key.subnet, this.subnetAt(at))
  }

  #insertSlot(hash: number, place: number): void {
    const { index } = this
    let slot = this.#home(hash)
    while (index[slot * 2 + 1] !== 0) slot = slot + 1 === this.#slots ? 0 : slot + 1
    index[slot * 2] = hash
    index[slot * 2 + 1] = place
  }

  /** The slot that leads to the live entry at a unit. */
  #slotOf(unit: number): number {
    const { index } = this
    let slot = this.#home(this.words[unit * UNIT_WORDS + Entry.Hash]! | 0)
    while (unitOf(index[slot * 2 + 1]!) !== unit) slot = slot + 1 === this.#slots ? 0 : slot + 1
    return slot * 2
  }

  /** Frees a slot, marks its entry dead, and closes the gap so that probes meet no hole. */
  #remove(slot: number): void {
    const { index } = this
    this.words[this.entryAt(slot) + Entry.Size]! |= DEAD
    this.control[Control.Count]! -= 1
    let hole = slot >> 1
    let next = hole
    for (;;) {
      next = next + 1 === this.#slots ? 0 : next + 1
      const place = index[next * 2 + 1]!
      if (place === 0) break
      const hash = index[next * 2]!
      const wanted = this.#home(hash)
      // An entry whose home lies cyclically in (hole, next] is still found where it is.
      const stays = hole < next ? wanted > hole && wanted <= next : wanted > hole || wanted <= next
      if (stays) continue
      index[hole * 2] = hash
      index[hole * 2 + 1] = place
      hole = next
    }
    index[hole * 2] = 0
    index[hole * 2 + 1] = 0
  }

  /**
   * Where a new entry goes.
   * @param old the slot of the one that it replaces, or -1
   * @param notes what is known of its use, here before or in another cache
   */
  #ringFor(hash: number, units: number, old: number, notes: number): Ring {
    const [small, main] = [this.#small, this.#main]
    if (units > small.size >> 2) return main
    if ((notes & Place.Chances) !== 0) return main
    if (old !== -1) {
      const isNew = this.entryAt(old) < main.first * UNIT_WORDS
      return isNew && (this.index[old + 1]! & Place.Chances) < WORTH_KEEPING ? small : main
    }
    const ghost = this.#ghostOf(hash)
    if (this.#ghosts[ghost] !== hash) return small
    this.#ghosts[ghost] = 0
    return main
  }

  #ghostOf(hash: number): number {
    return (((hash << this.#hashShift) >>> 0) * (this.#ghosts.length / 2 ** 32)) | 0
  }

  /** Finds `units` in a row at the young end of a ring, evicting from the old end. */
  #makeRoom(ring: Ring, units: number, now: number): number {
    let left = MAX_MOVES
    for (;;) {
      const isFull = this.control[Control.Count]! >= this.geometry.maxEntries
      const unit = isFull ? -1 : ring.take(units)
      if (unit !== -1) return unit
      const isSmall = ring === this.#small && ring.used > 0
      if (isSmall ? this.#evictNew(now, left > 0) : this.#evictOld(now, left > 0)) left--
    }
  }

  /** Frees the oldest place of the small ring; returns whether its entry lives on in the main one. */
  #evictNew(now: number, mayMove: boolean): boolean {
    const small = this.#small
    const unit = small.oldest
    const units = this.#unitsOf(unit)
    const slot = this.#livingSlot(unit, now)
    if (slot === -1) {
      small.release(units)
      return false
    }
    const place = this.index[slot + 1]!
    const isWorth = mayMove && (place & Place.Chances) >= WORTH_KEEPING
    // While the main ring has room to spare, nothing needs to go.
    const target = isWorth ? this.#roomInMain(units, now) : this.#main.take(units)
    if (target !== -1) {
      // Slots move when others are freed.
      this.#move(this.#slotOf(unit), unit, units, target, place & ~Place.Chances)
      small.release(units)
      return true
    }
    const hash = this.index[slot]!
    this.#ghosts[this.#ghostOf(hash)] = hash
    this.#evict(slot)
    small.release(units)
    return false
  }

  /** For an entry that moves: there are no more of them than before. */
  #roomInMain(units: number, now: number): number {
    let left = MAX_MOVES
    for (;;) {
      const unit = this.#main.take(units)
      if (unit !== -1) return unit
      if (this.#evictOld(now, left > 0)) left--
    }
  }

  /** Frees the oldest place of the main ring; returns whether its entry lives on at the young end. */
  #evictOld(now: number, mayStay: boolean): boolean {
    const main = this.#main
    if (main.used === 0) {
      this.#evictNew(now, false)
      return false
    }
    const unit = main.oldest
    const units = this.#unitsOf(unit)
    const slot = this.#livingSlot(unit, now)
    main.release(units)
    if (slot === -1) return false
    const place = this.index[slot + 1]!
    if (!mayStay || (place & Place.Chances) === 0) {
      this.#evict(slot)
      return false
    }
    // Its own place was freed just now, so there is room.
    this.#move(slot, unit, units, main.take(units), place - 1)
    return true
  }

  #unitsOf(unit: number): number {
    return this.words[unit * UNIT_WORDS + Entry.Size]! & SIZE_MASK
  }

  /**
   * The slot of the entry at a unit; -1 when it is dead, or of no use any more and removed now. Failures
   * are of none past their time: they are never served stale, and in an outage there are many of them.
   */
  #livingSlot(unit: number, now: number): number {
    const entry = unit * UNIT_WORDS
    if ((this.words[entry + Entry.Size]! & DEAD) !== 0) return -1
    const slot = this.#slotOf(unit)
    const isFailure = (this.words[entry + Entry.Variant]! & Variant.Failure) !== 0
    const grace = isFailure ? 0 : this.#maxStale
    if (this.words[entry + Entry.ExpiresAt]! + grace > now) return slot
    this.#remove(slot)
    this.control[Control.Expired]! += 1
    return -1
  }

  #evict(slot: number): void {
    this.#remove(slot)
    this.control[Control.Evicted]! += 1
  }

  /** Source and target may overlap, which copyWithin allows. @param notes lower bits of a `Place` */
  #move(slot: number, from: number, units: number, to: number, notes: number): void {
    const { words, index } = this
    const entry = from * UNIT_WORDS
    words.copyWithin(to * UNIT_WORDS, entry, entry + units * UNIT_WORDS)
    index[slot + 1] = placeOf(to) | (notes & PLACE_NOTES)
  }

  #reset(): void {
    this.index.fill(0)
    this.control[Control.Count] = 0
    this.#rewind()
  }

  /** Begins the rings anew, which hold nothing that lives. */
  #rewind(): void {
    this.#small.rewind()
    this.#main.rewind()
  }

  #beginChange(): void {
    Atomics.add(this.control, Control.Version, 1)
  }

  #endChange(): void {
    Atomics.add(this.control, Control.Version, 1)
  }
}
