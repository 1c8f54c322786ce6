// BIND as authoritative server of the test zone, over TLS and plain, on ports of its own.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa } from '../certificates.ts'
import { freePort, startProgram } from '../processes.ts'
import { type DotUpstream, serverFolder, servesZone, TLS_NAME } from './dot-upstream.ts'
import { writeZone, ZONE } from './zone.ts'

export interface Bind extends DotUpstream {
  /** Where the same zone is served over plain UDP and TCP. */
  readonly plainPort: number
}

export async function startBind(ca: TestCa): Promise<Bind> {
  await using started = new AsyncDisposableStack()
  const folder = started.use(serverFolder())
  const [port, plainPort] = [await freePort(), await freePort()]
  const { certPath, keyPath } = ca.issue({ names: [TLS_NAME], ips: ['127.0.0.1'] })
  const config = join(folder.path, 'named.conf')
  writeFileSync(
    config,
    `tls test { cert-file "${certPath}"; key-file "${keyPath}"; };
    options {
      directory "${folder.path}";
      pid-file none;
      session-keyfile none;
      listen-on port ${plainPort} { 127.0.0.1; };
      listen-on port ${port} tls test { 127.0.0.1; };
      listen-on-v6 { none; };
      recursion no;
      minimal-responses yes;
      check-names primary ignore;
      dnssec-validation no;
      notify no;
    };
    controls { };
    zone "${ZONE}" { type primary; file "${writeZone(folder.path)}"; };
    `,
  )
  const program = started.use(startProgram('named', ['-g', '-n', '1', '-c', config]))
  await servesZone(program, port)
  const running = started.move()
  return {
    name: 'BIND',
    port,
    plainPort,
    program,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
