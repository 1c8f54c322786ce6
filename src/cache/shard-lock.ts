// Who may write to a shard: a word in shared memory that holds the number of the thread that does.

import { Control } from './layout.ts'

/** Tries before an insertion is given up: a cache may forget, it may not stall. */
const TRIES = 2_000

/** Milliseconds that a flush waits for a writer at most. */
const PATIENCE = 1_000

export class ShardLock {
  readonly #control: Int32Array
  readonly #owner: number

  /** @param owner number of this thread plus one */
  constructor(control: Int32Array, owner: number) {
    this.#control = control
    this.#owner = owner
  }

  /** False when others keep it for too long. */
  take(): boolean {
    for (let i = 0; i < TRIES; i++) if (this.#try()) return true
    return false
  }

  /** @throws when a thread does not let go, perhaps because it died */
  takePatiently(): void {
    const control = this.#control
    for (let i = 0; i < PATIENCE; i++) {
      if (this.#try()) return
      Atomics.wait(control, Control.Lock, Atomics.load(control, Control.Lock), 1)
    }
    throw new Error('the cache is held by a thread that does not let go')
  }

  free(): void {
    Atomics.store(this.#control, Control.Lock, 0)
  }

  isOf(owner: number): boolean {
    return Atomics.load(this.#control, Control.Lock) === owner
  }

  #try(): boolean {
    return Atomics.compareExchange(this.#control, Control.Lock, 0, this.#owner) === 0
  }
}
