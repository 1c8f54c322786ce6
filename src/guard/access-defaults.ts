// Who may ask when nobody has said: those who are near. An open resolver is a weapon in the hands
// of strangers (RFC 5358), so everybody else must be let in by name.
//
// Not here: 100.64.0.0/10. RFC 6598 §4 has that space shared by all customers of a provider; on a
// line behind carrier-grade NAT, addresses of it are strangers'.

import type { AccessRule } from './acl.ts'

export const accessDefaults: readonly AccessRule[] = [
  // Loopback (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
  { range: '127.0.0.0/8', allow: true },
  { range: '::1/128', allow: true },
  // Private (RFC 1918 §3) and unique local (RFC 4193 §3.1).
  { range: '10.0.0.0/8', allow: true },
  { range: '172.16.0.0/12', allow: true },
  { range: '192.168.0.0/16', allow: true },
  { range: 'fc00::/7', allow: true },
  // Link-local (RFC 3927 §7, RFC 4291 §2.5.6): routers do not forward it.
  { range: '169.254.0.0/16', allow: true },
  { range: 'fe80::/10', allow: true },
]
