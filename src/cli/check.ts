// dotward check [-c FILE]: says everything that is wrong with a configuration, or what it comes to.

import { checkConfig } from '../app/check-config.ts'
import { configOption } from './config-option.ts'

const USAGE = 'usage: dotward check [-c FILE]'

/**
 * @param args those behind `check`
 * @returns the exit code: 0 fine, 1 problems, 2 wrong usage
 */
export function check(args: readonly string[]): number {
  let file: string | null
  try {
    file = configOption(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    return 2
  }
  const { ok, lines } = checkConfig({ file, environment: process.env })
  const text = lines.join('\n')
  if (ok) console.log(text)
  else console.error(text)
  return ok ? 0 : 1
}
