// The server's side of TLS for one door (RFC 7858 §3.1): handshakes, and what clients proved in them.

import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../../observe/log.ts'
import type { ClientIdentity } from '../../pipeline/query.ts'
import { formatAddress } from '../../wire/text/prefix.ts'
import type { Handshaker, Secured } from '../stream/door.ts'
import { clientNames } from './client-names.ts'
import { HandshakeOutcome, outcomeOf, type TlsMetrics } from './metrics.ts'
import type { TicketSecret, TlsOptions } from './options.ts'
import { revocationPeriod } from './revocation-lists.ts'
import { secureContext } from './secure-context.ts'
import { advanceTickets, ticketPeriod } from './ticket-keys.ts'

export interface TlsDoorOptions {
  readonly tls: TlsOptions
  readonly tickets: TicketSecret
  readonly metrics: TlsMetrics
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

type Proof = { readonly identity: ClientIdentity | null } | { readonly refused: HandshakeOutcome }

export class TlsDoor implements Handshaker {
  readonly #metrics: TlsMetrics
  readonly #log: Logger
  readonly #clock: () => number
  #tls: TlsOptions
  #tickets: TicketSecret
  #context: SecureContext
  #authorities: readonly X509Certificate[]
  /** Milliseconds since 1970. */
  #revocationsEnd: number
  /** Of what certificates are judged by: a handshake under the one before proves nothing. */
  #generation = 0

  /** @throws when certificate, key or authorities are of no use */
  constructor({ tls, tickets, metrics, log, clock = Date.now }: TlsDoorOptions) {
    this.#metrics = metrics
    this.#log = log
    this.#clock = clock
    this.#tls = tls
    this.#tickets = advanceTickets(tickets, ticketPeriod(clock()))
    this.#context = secureContext(tls, this.#tickets)
    this.#authorities = certificatesIn(tls.clientCa)
    this.#revocationsEnd = endOf(tls.clientCrl)
  }

  get asksForCertificates(): boolean {
    return this.#tls.clientCa !== null
  }

  /**
   * From now on, new connections get these; those that are open stay.
   * @returns whether certificates of clients are judged by something new, so that what was proved
   *   before proves nothing any more
   * @throws as the constructor
   */
  renew(tls: TlsOptions, tickets: TicketSecret): boolean {
    const distrusts = !isDeepStrictEqual(clientTrust(tls), clientTrust(this.#tls))
    this.#tickets = advanceTickets(tickets, ticketPeriod(this.#clock()))
    this.#tls = tls
    this.#context = secureContext(tls, this.#tickets)
    this.#authorities = certificatesIn(tls.clientCa)
    this.#revocationsEnd = endOf(tls.clientCrl)
    if (distrusts) this.#generation++
    return distrusts
  }

  begin(raw: Socket, client: Uint8Array, done: (secured: Secured | null) => void): void {
    this.#rotate()
    const { clientCa, protocols } = this.#tls
    const generation = this.#generation
    const socket = new SecureSocket(raw, {
      isServer: true,
      secureContext: this.#context,
      ALPNProtocols: [...protocols],
      requestCert: clientCa !== null,
      rejectUnauthorized: false,
    })
    const fail = (error: NodeJS.ErrnoException): void => {
      this.#metrics.onHandshake(HandshakeOutcome.Failed)
      this.#log.debug('tls handshake failed', {
        client: formatAddress(client),
        error: error.code ?? error.message,
      })
      done(null)
    }
    // Node.js tells what is wrong with a handshake by this event alone, which tls.Server passes on.
    socket.once('_tlsError', fail)
    // Anything else ends in 'close', which is all that anybody needs to know.
    socket.on('error', ignore)
    raw.on('error', ignore)
    // Whoever ends the stream amid a handshake will not finish it. To hear of it one must read.
    const leave = (): void => done(null)
    socket.once('end', leave)
    socket.resume()
    socket.once('secure', () => {
      socket.off('_tlsError', fail)
      socket.off('end', leave)
      socket.pause()
      if (generation !== this.#generation) return done(null)
      const proof = this.#examine(socket)
      if ('refused' in proof) {
        this.#refuse(client, proof.refused)
        done(null)
        return
      }
      const resumed = socket.isSessionReused()
      this.#metrics.onHandshake(resumed ? HandshakeOutcome.Resumed : HandshakeOutcome.Full)
      const alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null
      done({ socket, identity: proof.identity, alpn })
    })
  }

  #refuse(client: Uint8Array, reason: HandshakeOutcome): void {
    this.#metrics.onHandshake(reason)
    this.#log.debug('tls client refused', { client: formatAddress(client), reason })
  }

  /**
   * Holds also for a session that was resumed, whose ticket brings the certificate along: what it
   * was signed by and what was revoked cannot have changed, or the ticket would be of no use
   * (ticket-keys.ts); time has gone by.
   */
  #examine(socket: SecureSocket): Proof {
    const { clientCa, requireCertificate } = this.#tls
    if (clientCa === null) return { identity: null }
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) {
      return requireCertificate ? { refused: HandshakeOutcome.NoCertificate } : { identity: null }
    }
    const fault = socket.verifyFault
    if (fault !== null) return { refused: this.#outcomeOf(fault, certificate) }
    const now = this.#clock()
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
      return { refused: HandshakeOutcome.Expired }
    }
    if (now > this.#revocationsEnd) return { refused: HandshakeOutcome.RevocationUnknown }
    const names = clientNames(certificate)
    if (names === null) return { refused: HandshakeOutcome.BadCertificate }
    return { identity: { names, traits: 0, owner: null } }
  }

  /** OpenSSL tells the last of all faults; that we know nobody in the chain comes first. */
  #outcomeOf(fault: string, certificate: X509Certificate): HandshakeOutcome {
    return isIssuedBy(certificate, this.#authorities)
      ? outcomeOf(fault)
      : HandshakeOutcome.UnknownAuthority
  }

  #rotate(): void {
    const period = ticketPeriod(this.#clock())
    if (period <= this.#tickets.period) return
    this.#tickets = advanceTickets(this.#tickets, period)
    this.#context = secureContext(this.#tls, this.#tickets)
  }
}

function ignore(): void {}

function endOf(lists: string | null): number {
  return lists === null ? Number.POSITIVE_INFINITY : revocationPeriod(lists).end
}

function clientTrust({ clientCa, clientCrl, requireCertificate }: TlsOptions) {
  return { clientCa, clientCrl, requireCertificate }
}

/** What `tls.Server` reads from its sockets and documents as `authorizationError`. */
interface VerifyingHandle {
  verifyError(): NodeJS.ErrnoException | null
}

class SecureSocket extends TLSSocket {
  /** OpenSSL's name for what is wrong with the client's chain; null when it is good. */
  get verifyFault(): string | null {
    const handle = Reflect.get(this, '_handle') as VerifyingHandle | null
    return handle?.verifyError()?.code ?? null
  }
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function certificatesIn(pem: string | null): readonly X509Certificate[] {
  return (pem?.match(PEM_CERTIFICATE) ?? []).map((block) => new X509Certificate(block))
}

/** Certificates that a client sends along are few; more of them are not looked at. */
const MAX_CHAIN = 4

/** Whether the chain that a client showed leads to one of them. */
function isIssuedBy(leaf: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  let at: X509Certificate | undefined = leaf
  for (let depth = 0; at !== undefined && depth < MAX_CHAIN; depth++) {
    const one = at
    const issued = (by: X509Certificate) => one.checkIssued(by) && one.verify(by.publicKey)
    if (authorities.some(issued)) return true
    at = at.issuerCertificate
  }
  return false
}
