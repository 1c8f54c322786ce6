// Knot Resolver as DoT server. It asks a plain BIND for the zone, so its own cache ages the TTLs.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa } from '../certificates.ts'
import { freePort, startProgram } from '../processes.ts'
import { startBind } from './bind.ts'
import { type DotUpstream, serverFolder, servesZone, TLS_NAME } from './dot-upstream.ts'

export async function startKnotResolver(ca: TestCa): Promise<DotUpstream> {
  await using started = new AsyncDisposableStack()
  const folder = started.use(serverFolder())
  const origin = started.use(await startBind(ca))
  const port = await freePort()
  const { certPath, keyPath } = ca.issue({ names: [TLS_NAME], ips: ['127.0.0.1'] })
  const config = join(folder.path, 'kresd.conf')
  writeFileSync(
    config,
    `net.listen('127.0.0.1', ${port}, { kind = 'tls' })
    net.tls('${certPath}', '${keyPath}')
    modules.unload('ta_update')
    modules.unload('priming')
    trust_anchors.remove('.')
    cache.open(10 * MB, 'lmdb://${folder.path}/cache')
    policy.add(policy.all(policy.STUB({ '127.0.0.1@${origin.plainPort}' })))
    `,
  )
  const program = started.use(startProgram('kresd', ['-n', '-c', config, folder.path]))
  await servesZone(program, port)
  const running = started.move()
  return {
    name: 'Knot Resolver',
    port,
    program,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
