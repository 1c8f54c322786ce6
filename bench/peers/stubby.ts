// Stubby. It has no cache: a question asked before costs it what a new one does.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TLS_NAME } from '../lab/certificates.ts'
import { Kind, type System } from '../lab/system.ts'
import { versionOf } from '../lab/tool.ts'

export const stubby: System = {
  name: 'Stubby (no cache)',
  id: 'stubby',
  kind: Kind.Peer,
  encrypted: [],
  version: () => versionOf('stubby', ['-V']),
  launch: ({ dir, port, upstreamPorts, ca }) => {
    const config = join(dir, 'stubby.yml')
    const servers = upstreamPorts.map(
      (upstreamPort) => `  - address_data: 127.0.0.1
    tls_port: ${upstreamPort}
    tls_auth_name: "${TLS_NAME}"
`,
    )
    writeFileSync(
      config,
      `resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list: [GETDNS_TRANSPORT_TLS]
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_query_padding_blocksize: 128
idle_timeout: 10000
round_robin_upstreams: 1
tls_ca_file: "${ca}"
listen_addresses:
  - 127.0.0.1@${port}
upstream_recursive_servers:
${servers.join('')}`,
    )
    return { command: 'stubby', args: ['-C', config] }
  },
}
