// dnsdist, as it comes and tuned: batched UDP, a cache that does not age TTLs, and many queries in
// flight on one DoT connection instead of one. An only upstream counts as up, asked or not.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TLS_NAME } from '../lab/certificates.ts'
import { Kind, type Site, type System, Transport } from '../lab/system.ts'
import { versionOf } from '../lab/tool.ts'
import { ZONE } from '../lab/upstream.ts'

const CACHED_ANSWERS = 2_000_000

const servers = ({ upstreamPorts, ca }: Site, more: string): string =>
  upstreamPorts
    .map(
      (port) =>
        `newServer({address="127.0.0.1:${port}", tls="openssl", subjectName="${TLS_NAME}", ` +
        `validateCertificates=true, caStore="${ca}", ${more}})`,
    )
    .join('\n')

const common = (site: Site): string => `setLocal("127.0.0.1:${site.port}", {reusePort=true})
setACL({"127.0.0.0/8"})
setSecurityPollSuffix("")
setMaxTCPConnectionsPerClient(0)
${doors(site)}`

/** An idle client is closed after minutes instead of 2 s: many of them are weighed. */
function doors({ doors: to }: Site): string {
  if (to === null) return ''
  const files = `"${to.certificate}", "${to.key}"`
  return `setTCPRecvTimeout(300)
addTLSLocal("127.0.0.1:${to.dotPort}", ${files}, {provider="openssl", reusePort=true})
addDOHLocal("127.0.0.1:${to.dohPort}", ${files}, {"/dns-query"}, {reusePort=true})
`
}

const plain = (site: Site): string => `${common(site)}
${servers(site, `healthCheckMode="auto", checkName="check.${ZONE}.", mustResolve=false, sockets=1`)}
getPool(""):setCache(newPacketCache(${CACHED_ANSWERS}, {maxTTL=86400}))
setMaxTCPClientThreads(2)
`

const tuned = (site: Site): string => `${common(site)}
${servers(site, `checkName="check.${ZONE}.", mustResolve=false, maxInFlight=1000`)}
${site.upstreamPorts.length === 1 ? 'getServer(0):setUp()' : ''}
cache = {maxTTL=86400, dontAge=true, numberOfShards=1, shuffle=false}
getPool(""):setCache(newPacketCache(${CACHED_ANSWERS}, cache))
setMaxTCPClientThreads(1)
setServerPolicy(${site.upstreamPorts.length > 1 ? 'leastOutstanding' : 'firstAvailable'})
setUDPMultipleMessagesVectorSize(64)
`

const system = (name: string, id: string, configure: (site: Site) => string): System => ({
  name,
  id,
  kind: Kind.Peer,
  encrypted: [Transport.Dot, Transport.Doh],
  version: () => versionOf('dnsdist', ['--version']),
  launch: (site) => {
    const config = join(site.dir, 'dnsdist.conf')
    writeFileSync(config, configure(site))
    return { command: 'dnsdist', args: ['-C', config, '--supervised'] }
  },
})

export const dnsdist = system('dnsdist', 'dnsdist', plain)
export const dnsdistTuned = system('dnsdist, tuned', 'dnsdist-tuned', tuned)
