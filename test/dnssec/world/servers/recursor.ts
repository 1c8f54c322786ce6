// Unbound between the authorities and whoever validates: it resolves, over TLS and plain, and checks
// nothing. Each zone is a stub, for authorities on free ports cannot be found by their addresses.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCa } from '../../../support/certificates.ts'
import { TLS_NAME } from '../../../support/dot-upstreams/dot-upstream.ts'
import { freePort, type RunningProgram, startProgram } from '../../../support/processes.ts'

export interface Recursor {
  /** DNS over TLS. */
  readonly port: number
  readonly plainPort: number
  readonly program: RunningProgram
}

/** @param stubs a zone and the port of its authority */
export async function startRecursor(
  stubs: readonly (readonly [zone: string, port: number])[],
  ca: TestCa,
  parent: string,
): Promise<Recursor> {
  const folder = join(parent, 'recursor')
  mkdirSync(folder)
  const [port, plainPort] = [await freePort(), await freePort()]
  const { certPath, keyPath } = ca.issue({ names: [TLS_NAME], ips: ['127.0.0.1'] })
  const config = join(folder, 'unbound.conf')
  writeFileSync(
    config,
    `server:
  ${unboundBasics(folder)}
  module-config: "iterator"
  interface: 127.0.0.1@${port}
  interface: 127.0.0.1@${plainPort}
  tls-port: ${port}
  tls-service-key: "${keyPath}"
  tls-service-pem: "${certPath}"
  incoming-num-tcp: 200
  outgoing-num-tcp: 100
  msg-cache-size: 4m
  rrset-cache-size: 8m
  # Nothing but what authorities said: no answers put together from pieces or left out, which is why
  # stubs are not cached, and the same whoever asks first.
  minimal-responses: no
  harden-below-nxdomain: no
  qname-minimisation: no
${stubs.map(([zone, target]) => `stub-zone:\n  name: "${zone}"\n  stub-addr: 127.0.0.1@${target}\n  stub-no-cache: yes\n`).join('')}`,
  )
  return { port, plainPort, program: startProgram('unbound', ['-d', '-c', config]) }
}

/** What every Unbound of these tests has in its `server` section. */
export function unboundBasics(folder: string): string {
  return `directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  num-threads: 1
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  edns-buffer-size: 1232
  ip-ratelimit: 0
  ratelimit: 0
  prefetch: no
  unblock-lan-zones: yes
  local-zone: "example." nodefault`
}
