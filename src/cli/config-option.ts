import { parseArgs } from 'node:util'

/**
 * Reads the one option of commands that take a configuration, `-c FILE`; null without it.
 * @throws TypeError, in words for people, when there is anything else
 */
export function configOption(args: readonly string[]): string | null {
  const options = { config: { type: 'string', short: 'c' } } as const
  return parseArgs({ args: [...args], options }).values.config ?? null
}
