// The names of a client by its certificate, as rules of access write them: CN=…, DNS:…, URI:…, IP:…
// and email:…. Each is taken from a field of its own.

import type { X509Certificate } from 'node:crypto'

/** One name in the text that Node.js makes of a subjectAltName; what has strange characters is quoted. */
const ENTRY = /(DNS|URI|IP Address|email|[\w -]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy

const PREFIXES: Readonly<Record<string, string>> = {
  DNS: 'DNS:',
  URI: 'URI:',
  'IP Address': 'IP:',
  email: 'email:',
}

/** More than any certificate has that people made. */
const MAX_NAMES = 64

export function clientNames(certificate: X509Certificate): readonly string[] {
  const common: string | readonly string[] | undefined = certificate.toLegacyObject().subject?.CN
  const names = [common ?? []].flat().map((name) => `CN=${name}`)
  return [...names, ...alternatives(certificate.subjectAltName)].slice(0, MAX_NAMES)
}

/** Those of kinds that rules know. What cannot be read ends the list. */
export function alternatives(text = ''): readonly string[] {
  const names: string[] = []
  for (const [, kind, value] of text.matchAll(ENTRY)) {
    const prefix = PREFIXES[kind!]
    if (prefix !== undefined && value !== '') names.push(prefix + unquoted(value!))
  }
  return names
}

/** Node.js quotes as JSON does. */
function unquoted(value: string): string {
  return value.startsWith('"') ? (JSON.parse(value) as string) : value
}
