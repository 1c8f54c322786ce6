// Short-lived commands, and what version of a program this machine has.

import { spawnSync } from 'node:child_process'

import { searchPath } from './program.ts'

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: searchPath() })

/** Runs a command to its end and gives its stdout. Throws, with its stderr, when it fails. */
export function run(command: string, args: readonly string[], cwd?: string): string {
  const result = spawnSync(command, args, { encoding: 'utf8', env: environment(), cwd })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${result.stderr.trim() || result.stdout.trim()}`)
  }
  return result.stdout
}

/**
 * The version that a program names for itself: the first group of `pattern` in its output, wherever
 * it prints it and whatever its exit code. Null when there is no such program.
 */
export function versionOf(
  command: string,
  args: readonly string[],
  pattern: RegExp = /(\d+(?:\.\d+)+)/,
): string | null {
  const result = spawnSync(command, args, { encoding: 'utf8', env: environment(), timeout: 10_000 })
  if (result.error !== undefined) return null
  return pattern.exec(result.stdout + result.stderr)?.[1] ?? 'unknown'
}

/** Moves this process, and what it will start, to a core. */
export function moveTo(core: number): void {
  const move = (): string => run('taskset', ['-a', '-c', '-p', String(core), String(process.pid)])
  try {
    move()
  } catch {
    // A thread of the pool ended between being listed and being moved.
    move()
  }
}
