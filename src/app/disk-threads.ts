// The threads that have stores on disk open: one for the plan in force, and for a moment another for
// the one that follows it.

import { DiskKeeper } from '../cache/stores/disk-keeper.ts'
import type { LevelLogger } from '../observe/log.ts'
import type { StorePlan } from '../worker/plan.ts'

export interface DiskThreadsOptions {
  readonly log: LevelLogger
}

export class DiskThreads {
  readonly #options: DiskThreadsOptions
  /** By the memory in which plans find them. */
  readonly #keepers = new Map<SharedArrayBuffer, DiskKeeper>()

  constructor(options: DiskThreadsOptions) {
    this.#options = options
  }

  /** Opens what a plan needs. Rejects when that cannot be used. */
  async prepare(plan: StorePlan | null): Promise<void> {
    const disk = diskOf(plan)
    if (disk === null || this.#keepers.has(disk.thread)) return
    const { log } = this.#options
    const onLost = (reason: string) =>
      log.error('the store on disk is lost: it is opened again', { path: disk.path, reason })
    try {
      this.#keepers.set(disk.thread, await DiskKeeper.start({ ...disk, onLost }))
    } catch (error) {
      const message = `${disk.path} cannot be used as a store: ${(error as Error).message}`
      throw new Error(message, { cause: error })
    }
  }

  /** Closes what the plan in force does not need. */
  async settle(inForce: StorePlan | null): Promise<void> {
    const needed = diskOf(inForce)?.thread
    const left = [...this.#keepers].filter(([thread]) => thread !== needed)
    for (const [thread] of left) this.#keepers.delete(thread)
    await Promise.all(left.map(([, keeper]) => keeper.close()))
  }
}

function diskOf(plan: StorePlan | null) {
  return plan?.engine.kind === 'disk' ? plan.engine.options : null
}
