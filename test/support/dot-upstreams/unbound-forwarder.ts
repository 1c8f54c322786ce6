// Unbound as a DoT server that knows nothing itself and asks a plain server for everything.

import type { TestCa } from '../certificates.ts'
import { requireTool, runProgram } from '../processes.ts'
import type { DotUpstream } from './dot-upstream.ts'
import { startUnboundFor } from './unbound.ts'

/** @param target the port on 127.0.0.1 that it asks */
export function startUnboundForwarder(ca: TestCa, target: number): Promise<DotUpstream> {
  requireTool('kdig')
  return startUnboundFor(ca, {
    configure: () => `
    server:
      do-not-query-localhost: no
    forward-zone:
      name: "."
      forward-addr: 127.0.0.1@${target}`,
    async ready(program, port) {
      // Unbound knows this name by itself (RFC 6761 §6.3), whoever it would ask for others.
      const args = ['@127.0.0.1', '-p', `${port}`, '+tls', '+retry=0', '+time=1', 'localhost', 'A']
      await program.until('it answered over TLS', async () =>
        (await runProgram('kdig', args)).output.includes('status: NOERROR'),
      )
    },
  })
}
