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
    run(COMPILER, ['-O2', '-Wall', '-o', command, join(import.meta.dirname, '..', 'echo.c')])
    return { command, args: [String(port)] }
  },
}
