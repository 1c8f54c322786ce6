// The names of a client by its certificate, as rules of access write them.

import type { X509Certificate } from 'node:crypto'

/** Entries of the text that Node.js makes of a subjectAltName; strange ones stand in quotes. */
const ENTRY = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g

/** By the kind that Node.js names. */
const PREFIXES = [
  ['DNS:', 'DNS:'],
  ['URI:', 'URI:'],
  ['IP Address:', 'IP:'],
  ['email:', 'email:'],
] as const

/** More than any certificate has that people made. */
const MAX_NAMES = 64

/**
 * `CN=…` of the subject; `DNS:…`, `URI:…`, `IP:…` and `email:…` of the subjectAltName (RFC 5280
 * §4.2.1.6). Names that have to be quoted, which could look like several, are left out.
 */
export function clientNames(certificate: Pick<X509Certificate, 'subject' | 'subjectAltName'>) {
  const names: string[] = []
  // One attribute a line; a name that holds a line break is written with an escape.
  for (const line of (certificate.subject ?? '').split('\n')) {
    if (line.startsWith('CN=') && line.length > 3) names.push(line)
  }
  for (const [found] of (certificate.subjectAltName ?? '').matchAll(ENTRY)) {
    const entry = found.trim()
    if (entry.includes('"')) continue
    for (const [shown, prefix] of PREFIXES) {
      if (!entry.startsWith(shown)) continue
      const value = entry.slice(shown.length)
      names.push(prefix + (prefix === 'DNS:' ? value.toLowerCase() : value))
    }
  }
  return names.slice(0, MAX_NAMES)
}
