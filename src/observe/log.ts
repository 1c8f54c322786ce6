// Log lines for people and for machines that split on spaces: time, level, message, key=value.

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

export type LogFields = Readonly<Record<string, string | number | boolean | null>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** A logger whose level can change while it is in use. */
export interface LevelLogger extends Logger {
  level: Level
}

export interface LogRecord {
  readonly level: Level
  readonly message: string
  readonly fields: LogFields
}

/** A logger that hands on what is at or above its level. */
export function createLogger(level: Level, sink: (record: LogRecord) => void): LevelLogger {
  const at =
    (own: Level) =>
    (message: string, fields: LogFields = {}): void => {
      const least = LEVELS.indexOf(logger.level)
      if (LEVELS.indexOf(own) >= least) sink({ level: own, message, fields })
    }
  const logger = {
    level,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  }
  return logger
}

export function formatLogRecord({ level, message, fields }: LogRecord, time: Date): string {
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(String(value))}`)
  return `${time.toISOString()} ${level.padEnd(5)} ${printable(message)}${details.join('')}\n`
}

/** Quotes what would otherwise not be one word. */
function quoted(value: string): string {
  if (/^[^\s"=\p{C}]+$/u.test(value)) return value
  // JSON escapes the control characters of ASCII alone.
  return JSON.stringify(value).replace(UNPRINTABLE, (one) => {
    return Array.from(one, (unit) => `\\u{${unit.codePointAt(0)!.toString(16)}}`).join('')
  })
}

/** No line breaks or terminal codes from names and errors that others chose. */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\u{fffd}')
}

/** Controls, invisible marks (which turn a line's direction, too), and separators of lines. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu
