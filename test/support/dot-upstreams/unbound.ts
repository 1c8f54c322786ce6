// Unbound as DoT server: one that holds the test zone itself, and whatever else a test wants it for.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa } from '../certificates.ts'
import { freePort, type RunningProgram, startProgram } from '../processes.ts'
import { type DotUpstream, serverFolder, servesZone, TLS_NAME } from './dot-upstream.ts'
import { writeZone, ZONE } from './zone.ts'

interface UnboundPurpose {
  /** What its configuration says of this purpose; files may go into the folder. */
  configure(folder: string): string
  /** Resolves when it does on this port what it is for. */
  ready(program: RunningProgram, port: number): Promise<void>
}

export function startUnbound(ca: TestCa): Promise<DotUpstream> {
  return startUnboundFor(ca, {
    configure: (folder) => `
    auth-zone:
      name: "${ZONE}"
      zonefile: "${writeZone(folder)}"
      for-downstream: yes
      for-upstream: no`,
    ready: servesZone,
  })
}

export async function startUnboundFor(ca: TestCa, purpose: UnboundPurpose): Promise<DotUpstream> {
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
    remote-control:
      control-enable: no
    ${purpose.configure(folder.path)}
    `,
  )
  const program = started.use(startProgram('unbound', ['-d', '-c', config]))
  await purpose.ready(program, port)
  const running = started.move()
  return { name: 'Unbound', port, program, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
