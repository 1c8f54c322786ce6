// smartdns, with what it does beside forwarding (speed checks, prefetching) switched off.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TLS_NAME } from '../lab/certificates.ts'
import { Kind, type System } from '../lab/system.ts'
import { versionOf } from '../lab/tool.ts'

export const smartdns: System = {
  name: 'smartdns',
  id: 'smartdns',
  kind: Kind.Peer,
  encrypted: [],
  version: () => versionOf('smartdns', ['-v'], /smartdns (\d[\w.]*)/),
  launch: ({ dir, port, upstreamPorts }) => {
    const config = join(dir, 'smartdns.conf')
    const servers = upstreamPorts.map(
      (upstreamPort) =>
        `server-tls 127.0.0.1:${upstreamPort} -host-name ${TLS_NAME} ` +
        `-tls-host-verify ${TLS_NAME} -no-check-certificate\n`,
    )
    // The certificate's chain goes unchecked, its name is checked: it takes no authority of ours.
    writeFileSync(
      config,
      `bind 127.0.0.1:${port}
cache-size 2000000
cache-persist no
prefetch-domain no
serve-expired no
speed-check-mode none
response-mode fastest-response
log-level error
log-file ${dir}/smartdns.log
${servers.join('')}`,
    )
    return { command: 'smartdns', args: ['-f', '-c', config, '-p', '-'] }
  },
}
