// What people should know of who may ask.

import { accessAt, groupNamed } from '../config/access.ts'
import type { Config } from '../config/config.ts'
import { listenerId } from '../config/sections/listeners.ts'

const EVERYBODY = ['0.0.0.0/0', '::/0']

/** What opens more, or less, than it seems to, for the log at each start and reload. */
export function accessNotices(config: Config): string[] {
  return [...openListeners(config), ...unaskedCertificates(config)]
}

/** Over UDP an address is proved by nothing, so that answers can be sent to whom they harm. */
function openListeners(config: Config): string[] {
  const open = config.listeners.filter((listener) => {
    if (!listener.protocols.includes('udp')) return false
    const ranges = accessAt(config, listener).allow.flatMap((entry) => {
      const group = groupNamed(entry)
      return group === null ? entry : config.access.groups[group]!.ranges
    })
    return EVERYBODY.some((all) => ranges.includes(all))
  })
  if (open.length === 0) return []
  const where = open.map(listenerId).join(', ')
  return [`OPEN TO EVERYBODY over UDP at ${where}: open resolvers are used to attack others`]
}

function unaskedCertificates(config: Config): string[] {
  const groups = Object.entries(config.access.groups)
    .filter(([, { certificates }]) => certificates.length > 0)
    .map(([name]) => `@${name}`)
  const asked = config.listeners.some(({ tls }) => tls !== undefined && tls.clientCa !== null)
  if (groups.length === 0 || asked) return []
  return [
    `nobody can be in ${groups.join(', ')} by a certificate: no listener has tls.clientCa, so that none is asked for`,
  ]
}
