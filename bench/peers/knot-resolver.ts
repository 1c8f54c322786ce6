// Knot Resolver, as it comes and tuned: a long TLS pipeline, and the modules off that a forwarder
// on loopback does without. Its cache is a file, new for every start.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TLS_NAME } from '../lab/certificates.ts'
import { type Doors, Kind, type Site, type System, Transport } from '../lab/system.ts'
import { versionOf } from '../lab/tool.ts'

const forward = (upstreamPort: number, ca: string): string =>
  `  {'127.0.0.1@${upstreamPort}', hostname = '${TLS_NAME}', ca_file = '${ca}'},\n`

const doorLines = ({ dotPort, dohPort, certificate, key }: Doors): string => `\
net.tls('${certificate}', '${key}')
net.listen('127.0.0.1', ${dotPort}, { kind = 'tls' })
net.listen('127.0.0.1', ${dohPort}, { kind = 'doh2' })
`

const plain = ({ dir, port, upstreamPorts, ca, cacheMiB, anchors, doors }: Site): string =>
  `net.listen('127.0.0.1', ${port}, { kind = 'dns' })
${doors === null ? '' : doorLines(doors)}\
modules.unload('ta_update')
trust_anchors.remove('.')
${anchors === undefined ? '' : `trust_anchors.add_file('${anchors}', true)\n`}\
cache.open(${cacheMiB} * MB, 'lmdb://${dir}/cache')
policy.add(policy.all(policy.TLS_FORWARD({
${upstreamPorts.map((upstreamPort) => forward(upstreamPort, ca)).join('')}})))
`

const tuned = (site: Site): string => `${plain(site)}
net.tcp_pipeline(10000)
option('NO_0X20', true)
option('NO_MINIMIZE', true)
local unneeded = {
  'ta_signal_query', 'ta_sentinel', 'priming', 'detect_time_skew', 'detect_time_jump',
  'edns_keepalive', 'refuse_nord', 'watchdog', 'extended_error',
}
for _, module in ipairs(unneeded) do pcall(modules.unload, module) end
`

const system = (name: string, id: string, configure: (site: Site) => string): System => ({
  name,
  id,
  kind: Kind.Peer,
  encrypted: [Transport.Dot, Transport.Doh],
  version: () => versionOf('kresd', ['--version']),
  launch: (site) => {
    const config = join(site.dir, 'kresd.conf')
    const home = join(site.dir, 'home')
    mkdirSync(home, { recursive: true })
    writeFileSync(config, configure(site))
    return { command: 'kresd', args: ['-n', '-c', config, home] }
  },
})

export const knotResolver = system('Knot Resolver', 'knot-resolver', plain)
export const knotResolverTuned = system('Knot Resolver, tuned', 'knot-resolver-tuned', tuned)
