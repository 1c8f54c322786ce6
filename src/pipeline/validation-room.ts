// The memory that answers take while they are validated, of one worker.

/** What one answer may take of the room that is left: large ones do not keep out the small. */
const MAX_SHARE = 1 / 8

export class ValidationRoom {
  #left: number

  /** @param octets for all answers together */
  constructor(octets: number) {
    this.#left = octets
  }

  /** @returns false when there is none for it */
  take(octets: number): boolean {
    if (octets > this.#left * MAX_SHARE) return false
    this.#left -= octets
    return true
  }

  /** Gives back what was taken. */
  give(octets: number): void {
    this.#left += octets
  }
}
