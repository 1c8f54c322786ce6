// Work that seldom has to wait, written as if it never had to. A generator yields the promises that it
// must wait for; what can go on at once goes on at once, and costs no promise.

/** Yields what it waits for, and goes on with what that became. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>

/** The value, waited for if it must be. */
export function* settled<T>(value: T | Promise<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value
}

/** Goes through all steps; a promise only when one of them had to be waited for. */
export function run<T>(steps: Steps<T>): T | Promise<T> {
  const step = steps.next()
  return step.done === true ? step.value : goOn(steps, step.value)
}

async function goOn<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  let wanted = first
  for (;;) {
    const step = steps.next(await wanted)
    if (step.done === true) return step.value
    wanted = step.value
  }
}
