// What is held of all zones, in bounded memory: each set in its zone, and either on trial or kept, as it
// was of use or not (S3-FIFO, as in the cache). Zones go with their last sets.

import type { Rrset } from '../rrset.ts'
import type { HeldSet } from './held-set.ts'
import { KeptSets } from './kept-sets.ts'
import { SeenSets } from './seen-sets.ts'
import { MAX_SET_LENGTH } from './set-octets.ts'
import { TrialRing } from './trial-ring.ts'
import { ZoneIndex } from './zone-index.ts'

/** The part of the memory for sets that were of no use yet. */
const TRIAL_SHARE = 1 / 8

/** Sets that find a place beside those of zones that were of use, however many these are. */
const MIN_ON_TRIAL = 16

/** The part for zones with their SOA sets. */
const ZONES_SHARE = 1 / 4

export interface HeldSetsOptions {
  /** Octets. */
  readonly memory: number
  /** 32 random bits. */
  readonly seed: number
}

export class HeldSets {
  readonly zones: ZoneIndex
  readonly seen: SeenSets
  readonly #trial: TrialRing
  readonly #kept: KeptSets
  readonly #memoryForZones: number

  constructor({ memory, seed }: HeldSetsOptions) {
    const trial = Math.floor(memory * TRIAL_SHARE)
    this.#memoryForZones = Math.floor(memory * ZONES_SHARE)
    this.zones = new ZoneIndex(seed)
    this.seen = new SeenSets(seed)
    this.#trial = new TrialRing({ memory: trial, onLeaving: (set) => this.#onTried(set) })
    this.#kept = new KeptSets({
      memory: memory - trial - this.#memoryForZones,
      onDropped: (set) => this.#forget(set),
    })
  }

  /** Octets of all that is held, more or less. */
  get size(): number {
    return this.#trial.size + this.#kept.size + this.zones.size
  }

  /** Where the octets of new sets lie. */
  get bytes(): Uint8Array {
    return this.#trial.bytes
  }

  /** Whether a set may be held. @param length see `lengthOf` */
  fits(length: number): boolean {
    return length <= MAX_SET_LENGTH && length <= this.#trial.bytes.length
  }

  /**
   * Takes a set that stands in its zone, and may leave again at once.
   * @param prefix see set-octets.ts
   * @param isKnown whether it replaces another one
   * @param freshUntil when it is to be looked at again, in seconds
   */
  add(held: HeldSet, set: Rrset, prefix: number, isKnown: boolean, freshUntil: number): void {
    // What comes back stays.
    held.isUsed = isKnown || this.seen.has(held.id)
    this.seen.note(held.id, freshUntil)
    this.#trial.add(held, set, prefix)
    this.#makeRoomForZones()
  }

  /** Lets one go that has left its zone. */
  readonly drop = (held: HeldSet): void => {
    held.isGone = true
    this.seen.expire(held.id)
    if (held.isKept) this.#kept.remove(held)
  }

  clear(): void {
    this.zones.clear()
    this.seen.clear()
    this.#trial.clear()
    this.#kept.clear()
  }

  #makeRoomForZones(): void {
    while (this.zones.size > this.#memoryForZones) {
      const isTrial = this.#trial.count > MIN_ON_TRIAL || this.#kept.size === 0
      if (isTrial) this.#trial.dropOldest()
      else this.#kept.dropOldest()
    }
  }

  /** Its octets are about to be overwritten. */
  #onTried(held: HeldSet): void {
    if (!held.isUsed && !this.#hasPlenty()) return this.#forget(held)
    held.bytes = held.bytes.slice(held.at, held.at + held.length)
    held.at = 0
    this.#kept.add(held)
  }

  /** Whether there is so much room that what was of no use yet may stay as well. */
  #hasPlenty(): boolean {
    if (this.zones.size > this.#memoryForZones / 2) return false
    return this.#kept.size < this.#kept.memory / 2
  }

  #forget(held: HeldSet): void {
    held.isGone = true
    this.seen.expire(held.id)
    held.leaveZone()
    if (held.zone.isEmpty) this.zones.remove(held.zone)
  }
}
