// Notices that files have other contents than before. It looks again and again instead of asking the
// kernel to tell: the files are few and small, and links that are switched over, network mounts and
// mounted secrets all look the same to it.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Clock, systemClock } from '../upstream/clock.ts'

/** Milliseconds between two looks. */
const INTERVAL = 5_000

export interface FileWatchOptions {
  /** The contents are new, and the same in two looks: whoever writes them has finished. */
  readonly onChange: () => void
  readonly clock?: Clock
  readonly read?: (path: string) => Uint8Array
}

/** What files held at one time. */
export interface FilesSeen {
  readonly paths: readonly string[]
  /** Null while one of them cannot be read. */
  readonly digest: string | null
}

export class FileWatch {
  readonly #onChange: () => void
  readonly #clock: Clock
  readonly #read: (path: string) => Uint8Array
  #paths: readonly string[] = []
  /** Of the contents in force, and of those seen last. */
  #inForce: string | null = null
  #last: string | null = null
  #timer: unknown = null

  constructor({ onChange, clock = systemClock, read = readFileSync }: FileWatchOptions) {
    this.#onChange = onChange
    this.#clock = clock
    this.#read = (path) => read(path)
  }

  /**
   * What the files hold now. To be taken before they are put to use, so that a change in between is
   * noticed, at worst once too often.
   */
  see(paths: readonly string[]): FilesSeen {
    const unique = [...new Set(paths)].sort()
    return { paths: unique, digest: this.#digest(unique) }
  }

  /** From now on looks for contents other than these, which are in force. */
  follow({ paths, digest }: FilesSeen): void {
    this.stop()
    this.#paths = paths
    this.#inForce = digest
    this.#last = digest
    if (paths.length > 0) this.#wait()
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.stopTimer(this.#timer)
    this.#timer = null
  }

  #wait(): void {
    this.#timer = this.#clock.startTimer(() => {
      this.#wait()
      this.#look()
    }, INTERVAL)
  }

  #look(): void {
    const digest = this.#digest(this.#paths)
    const settled = digest === this.#last
    this.#last = digest
    if (digest === null || digest === this.#inForce || !settled) return
    // Told once: contents that turn out to be of no use are not tried again.
    this.#inForce = digest
    this.#onChange()
  }

  #digest(paths: readonly string[]): string | null {
    const hash = createHash('sha256')
    try {
      for (const path of paths) {
        hash.update(createHash('sha256').update(path).digest())
        hash.update(createHash('sha256').update(this.#read(path)).digest())
      }
    } catch {
      return null
    }
    return hash.digest('base64')
  }
}
