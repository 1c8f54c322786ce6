// The kinds of value that a setting can have. Each reads what stands in the file and gives either
// the value or a Fault, and carries what the published JSON Schema says of it.

import * as z from 'zod'
import { Fault, show } from './problem.ts'
import {
  formatDuration,
  formatPercentage,
  formatSize,
  parseDuration,
  parsePercentage,
  parseSize,
} from './units.ts'

/** What a setting's JSON Schema adds to its description and default. */
type Shape = Readonly<Record<string, unknown>>

interface ValueOptions<T> {
  /** One sentence: what it sets, and why the bounds are what they are. */
  readonly about: string
  readonly shape: Shape
  read(this: void, input: unknown): T | Fault
}

/** A setting that must be given. */
export function required<T>({ about, shape, read }: ValueOptions<T>): z.ZodType<T> {
  const schema = z.unknown().transform((input, context): T => {
    const result = input === undefined ? new Fault('is missing', 'add it') : read(input)
    if (!(result instanceof Fault)) return result
    report(context, result)
    return z.NEVER
  })
  return schema.meta({ description: about, ...shape })
}

/** A setting with a default, which is written as in a file. */
export function optional<T>(
  options: ValueOptions<T> & { readonly initial: unknown },
): z.ZodType<T> {
  const { about, initial, shape, read } = options
  return required({ about, shape, read })
    .prefault(initial)
    .meta({ description: about, ...shape })
}

/** Records a fault while a schema runs. `path` leads from the value at hand. */
export function report(
  context: z.core.$RefinementCtx,
  fault: Fault,
  path: readonly PropertyKey[] = [],
): void {
  const { message, remedy } = fault
  context.issues.push({
    code: 'custom',
    message,
    params: { remedy },
    path: [...path],
    input: undefined,
  })
}

/** A group of settings: no others are allowed beside them. */
export function section<S extends z.core.$ZodShape>(
  about: string,
  shape: S,
): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape).meta({ description: about })
}

/** A section that may be left out: each of its settings has a default. */
export function withDefaults<T extends z.ZodType>(schema: T): z.ZodPrefault<T> {
  return schema.prefault({} as z.input<T>)
}

interface BoundedOptions<T> {
  readonly about: string
  readonly initial: T
  readonly min: T
  readonly max: T
}

export function integer(options: BoundedOptions<number>): z.ZodType<number> {
  const { about, initial, min, max } = options
  const remedy = `give a whole number from ${min} to ${max}`
  return optional({
    about: `${about} From ${min} to ${max}.`,
    initial,
    shape: { type: 'integer', minimum: min, maximum: max },
    read(input) {
      if (typeof input !== 'number' || !Number.isInteger(input)) {
        return new Fault(`${show(input)} is not a whole number`, remedy)
      }
      return within(input, min, max, String, remedy)
    },
  })
}

/** Gives milliseconds. */
export function duration(options: BoundedOptions<string>): z.ZodType<number> {
  const { about, initial, min, max } = options
  const remedy = `give a duration from ${min} to ${max}`
  const [least, most] = [parseDuration(min)!, parseDuration(max)!]
  return optional({
    about: `${about} From ${min} to ${max}.`,
    initial,
    shape: { type: 'string', pattern: '^[0-9]+(ms|s|m|h|d)$' },
    read(input) {
      const value = typeof input === 'string' ? parseDuration(input) : null
      if (value === null) {
        return new Fault(
          `${show(input)} is not a duration`,
          `${remedy}, with its unit: ms, s, m, h, d`,
        )
      }
      return within(value, least, most, formatDuration, remedy)
    },
  })
}

/** Gives octets. */
export function size(options: BoundedOptions<string>): z.ZodType<number> {
  const { about, initial, min, max } = options
  const remedy = `give a size from ${min} to ${max}`
  const [least, most] = [parseSize(min)!, parseSize(max)!]
  return optional({
    about: `${about} From ${min} to ${max}.`,
    initial,
    shape: { type: ['string', 'integer'], pattern: '^[0-9]+(B|KiB|MiB|GiB)$', minimum: least },
    read(input) {
      const value = typeof input === 'string' ? parseSize(input) : input
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        return new Fault(`${show(input)} is not a size`, `${remedy}, with its unit: KiB, MiB, GiB`)
      }
      return within(value, least, most, formatSize, remedy)
    },
  })
}

/** Gives a share of 1. */
export function percentage(options: BoundedOptions<string>): z.ZodType<number> {
  const { about, initial, min, max } = options
  const remedy = `give a percentage from ${min} to ${max}`
  const [least, most] = [parsePercentage(min)!, parsePercentage(max)!]
  return optional({
    about: `${about} From ${min} to ${max}.`,
    initial,
    shape: { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?%$' },
    read(input) {
      const value = typeof input === 'string' ? parsePercentage(input) : null
      if (value === null) return new Fault(`${show(input)} is not a percentage`, remedy)
      return within(value, least, most, formatPercentage, remedy)
    },
  })
}

/** The path of a file, from the folder of the configuration; null for none. */
export function file(about: string): z.ZodType<string | null> {
  return optional<string | null>({
    about,
    initial: null,
    shape: { type: ['string', 'null'] },
    read: (input) => (input === null || isPath(input) ? input : noPath(input)),
  })
}

/** The path of a file that must be named. */
export function requiredFile(about: string): z.ZodType<string> {
  return required<string>({
    about,
    shape: { type: 'string' },
    read: (input) => (isPath(input) ? input : noPath(input)),
  })
}

function isPath(input: unknown): input is string {
  return typeof input === 'string' && input !== '' && !input.includes('\0')
}

function noPath(input: unknown): Fault {
  return new Fault(`${show(input)} is not a file name`, 'give its path')
}

interface FlagOptions {
  readonly about: string
  readonly initial: boolean
}

export function flag({ about, initial }: FlagOptions): z.ZodType<boolean> {
  return optional({
    about,
    initial,
    shape: { type: 'boolean' },
    read: (input) =>
      typeof input === 'boolean'
        ? input
        : new Fault(`${show(input)} is neither true nor false`, 'give true or false'),
  })
}

interface ChoiceOptions<T extends string> {
  readonly about: string
  readonly initial: T
  readonly choices: readonly T[]
}

export function choice<const T extends string>(options: ChoiceOptions<T>): z.ZodType<T> {
  const { about, initial, choices } = options
  return optional({
    about,
    initial,
    shape: { enum: choices },
    read: (input) =>
      choices.find((one) => one === input) ??
      new Fault(`${show(input)} is not known to this version`, `give ${choices.join(' or ')}`),
  })
}

interface ListOptions<T> {
  readonly about: string
  readonly initial: readonly unknown[]
  readonly min: number
  readonly max: number
  readonly of: z.ZodType<T>
}

export function list<T>({ about, initial, min, max, of }: ListOptions<T>): z.ZodType<T[]> {
  return z
    .array(of)
    .min(min)
    .max(max)
    .prefault([...initial])
    .meta({ description: about })
}

function within(
  value: number,
  min: number,
  max: number,
  format: (value: number) => string,
  remedy: string,
): number | Fault {
  if (value < min)
    return new Fault(`${format(value)} is below the minimum of ${format(min)}`, remedy)
  if (value > max)
    return new Fault(`${format(value)} is above the maximum of ${format(max)}`, remedy)
  return value
}
