// Time as this folder sees it, so that tests can hold it still.

export interface Clock {
  /** Milliseconds that never go backwards. */
  now(): number
  /** Calls back once, after `ms` milliseconds or a little later. Must not keep the process alive. */
  startTimer(callback: () => void, ms: number): unknown
  stopTimer(timer: unknown): void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer: (callback, ms) => setTimeout(callback, ms).unref(),
  stopTimer: (timer) => {
    clearTimeout(timer as NodeJS.Timeout)
  },
}
