// Who the server is: strict profile of RFC 8310 §5. Node.js verifies the chain, and on full
// handshakes the name; it skips the name on resumed sessions and knows no pins. So everything that
// can be checked again is checked here, on every connection.

import { createHash, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { UpstreamOptions } from './options.ts'
import type { StoredSession } from './session-store.ts'

/** More issuers than any chain has. */
const MAX_CHAIN_LENGTH = 10

export type Identity =
  | { readonly proven: true; readonly keys: readonly string[] }
  | { readonly proven: false; readonly detail: string }

/** SHA-256 of SubjectPublicKeyInfo in base64, as in HPKP and RFC 7858 §4.2. */
export function publicKeyPin(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('base64')
}

/** The authentication name without a root dot, or the address where there is none. */
export function expectedName(upstream: Pick<UpstreamOptions, 'address' | 'tlsName'>): string {
  const name = upstream.tlsName ?? upstream.address
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/**
 * Whether the certificate was issued for the server of that name or address: a
 * subjectAltName says so. The subject's common name does not count
 * (RFC 9525 §2).
 */
export function nameMatches(certificate: X509Certificate, name: string): boolean {
  return isIP(name) === 0
    ? certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined
    : certificate.checkIP(name) !== undefined
}

/**
 * The pins of a server's certificate and of those that issued it, each signature checked: a server
 * may send any certificate along, also one that is pinned but has signed nothing here.
 */
function chainKeys(certificate: X509Certificate): string[] {
  const keys = [publicKeyPin(certificate)]
  let current = certificate
  while (keys.length < MAX_CHAIN_LENGTH) {
    const issuer = current.issuerCertificate
    if (issuer === undefined || issuer.fingerprint256 === current.fingerprint256) break
    if (!current.checkIssued(issuer) || !current.verify(issuer.publicKey)) break
    keys.push(publicKeyPin(issuer))
    current = issuer
  }
  return keys
}

/**
 * Checks the peer of a socket whose handshake is done.
 *
 * @param resumed the session that was offered, null when none was
 * @param wallClock milliseconds since 1970
 */
export function proveIdentity(
  socket: TLSSocket,
  upstream: UpstreamOptions,
  resumed: StoredSession | null,
  wallClock: number,
): Identity {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return refuse('the server showed no certificate')
  if (!socket.authorized) return refuse(String(socket.authorizationError))
  if (
    wallClock < certificate.validFromDate.getTime() ||
    wallClock > certificate.validToDate.getTime()
  ) {
    return refuse('the certificate is not valid at this time')
  }
  const name = expectedName(upstream)
  if (!nameMatches(certificate, name)) return refuse(`the certificate is not for ${name}`)
  let keys: readonly string[]
  if (socket.isSessionReused()) {
    if (resumed === null || resumed.keys[0] !== publicKeyPin(certificate)) {
      return refuse('the resumed session belongs to another key')
    }
    keys = resumed.keys
  } else {
    keys = chainKeys(certificate)
  }
  const { pins } = upstream
  if (pins.length > 0 && !keys.some((key) => pins.includes(key))) {
    return refuse('no pinned key in the certificate chain')
  }
  if (
    socket.alpnProtocol !== false &&
    socket.alpnProtocol !== null &&
    socket.alpnProtocol !== 'dot'
  ) {
    return refuse(`the server chose the protocol ${socket.alpnProtocol}`)
  }
  return { proven: true, keys }
}

function refuse(detail: string): Identity {
  return { proven: false, detail }
}
