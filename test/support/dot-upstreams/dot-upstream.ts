// What the real DoT servers of the interop tests have in common.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCa } from '../certificates.ts'
import { type RunningProgram, requireTool, runProgram } from '../processes.ts'
import { ZONE } from './zone.ts'

/** The name in every upstream's certificate. */
export const TLS_NAME = 'dns.example.org'

/** A running DoT server on 127.0.0.1 that serves the test zone. */
export interface DotUpstream extends AsyncDisposable {
  readonly name: string
  readonly port: number
  readonly program: RunningProgram
}

/** How dotward's configuration names it. */
export function upstreamConfig({ name, port }: Pick<DotUpstream, 'name' | 'port'>, ca: TestCa) {
  const id = name.toLowerCase().replaceAll(/\W/g, '-')
  return { name: id, address: '127.0.0.1', port, tlsName: TLS_NAME, ca: ca.caPath }
}

export type StartDotUpstream = (ca: TestCa) => Promise<DotUpstream>

/** A folder of its own for a server's files. */
export function serverFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'dotward-upstream-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Waits until the server answers for the zone over TLS. */
export function servesZone(program: RunningProgram, port: number): Promise<void> {
  requireTool('kdig')
  return program.until('it served the zone over TLS', async () => {
    const args = ['@127.0.0.1', '-p', `${port}`, '+tls', '+retry=0', '+time=1', ZONE, 'SOA']
    return (await runProgram('kdig', args)).output.includes('status: NOERROR')
  })
}
