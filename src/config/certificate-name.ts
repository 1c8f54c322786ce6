// Names of clients' certificates as they are written in settings: a kind and a value, as rules about
// certificates have them.

import { isIP } from 'node:net'
import { canonicalAddress } from './address.ts'
import { canonicalDomain } from './domain.ts'
import { Fault, show } from './problem.ts'

const REMEDY =
  'write CN=NAME for a common name of the subject, or a subject alternative name as dns.example.org, spiffe://example.org/db, IP:192.0.2.1 or email:ops@example.org'

/** Gives it with its kind: one without is a URI when it has a scheme, else a name of DNS. */
export function readCertificateName(input: unknown): string | Fault {
  if (typeof input !== 'string') return new Fault(`${show(input)} is not a name`, REMEDY)
  const [, kind, value] = /^(CN=|DNS:|URI:|IP:|email:)?(.*)$/s.exec(input) as unknown as [
    string,
    string | undefined,
    string,
  ]
  const name = canonical(kind ?? (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(value) ? 'URI:' : 'DNS:'), value)
  return name ?? new Fault(`${show(input)} is not a name in a certificate`, REMEDY)
}

function canonical(kind: string, value: string): string | null {
  switch (kind) {
    case 'DNS:': {
      const name = canonicalDomain(value.replace(/^\*\./, ''))
      if (name === null || name === '.') return null
      return value.startsWith('*.') ? `DNS:*.${name}` : `DNS:${name}`
    }
    case 'IP:':
      return isIP(value) === 0 || value.includes('%') ? null : `IP:${canonicalAddress(value)}`
    case 'URI:':
      return isPlain(value) && /^[A-Za-z][A-Za-z0-9+.-]*:[^\s*]+$/.test(value) ? kind + value : null
    case 'email:':
      return isPlain(value) && /^[^\s@*]+@[^\s@*]+$/.test(value) ? kind + value : null
    default:
      return isPlain(value) && value.trim() === value && value !== '' ? kind + value : null
  }
}

/** Without characters that could be two things to two readers. */
function isPlain(value: string): boolean {
  return !/\p{Cc}/u.test(value)
}
