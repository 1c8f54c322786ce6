// The limit: a C program that sends every datagram back (echo.c).

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { Kind, type System } from '../lab/system.ts'
import { run, versionOf } from '../lab/tool.ts'

const COMPILER = process.env['CC'] ?? 'cc'

export const echo: System = {
  name: 'C echo (the limit)',
  id: 'echo',
  kind: Kind.Limit,
  encrypted: [],
  version: () => {
    const compiler = versionOf(COMPILER, ['--version'])
    return compiler === null ? null : `cc ${compiler} -O2`
  },
  launch: ({ dir, port }) => {
    mkdirSync(dir, { recursive: true })
    const command = join(dir, 'echo')
    compile(join(import.meta.dirname, '..', 'echo.c'), command)
    return { command, args: [String(port)] }
  },
}

/** A C file of the bench's own into a program. */
export function compile(source: string, program: string): void {
  run(COMPILER, ['-O2', '-Wall', '-o', program, source])
}
