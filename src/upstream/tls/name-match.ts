// Whether a certificate was issued for a name or an address (RFC 9525). The subjectAltName alone
// says so, never the subject's common name, which `tls.checkServerIdentity` falls back to.

import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { parseIpv4, parseIpv6 } from '../../wire/text/address-text.ts'

/** What a subjectAltName holds that can name a server. */
export interface AlternativeNames {
  /** dNSName entries as they stand in the certificate. */
  readonly names: readonly string[]
  /** iPAddress entries. */
  readonly addresses: readonly string[]
}

/** An LDH label (RFC 5890 §2.3.1), or one with the underscores that some hosts have. */
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/** Labels that must stand behind a wildcard: nobody owns a whole top-level domain of servers. */
const MIN_LABELS_AFTER_WILDCARD = 2

/** Entries of the text that Node.js makes of a subjectAltName; strange ones stand in quotes. */
const ENTRY = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g

const DNS_NAME = 'DNS:'
const IP_ADDRESS = 'IP Address:'

/** @param subjectAltName as `X509Certificate` has it, undefined when there is none */
export function alternativeNames(subjectAltName: string | undefined): AlternativeNames {
  const names: string[] = []
  const addresses: string[] = []
  for (const [found] of (subjectAltName ?? '').matchAll(ENTRY)) {
    const entry = found.trim()
    // What has to be quoted is no host name, and may hold what looks like another entry.
    if (entry.includes('"')) continue
    if (entry.startsWith(DNS_NAME)) names.push(entry.slice(DNS_NAME.length))
    else if (entry.startsWith(IP_ADDRESS)) addresses.push(entry.slice(IP_ADDRESS.length))
  }
  return { names, addresses }
}

/** @param reference a host name, in Unicode or ASCII, with or without a root dot, or an IP address */
export function namesServer({ names, addresses }: AlternativeNames, reference: string): boolean {
  if (isIP(reference) !== 0) {
    const octets = addressOctets(reference)
    return addresses.some((address) => octets.equals(addressOctets(address)))
  }
  const labels = hostLabels(reference)
  return labels !== null && names.some((name) => matchesLabels(name, labels))
}

/** Lower case, in A-labels (RFC 9525 §6.3); null when it is no host name. */
function hostLabels(reference: string): string[] | null {
  const labels = domainToASCII(reference.replace(/\.$/, '')).split('.')
  return labels.every((label) => LABEL.test(label)) ? labels : null
}

/** A wildcard stands for exactly one label and must be the whole left-most one (RFC 9525 §6.3). */
function matchesLabels(presented: string, labels: readonly string[]): boolean {
  const own = presented.toLowerCase().split('.')
  if (own.length !== labels.length) return false
  const wild = own[0] === '*'
  if (wild && own.length <= MIN_LABELS_AFTER_WILDCARD) return false
  return own.every((label, i) => (wild && i === 0) || label === labels[i])
}

function addressOctets(address: string): Buffer {
  const [bare = ''] = address.split('%')
  return Buffer.from(parseIpv4(bare) ?? parseIpv6(bare) ?? [])
}
