// Unbound as a DoT server that knows nothing itself and asks a plain server for everything.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa } from '../certificates.ts'
import { freePort, requireTool, runProgram, startProgram } from '../processes.ts'
import { type DotUpstream, serverFolder, TLS_NAME } from './dot-upstream.ts'

/** @param target the port on 127.0.0.1 that it asks */
export async function startUnboundForwarder(ca: TestCa, target: number): Promise<DotUpstream> {
  await using started = new AsyncDisposableStack()
  const folder = started.use(serverFolder())
  const port = await freePort()
  const { certPath, keyPath } = ca.issue({ names: [TLS_NAME], ips: ['127.0.0.1'] })
  const config = join(folder.path, 'unbound.conf')
  writeFileSync(
    config,
    `server:
      directory: "${folder.path}"
      chroot: ""
      username: ""
      pidfile: ""
      use-syslog: no
      num-threads: 1
      interface: 127.0.0.1@${port}
      tls-port: ${port}
      tls-service-key: "${keyPath}"
      tls-service-pem: "${certPath}"
      access-control: 127.0.0.0/8 allow
      module-config: "iterator"
      do-not-query-localhost: no
    forward-zone:
      name: "."
      forward-addr: 127.0.0.1@${target}
    remote-control:
      control-enable: no
    `,
  )
  const program = started.use(startProgram('unbound', ['-d', '-c', config]))
  requireTool('kdig')
  // Unbound knows this name by itself (RFC 6761 §6.3), whoever it would ask for others.
  const args = ['@127.0.0.1', '-p', `${port}`, '+tls', '+retry=0', '+time=1', 'localhost', 'A']
  await program.until('it answered over TLS', async () =>
    (await runProgram('kdig', args)).output.includes('status: NOERROR'),
  )
  const running = started.move()
  return { name: 'Unbound', port, program, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
