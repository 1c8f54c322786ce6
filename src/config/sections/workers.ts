import { availableParallelism } from 'node:os'
import { Fault, show } from '../problem.ts'
import { optional } from '../values.ts'

const MAX = 256
const REMEDY = `give auto, or a whole number from 1 to ${MAX}`

/** Gives the number of threads; `auto` is settled here, as the machine is when it is read. */
export const workers = optional<number>({
  about: `Threads that answer queries, each a whole data plane. auto: one for each core that the process may use; more than cores only costs memory. From 1 to ${MAX}.`,
  initial: 'auto',
  shape: { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: MAX }] },
  read(input) {
    if (input === 'auto') return Math.min(availableParallelism(), MAX)
    if (typeof input !== 'number' || !Number.isInteger(input)) {
      return new Fault(`${show(input)} is not a number of workers`, REMEDY)
    }
    if (input < 1) return new Fault(`${input} is below the minimum of 1`, REMEDY)
    if (input > MAX) return new Fault(`${input} is above the maximum of ${MAX}`, REMEDY)
    return input
  },
})
