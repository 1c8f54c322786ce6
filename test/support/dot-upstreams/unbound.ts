// Unbound as DoT server that holds the test zone itself.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa } from '../certificates.ts'
import { freePort, startProgram } from '../processes.ts'
import { type DotUpstream, serverFolder, servesZone, TLS_NAME } from './dot-upstream.ts'
import { writeZone, ZONE } from './zone.ts'

export async function startUnbound(ca: TestCa): Promise<DotUpstream> {
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
    auth-zone:
      name: "${ZONE}"
      zonefile: "${writeZone(folder.path)}"
      for-downstream: yes
      for-upstream: no
    remote-control:
      control-enable: no
    `,
  )
  const program = started.use(startProgram('unbound', ['-d', '-c', config]))
  await servesZone(program, port)
  const running = started.move()
  return {
    name: 'Unbound',
    port,
    program,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
