// Unbound, forwarding. It validates where all others do.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TLS_NAME } from '../lab/certificates.ts'
import { type Doors, Kind, type System, Transport } from '../lab/system.ts'
import { versionOf } from '../lab/tool.ts'

/**
 * Connections of clients, reserved once for each interface, and sockets for queries: together as
 * many as fit into 20,000 open files, the usual limit of a service.
 */
const CONNECTIONS = 6000
const SOCKETS = 1024

export const unbound: System = {
  name: 'Unbound',
  id: 'unbound',
  kind: Kind.Peer,
  encrypted: [Transport.Dot, Transport.Doh],
  version: () => versionOf('unbound', ['-V'], /Version ([\d.]+)/),
  launch: ({ dir, port, upstreamPorts, ca, cacheMiB, anchors, doors }) => {
    const config = join(dir, 'unbound.conf')
    const forwards = upstreamPorts.map(
      (upstreamPort) => `  forward-addr: 127.0.0.1@${upstreamPort}#${TLS_NAME}\n`,
    )
    // The manual advises twice as much for RRsets as for messages.
    const messages = Math.round(cacheMiB / 3)
    writeFileSync(
      config,
      `server:
  num-threads: 1
  interface: 127.0.0.1@${port}
${doors === null ? '' : doorLines(doors)}  so-reuseport: yes
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
${anchors === undefined ? '  module-config: "iterator"\n' : validatorLines(anchors)}\
  msg-cache-size: ${messages}m
  rrset-cache-size: ${cacheMiB - messages}m
  outgoing-num-tcp: 100
  outgoing-range: ${doors === null ? 8192 : SOCKETS}
  num-queries-per-thread: 4096
  tls-cert-bundle: "${ca}"
forward-zone:
  name: "."
${forwards.join('')}  forward-tls-upstream: yes
remote-control:
  control-enable: no
`,
    )
    return { command: 'unbound', args: ['-c', config] }
  },
}

const validatorLines = (anchors: string): string => `\
  module-config: "validator iterator"
  trust-anchor-file: "${anchors}"
`

const doorLines = ({ dotPort, dohPort, certificate, key }: Doors): string => `\
  interface: 127.0.0.1@${dotPort}
  interface: 127.0.0.1@${dohPort}
  tls-port: ${dotPort}
  https-port: ${dohPort}
  tls-service-pem: "${certificate}"
  tls-service-key: "${key}"
  incoming-num-tcp: ${CONNECTIONS}
  tcp-idle-timeout: 120000
`
