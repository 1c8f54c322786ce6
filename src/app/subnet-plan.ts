import type { Config } from '../config/config.ts'
import { subnetOf } from '../wire/client-subnet.ts'
import { parsePrefix } from '../wire/text/prefix.ts'
import type { SubnetPlan } from '../worker/plan.ts'

/** What upstreams are told of clients' networks (RFC 7871). */
export function subnetPlan({ clientSubnet }: Config['privacy']): SubnetPlan {
  const { mode, prefix, ipv4Prefix, ipv6Prefix } = clientSubnet
  const parsed = prefix === null ? null : parsePrefix(prefix)
  return {
    passed: mode === 'pass' ? { ipv4Prefix, ipv6Prefix } : null,
    sent: mode === 'send' && parsed?.ok === true ? subnetOf(parsed.prefix) : null,
  }
}
