// The peers that are written in Go, as peers/install-go.sh builds them, or as found in PATH.
// All take the lab's authority from the environment (crypto/x509).

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TLS_NAME } from '../lab/certificates.ts'
import type { Launch } from '../lab/program.ts'
import { type Doors, Kind, type Site, type System, Transport } from '../lab/system.ts'
import { versionOf } from '../lab/tool.ts'

const BUILT = join(import.meta.dirname, '..', '..', '.bench', 'gobin')

interface GoPeer {
  readonly name: string
  readonly command: string
  /** What to ask a build from elsewhere for its version with. */
  readonly versionArgs: readonly string[]
  /** Writes what configuration it needs and gives the arguments. */
  readonly configure: (site: Site) => string[]
}

function goPeer({ name, command, versionArgs, configure }: GoPeer): System {
  const built = join(BUILT, command)
  return {
    name,
    id: command,
    kind: Kind.Peer,
    encrypted: [Transport.Dot, Transport.Doh],
    version: () =>
      existsSync(`${built}.version`)
        ? readFileSync(`${built}.version`, 'utf8').trim().replace(/^v/, '')
        : versionOf(command, versionArgs),
    launch: (site): Launch => ({
      command: existsSync(built) ? built : command,
      args: configure(site),
      env: { SSL_CERT_FILE: site.ca },
    }),
  }
}

export const dnsproxy = goPeer({
  name: 'AdGuard dnsproxy',
  command: 'dnsproxy',
  versionArgs: ['--version'],
  configure: ({ port, upstreamPorts, cacheMiB, doors }) => [
    '--listen=127.0.0.1',
    `--port=${port}`,
    ...(doors === null
      ? []
      : [
          `--tls-port=${doors.dotPort}`,
          `--https-port=${doors.dohPort}`,
          `--tls-crt=${doors.certificate}`,
          `--tls-key=${doors.key}`,
        ]),
    ...upstreamPorts.map((upstreamPort) => `--upstream=tls://127.0.0.1:${upstreamPort}`),
    '--cache',
    `--cache-size=${cacheMiB * 1024 * 1024}`,
  ],
})

export const coredns = goPeer({
  name: 'CoreDNS',
  command: 'coredns',
  versionArgs: ['-version'],
  configure: (site) => {
    const { dir, port, doors } = site
    const config = join(dir, 'Corefile')
    const blocks = [coreBlock(site, `.:${port}`, '')]
    if (doors !== null) {
      const tls = `tls ${doors.certificate} ${doors.key}`
      blocks.push(
        coreBlock(site, `tls://.:${doors.dotPort}`, tls),
        coreBlock(site, `https://.:${doors.dohPort}`, tls),
      )
    }
    writeFileSync(config, blocks.join(''))
    return ['-conf', config]
  },
})

/** Each has a cache of its own. */
function coreBlock({ upstreamPorts, ca }: Site, zone: string, tls: string): string {
  const servers = upstreamPorts.map((upstreamPort) => `tls://127.0.0.1:${upstreamPort}`)
  return `${zone} {
  bind 127.0.0.1
  ${tls}
  cache 3600 {
    success 2000000
  }
  forward . ${servers.join(' ')} {
    tls ${ca}
    tls_servername ${TLS_NAME}
  }
}
`
}

export const blocky = goPeer({
  name: 'blocky',
  command: 'blocky',
  versionArgs: ['version'],
  configure: ({ dir, port, upstreamPorts, doors }) => {
    const config = join(dir, 'blocky.yml')
    const servers = upstreamPorts.map(
      (upstreamPort) => `      - tcp-tls:127.0.0.1:${upstreamPort}#${TLS_NAME}\n`,
    )
    // Without the last line it would answer for .example by itself (RFC 6761 §6.5).
    writeFileSync(
      config,
      `upstreams:
  groups:
    default:
${servers.join('')}ports:
  dns: 127.0.0.1:${port}
${doors === null ? '' : blockyDoors(doors)}log:
  level: error
specialUseDomains:
  enable: false
`,
    )
    return ['serve', '--config', config]
  },
})

const blockyDoors = ({ dotPort, dohPort, certificate, key }: Doors): string =>
  `  tls: 127.0.0.1:${dotPort}
  https: 127.0.0.1:${dohPort}
certFile: ${certificate}
keyFile: ${key}
`

export const routedns = goPeer({
  name: 'routedns',
  command: 'routedns',
  versionArgs: ['--version'],
  configure: ({ dir, port, upstreamPorts, ca, doors }) => {
    const config = join(dir, 'routedns.toml')
    const names = upstreamPorts.map((_, i) => `"lab-${i + 1}"`).join(', ')
    const resolvers = upstreamPorts.map(
      (upstreamPort, i) => `[resolvers.lab-${i + 1}]
address = "127.0.0.1:${upstreamPort}"
protocol = "dot"
ca = "${ca}"
server-name = "${TLS_NAME}"

`,
    )
    writeFileSync(
      config,
      `${resolvers.join('')}[groups.all]
type = "fail-rotate"
resolvers = [${names}]

[groups.cached]
type = "cache"
resolvers = ["all"]
backend = { type = "memory", size = 2000000 }

[listeners.udp]
address = "127.0.0.1:${port}"
protocol = "udp"
resolver = "cached"
${doors === null ? '' : routednsDoors(doors)}`,
    )
    return ['--log-level=2', config]
  },
})

const routednsDoors = ({ dotPort, dohPort, certificate, key }: Doors): string =>
  [
    { protocol: 'dot', port: dotPort },
    { protocol: 'doh', port: dohPort },
  ]
    .map(
      ({ protocol, port }) => `
[listeners.${protocol}]
address = "127.0.0.1:${port}"
protocol = "${protocol}"
resolver = "cached"
server-crt = "${certificate}"
server-key = "${key}"
`,
    )
    .join('')
