// From the section `tcp` to what workers bound connections of clients by.

import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import { AccessList } from '../guard/acl.ts'
import { ConnectionLedger } from '../guard/connections/ledger.ts'
import type { ConnectionPlan } from '../worker/plan.ts'

/** @param before the plan in force, if any: connections that stay are counted on */
export function connectionPlan(
  tcp: Config['tcp'],
  workers: number,
  before: ConnectionPlan | null,
): ConnectionPlan {
  const { maxConnections, maxPerClient, ipv4Prefix, ipv6Prefix } = tcp
  const madeFor = { maxConnections, ipv4Prefix, ipv6Prefix }
  return {
    memory:
      before !== null && isDeepStrictEqual(before.madeFor, madeFor)
        ? before.memory
        : ConnectionLedger.allocate(madeFor),
    madeFor,
    connections: {
      maxPerClient,
      // Who may have so many connections may open them at once.
      connections: { rate: tcp.connectionRate, burst: maxPerClient },
      clientHandshakes: { rate: tcp.handshakeRate, burst: maxPerClient },
      handshakes: { rate: tcp.totalHandshakeRate, burst: tcp.totalHandshakeRate },
      maxHandshakes: tcp.maxHandshakes,
    },
    limits: {
      frameTimeout: tcp.frameTimeout,
      writeTimeout: tcp.writeTimeout,
      lifetime: tcp.lifetime,
      maxInFlight: tcp.maxInFlight,
      maxUnread: tcp.maxUnread,
    },
    idleTimes: { idleTimeout: tcp.idleTimeout, minIdleTimeout: tcp.minIdleTimeout },
    // A share that one slow reader could not use up would be of no use.
    maxHeld: Math.max(Math.floor(tcp.maxBuffered / workers), tcp.maxUnread),
  }
}

/** @param from ranges of proxies that are believed when they tell for whom they speak */
export function trustedProxies(from: readonly string[]): SharedArrayBuffer {
  return AccessList.compile({ allow: from }).memory
}
