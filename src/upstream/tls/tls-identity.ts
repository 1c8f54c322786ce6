// Who the server is (RFC 8310 §5). OpenSSL judges the chain, on full handshakes only, and Node.js knows
// no pins; on a resumed session it does not even give the certificate. So validity, name and pins
// are checked here, on every connection, of the certificate that the server showed in the full
// handshake.

import { createHash, type X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { alternativeNames, namesServer } from './name-match.ts'
import type { UpstreamOptions } from '../options.ts'
import type { ShownIdentity } from './session-store.ts'
import { chainFault, nameFault, validityFault } from './tls-fault.ts'

/** More issuers than any chain has. */
const MAX_CHAIN_LENGTH = 10

export type Identity =
  | {
      readonly proven: true
      readonly shown: ShownIdentity
      /** Why the server is not known to be who it should be, where the profile lets that pass. */
      readonly unauthenticated: string | null
    }
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
 * Checks the peer of a socket whose handshake is done. Dates and chain come before the name, so that
 * what is told first is what must be mended first.
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
  const { alpnProtocol } = socket
  // False where the server does not speak ALPN, which RFC 7858 does not ask of it.
  if (typeof alpnProtocol === 'string' && alpnProtocol !== 'dot') {
    return refuse(`the server chose the protocol ${alpnProtocol}`)
  }
  const shown = socket.isSessionReused() ? offered : shownBy(socket)
  if (shown === null) return refuse('the server showed no certificate')
  if (upstream.pins.length > 0 && !shown.keys.some((key) => upstream.pins.includes(key))) {
    return refuse(`${PIN_FAULT} ${shown.keys[0]}`)
  }
  const fault = authenticationFault(socket, upstream, shown.certificate, wallClock)
  if (fault === null) return { proven: true, shown, unauthenticated: null }
  return upstream.profile === 'opportunistic'
    ? { proven: true, shown, unauthenticated: fault }
    : refuse(fault)
}

const PIN_FAULT =
  'no pinned key in the certificate chain: the server has a new key, or it is another server; its key is'

function authenticationFault(
  socket: TLSSocket,
  upstream: UpstreamOptions,
  certificate: X509Certificate,
  wallClock: number,
): string | null {
  const dates = validityFault(certificate, wallClock)
  if (dates !== null) return dates
  if (!socket.authorized) return chainFault(String(socket.authorizationError))
  const name = expectedName(upstream)
  const named = namesServer(alternativeNames(certificate.subjectAltName), name)
  return named ? null : nameFault(certificate, name)
}

function shownBy(socket: TLSSocket): ShownIdentity | null {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : { certificate, keys: chainKeys(certificate) }
}

function refuse(detail: string): Identity {
  return { proven: false, detail }
}
