// The names of a client by its certificate, as rules of access write them: CN=…, DNS:…, URI:…, IP:…
// and email:…. Each is taken from a field of its own.

import type { X509Certificate } from 'node:crypto'

/** One name in the text that Node.js makes of a subjectAltName; what has strange characters is quoted. */
const ENTRY =
  /(DNS|URI|IP Address|email|othername:\w+|[\w -]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy

const PREFIXES: Readonly<Record<string, string>> = {
  DNS: 'DNS:',
  URI: 'URI:',
  'IP Address': 'IP:',
  email: 'email:',
}

/** Of one certificate: more than any has that people made. */
const MAX_NAMES = 64

/** @returns null when they are too many, or not all can be read: a rule may deny what is left out */
export function clientNames(certificate: X509Certificate): readonly string[] | null {
  const common: string | readonly string[] | undefined = certificate.toLegacyObject().subject?.CN
  const others = alternatives(certificate.subjectAltName)
  if (others === null) return null
  const names = [...[common ?? []].flat().map((name) => `CN=${name}`), ...others]
  return names.length > MAX_NAMES ? null : names
}

/** Those of kinds that rules know; null when not all can be read. */
export function alternatives(text = ''): readonly string[] | null {
  const names: string[] = []
  let end = 0
  for (const [entry, kind, value] of text.matchAll(ENTRY)) {
    end += entry.length
    const prefix = PREFIXES[kind!]
    if (prefix !== undefined && value !== '') names.push(prefix + unquoted(value!))
  }
  return end === text.length ? names : null
}

/** Node.js quotes as JSON does. */
function unquoted(value: string): string {
  return value.startsWith('"') ? (JSON.parse(value) as string) : value
}
