// What can be wrong with a configuration, told so that a person can mend it.

export type Path = readonly (string | number)[]

/** Where a setting was written. Lines and columns count from 1; null when it has no place. */
export type Origin =
  | {
      readonly kind: 'file'
      readonly file: string
      readonly line: number | null
      readonly column: number | null
    }
  | { readonly kind: 'environment'; readonly variable: string }

export interface Problem {
  readonly origin: Origin
  /** As `upstreams[1].port`; empty for the document itself. */
  readonly path: string
  /** What is wrong. */
  readonly message: string
  /** What to write instead. */
  readonly remedy: string
}

/** A value that cannot be taken, before anybody knows where it was written. */
export class Fault {
  readonly message: string
  readonly remedy: string

  constructor(message: string, remedy: string) {
    this.message = message
    this.remedy = remedy
  }
}

export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** One line: `FILE:LINE:COLUMN path: message; remedy`. */
export function formatProblem({ origin, path, message, remedy }: Problem): string {
  const subject = path === '' ? '' : ` ${path}`
  return `${formatOrigin(origin)}${subject}: ${message}; ${remedy}`
}

function formatOrigin(origin: Origin): string {
  if (origin.kind === 'environment') return `environment ${origin.variable}`
  return origin.line === null ? origin.file : `${origin.file}:${origin.line}:${origin.column}`
}

/** A value as it is quoted in a message: short, on one line, nothing that moves a terminal. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  const plain = text.replaceAll(/[\u007f-\u009f\u2028\u2029\u202a-\u202e]/gu, '\ufffd')
  return plain.length <= 80 ? plain : `${plain.slice(0, 79)}…`
}
