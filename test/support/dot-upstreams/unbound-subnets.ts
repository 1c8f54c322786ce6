// Unbound as a DoT server that tells an authority of its clients' subnets (RFC 7871), and keeps what
// it hears for each of them.

import type { TestCa } from '../certificates.ts'
import { requireTool, runProgram } from '../processes.ts'
import type { DotUpstream } from './dot-upstream.ts'
import { startUnboundFor } from './unbound.ts'

/** @param target the port on 127.0.0.1 of the authority for example.org */
export function startUnboundSubnets(ca: TestCa, target: number): Promise<DotUpstream> {
  requireTool('kdig')
  return startUnboundFor(ca, {
    configure: () => `
    server:
      module-config: "subnetcache iterator"
      do-not-query-localhost: no
      client-subnet-always-forward: yes
      send-client-subnet: 127.0.0.1
      local-zone: example.org nodefault
    stub-zone:
      name: "example.org"
      stub-addr: 127.0.0.1@${target}`,
    async ready(program, port) {
      // Unbound knows this name by itself (RFC 6761 §6.3), whoever it would ask for others.
      const args = ['@127.0.0.1', '-p', `${port}`, '+tls', '+retry=0', '+time=1', 'localhost', 'A']
      await program.until('it answered over TLS', async () =>
        (await runProgram('kdig', args)).output.includes('status: NOERROR'),
      )
    },
  })
}
