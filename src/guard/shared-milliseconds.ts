/**
 * A clock that never goes back and is the same in all threads of the process: milliseconds since some
 * fixed moment. performance.now() counts from each thread's own start.
 */
export function sharedMilliseconds(): () => number {
  const [seconds, nanoseconds] = process.hrtime()
  const base = seconds * 1000 + nanoseconds / 1e6 - performance.now()
  return () => base + performance.now()
}
