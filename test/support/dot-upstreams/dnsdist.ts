// dnsdist as DoT front of a plain BIND.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa } from '../certificates.ts'
import { freePort, startProgram } from '../processes.ts'
import { startBind } from './bind.ts'
import { type DotUpstream, serverFolder, servesZone, TLS_NAME } from './dot-upstream.ts'

export async function startDnsdist(ca: TestCa): Promise<DotUpstream> {
  await using started = new AsyncDisposableStack()
  const folder = started.use(serverFolder())
  const origin = started.use(await startBind(ca))
  const [port, plainPort] = [await freePort(), await freePort()]
  const { certPath, keyPath } = ca.issue({ names: [TLS_NAME], ips: ['127.0.0.1'] })
  const config = join(folder.path, 'dnsdist.conf')
  writeFileSync(
    config,
    `setLocal('127.0.0.1:${plainPort}')
    addTLSLocal('127.0.0.1:${port}', '${certPath}', '${keyPath}', { provider = 'openssl' })
    newServer({ address = '127.0.0.1:${origin.plainPort}', healthCheckMode = 'up' })
    setSecurityPollSuffix('')
    `,
  )
  const program = started.use(
    startProgram('dnsdist', ['--supervised', '--disable-syslog', '-C', config]),
  )
  await servesZone(program, port)
  const running = started.move()
  return {
    name: 'dnsdist',
    port,
    program,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
