// Words for what is wrong with a server's certificate or a handshake: what, with which name, since
// when, and how to mend it. No secrets, and nothing that a server could smuggle into a log.

import type { X509Certificate } from 'node:crypto'
import { alternativeNames } from './name-match.ts'

/** Of what a server says about itself, so much is shown. */
const MAX_NAMES = 3
const MAX_TEXT = 80

const UNTRUSTED = 'comes from an authority that is not trusted; give that authority’s file as ca'

/** What OpenSSL finds in a chain, by the code that Node.js gives it. */
const CHAIN_FAULTS: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is signed by itself; if that is meant, give its file as ca'],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', `${UNTRUSTED}, unless the server forgets to send it along`],
  ['CERT_UNTRUSTED', 'comes from an authority that is not trusted for servers'],
  ['INVALID_PURPOSE', 'is not for TLS servers: its extended key usage lacks serverAuth'],
  ['INVALID_CA', 'is signed by a certificate that is no authority’s'],
  ['CERT_SIGNATURE_FAILURE', 'has a wrong signature'],
  ['CERT_HAS_EXPIRED', 'comes from an authority whose own certificate has expired'],
  ['CERT_NOT_YET_VALID', 'comes from an authority whose own certificate is not valid yet'],
  ['EE_KEY_TOO_SMALL', 'has a key that is too short; the server needs a new one'],
  ['CA_KEY_TOO_SMALL', 'is signed with a key that is too short'],
  ['CA_MD_TOO_WEAK', 'is signed with a weak digest'],
])

const NO_COMMON_VERSION = 'the server offers no version of TLS that is allowed; see minVersion'
const BROKEN_OFF = 'the server closed the connection during the TLS handshake'
const NOT_TLS = 'what answers there does not speak TLS; check address and port'

/** What a TLS error means, by the code that Node.js gives it. */
const HANDSHAKE_FAULTS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_WRONG_VERSION_NUMBER', NOT_TLS],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NOT_TLS],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', NO_COMMON_VERSION],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', NO_COMMON_VERSION],
  [
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    'the server broke the handshake off: no cipher suite in common, or it wants a client certificate',
  ],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'the server wants a client certificate; give clientCertificate and clientKey',
  ],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'the server does not trust our client certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'the server refuses our client certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'our client certificate has expired'],
  [
    'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    'the server speaks TLS, but not DNS over it (ALPN dot); check address and port',
  ],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'the server does not know the name that it was asked for'],
])

/** @param code what `TLSSocket.authorizationError` holds */
export function chainFault(code: string): string {
  const meaning = CHAIN_FAULTS.get(code) ?? `was refused (${code})`
  return `the certificate ${meaning}`
}

/** @param wallClock milliseconds since 1970. Returns null for a certificate that is in force. */
export function validityFault(certificate: X509Certificate, wallClock: number): string | null {
  const { validFromDate: from, validToDate: to } = certificate
  const names = namesText(certificate)
  const now = `now it is ${minute(new Date(wallClock))}`
  if (wallClock > to.getTime()) {
    return `the certificate for ${names} expired on ${minute(to)}; it must be renewed, unless our clock is wrong: ${now}`
  }
  if (wallClock < from.getTime()) {
    return `the certificate for ${names} is not valid before ${minute(from)}; if it should be, our clock is wrong: ${now}`
  }
  return null
}

export function nameFault(certificate: X509Certificate, name: string): string {
  return `the certificate is for ${namesText(certificate)}, not for ${name}; this is another server, or tlsName is wrong`
}

/** What an error of a socket means. @param shakingHands whether TCP is connected and TLS is not */
export function socketFault(error: Error, shakingHands: boolean): string {
  const { code, reason } = error as NodeJS.ErrnoException & { reason?: string }
  if (code === 'ECONNRESET' && shakingHands) return BROKEN_OFF
  const meaning = code === undefined ? undefined : HANDSHAKE_FAULTS.get(code)
  if (meaning !== undefined) return meaning
  // OpenSSL's messages carry numbers of its threads and lines of its source.
  return reason === undefined ? error.message : `TLS: ${reason}`
}

/** The names and addresses that a certificate is for. */
function namesText(certificate: X509Certificate): string {
  const { names, addresses } = alternativeNames(certificate.subjectAltName)
  const all = [...names, ...addresses]
  if (all.length === 0) return 'no name at all'
  const shown = all.slice(0, MAX_NAMES).map(harmless).join(', ')
  return all.length > MAX_NAMES ? `${shown} and ${all.length - MAX_NAMES} more` : shown
}

/** Printable ASCII and not much of it. */
function harmless(text: string): string {
  return text.replaceAll(/[^!-~]/g, '?').slice(0, MAX_TEXT)
}

function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
