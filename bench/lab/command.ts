// A bench as a command: its options, its errors in one line, and the sandbox that it runs in.

import { isOutside, runInSandbox } from './sandbox.ts'

export interface BenchCommand<O> {
  readonly usage: string
  /** @throws with what is wrong with the arguments, for people */
  readonly parse: (args: string[]) => O
  /** Whether it needs a network namespace of its own, with these options. */
  readonly isSandboxed: (options: O) => boolean
  readonly main: (options: O) => Promise<void>
}

/** Runs it with the arguments of this process; sets the exit code: 2 for bad arguments, 1 for errors. */
export async function runCommand<O>(command: BenchCommand<O>): Promise<void> {
  const { usage, parse, isSandboxed, main } = command
  if (process.argv.includes('--help')) {
    console.log(usage)
    return
  }
  let options: O
  try {
    options = parse(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    process.exitCode = 2
    return
  }
  try {
    if (isSandboxed(options) && isOutside()) process.exitCode = await runInSandbox()
    else await main(options)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
