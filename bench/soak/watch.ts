// Watches a dotward from outside, and through the probe from inside.

import { existsSync, readdirSync, readFileSync } from 'node:fs'

import type { RunningSystem } from '../lab/system.ts'
import type { Sample } from './results.ts'

export interface ThreadSample {
  readonly thread: number
  readonly heapBytes: number
  readonly handles: number
}

export class Watch {
  readonly samples: Sample[] = []
  readonly #running: RunningSystem
  readonly #file: string
  readonly #begun = performance.now()

  /** @param file what the probe writes */
  constructor(running: RunningSystem, file: string) {
    this.#running = running
    this.#file = file
  }

  take(): void {
    const { program } = this.#running
    const threads = this.#threads()
    if (threads.length === 0) return
    this.samples.push({
      seconds: (performance.now() - this.#begun) / 1000,
      residentBytes: program.residentBytes(),
      fileDescriptors: readdirSync(`/proc/${program.pid}/fd`).length,
      heapBytes: threads.reduce((sum, thread) => sum + thread.heapBytes, 0),
      handles: threads.reduce((sum, thread) => sum + thread.handles, 0),
    })
  }

  /** The last of each. */
  #threads(): ThreadSample[] {
    if (!existsSync(this.#file)) return []
    const last = new Map<number, ThreadSample>()
    for (const line of readFileSync(this.#file, 'utf8').split('\n')) {
      if (line === '') continue
      const sample = JSON.parse(line) as ThreadSample
      last.set(sample.thread, sample)
    }
    return [...last.values()]
  }
}
