// Who the server is: strict profile of RFC 8310 §5. Node.js verifies the chain and the name on full
// handshakes only, and knows no pins; on a resumed session it does not even give the certificate.
// So validity, name and pins are checked here, on every connection, of the certificate that the
// server showed in the full handshake.

import { createHash, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { UpstreamOptions } from './options.ts'
import type { ShownIdentity } from './session-store.ts'

/** More issuers than any chain has. */
const MAX_CHAIN_LENGTH = 10

export type Identity =
  | { readonly proven: true; readonly shown: ShownIdentity }
  | { readonly proven: false; readonly detail: string }

/** SHA-256 of SubjectPublicKeyInfo in base64, as in HPKP and RFC 7858 §4.2. */
function publicKeyPin(certificate: X509Certificate): string {
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
function nameMatches(certificate: X509Certificate, name: string): boolean {
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
 * @param offered the identity that goes with the session that was offered, null without one
 * @param wallClock milliseconds since 1970
 */
export function proveIdentity(
  socket: TLSSocket,
  upstream: UpstreamOptions,
  offered: ShownIdentity | null,
  wallClock: number,
): Identity {
  if (!socket.authorized) return refuse(String(socket.authorizationError))
  const { alpnProtocol } = socket
  // False where the server does not speak ALPN, which RFC 7858 does not ask of it.
  if (typeof alpnProtocol === 'string' && alpnProtocol !== 'dot') {
    return refuse(`the server chose the protocol ${alpnProtocol}`)
  }
  const shown = socket.isSessionReused() ? offered : shownBy(socket)
  if (shown === null) return refuse('the server showed no certificate')
  const { certificate, keys } = shown
  const { validFromDate, validToDate } = certificate
  if (wallClock < validFromDate.getTime() || wallClock > validToDate.getTime()) {
    return refuse('the certificate has expired or is not valid yet')
  }
  const name = expectedName(upstream)
  if (!nameMatches(certificate, name)) return refuse(`the certificate is not for ${name}`)
  const { pins } = upstream
  if (pins.length > 0 && !keys.some((key) => pins.includes(key))) {
    return refuse('no pinned key in the certificate chain')
  }
  return { proven: true, shown }
}

function shownBy(socket: TLSSocket): ShownIdentity | null {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : { certificate, keys: chainKeys(certificate) }
}

function refuse(detail: string): Identity {
  return { proven: false, detail }
}
