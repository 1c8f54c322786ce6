// Runs `dotward demo` and reads what it prints.

import { runDotward } from './dotward.ts'
import type { RunningProgram } from './processes.ts'

/** A demo that has asked its own questions and waits for more. */
export async function startDemo(port: number): Promise<RunningProgram> {
  const demo = runDotward(['demo', '--port', `${port}`])
  try {
    await demo.printed(/^Ctrl-C ends it\.\n/m)
    return demo
  } catch (error) {
    await demo[Symbol.asyncDispose]()
    throw error
  }
}

/** The command lines that it prints for people to try, word by word. */
export function commandsIn(output: string): string[][] {
  const lines = output.matchAll(/^ {2}((?:dig|kdig|host|nslookup) .*?) +#/gm)
  return Array.from(lines, ([, command]) => command!.split(' '))
}

/** What it prints without what differs from run to run: times, and the port of the DoT server. */
export function masked(output: string): string {
  return output
    .replace(/(?<=Ready after )\d+/, '#')
    .replace(/(?<=DoT server {2}127\.0\.0\.1 port )\d+/, '#')
    .replaceAll(/(?<=upstream|cache|shared) +\d+\.\d$/gm, ' #')
}
