// The clock that entries are dated by: monotonic, and the same in all threads of the process.

export interface SecondsClock {
  /** Whole seconds since some fixed moment before the process started. */
  seconds(): number
}

/** performance.now() counts from each thread's own start; this puts all threads on one scale. */
export function sharedSecondsClock(): SecondsClock {
  const [seconds, nanoseconds] = process.hrtime()
  const base = seconds * 1000 + nanoseconds / 1e6 - performance.now()
  return { seconds: () => ((base + performance.now()) / 1000) | 0 }
}
