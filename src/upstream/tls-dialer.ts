// Opens TLS connections to one upstream, resuming sessions where there are any to resume.

import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import type { UpstreamOptions } from './options.ts'
import {
  type SessionStore,
  type ShownIdentity,
  type StoredSession,
  sessionKey,
} from './session-store.ts'
import { expectedName, proveIdentity } from './tls-identity.ts'

/** Probes of a connection that is up but silent, by the kernel; our own timers are far shorter. */
const TCP_KEEPALIVE_DELAY = 30_000

/** Where the socket puts what it reads, without a buffer of its own for each read. */
interface ReadBuffer {
  readonly buffer: Uint8Array
  /** Takes the first `length` octets of the buffer. */
  callback(length: number): boolean
}

/** A connection under way, and what must be known about it until its identity is proven. */
export class DialledSocket {
  readonly socket: TLSSocket
  readonly #dialer: TlsDialer
  readonly #offered: StoredSession | null
  #shown: ShownIdentity | null = null
  #early: Buffer | null = null

  constructor(dialer: TlsDialer, socket: TLSSocket, offered: StoredSession | null) {
    this.socket = socket
    this.#dialer = dialer
    this.#offered = offered
    socket.on('session', (ticket: Buffer) => {
      // In TLS 1.2 it comes before the handshake ends, in TLS 1.3 after.
      if (this.#shown === null) this.#early = ticket
      else this.#store(ticket, this.#shown)
    })
  }

  get resumed(): boolean {
    return this.socket.isSessionReused()
  }

  /** To be called at `secureConnect`. Returns what is wrong with the server, null for nothing. */
  prove(): string | null {
    const { upstream } = this.#dialer
    const identity = proveIdentity(this.socket, upstream, this.#offered?.shown ?? null, Date.now())
    if (!identity.proven) return identity.detail
    this.#shown = identity.shown
    if (this.#early !== null) this.#store(this.#early, identity.shown)
    else if (this.#offered !== null && this.resumed && this.socket.getProtocol() === 'TLSv1.2') {
      // RFC 5077 §3.3: the server need not send a new ticket, the old one stays good.
      this.#store(this.#offered.ticket, identity.shown)
    }
    return null
  }

  #store(ticket: Buffer, shown: ShownIdentity): void {
    this.#dialer.sessions.put(this.#dialer.key, { ticket, shown })
  }
}

export class TlsDialer {
  readonly upstream: UpstreamOptions
  readonly sessions: SessionStore
  /** Under which the upstream's sessions are stored. */
  readonly key: string
  readonly #context: SecureContext

  /** @throws when a certificate or key of the options cannot be read */
  constructor(options: { upstream: UpstreamOptions; sessions: SessionStore }) {
    const { upstream } = options
    this.upstream = upstream
    this.sessions = options.sessions
    this.key = sessionKey(upstream)
    this.#context = createSecureContext({
      minVersion: 'TLSv1.2',
      ...(upstream.ca !== null && { ca: upstream.ca }),
      ...(upstream.clientCertificate !== null && { cert: upstream.clientCertificate }),
      ...(upstream.clientKey !== null && { key: upstream.clientKey }),
    })
  }

  dial(onread: ReadBuffer): DialledSocket {
    const { upstream } = this
    const offered = this.sessions.take(this.key)
    const name = expectedName(upstream)
    // `onread` is the socket's own option; the types of `tls.connect` do not have it.
    const options: ConnectionOptions & { onread: ReadBuffer } = {
      host: upstream.address,
      port: upstream.port,
      secureContext: this.#context,
      ALPNProtocols: ['dot'],
      onread,
      // Run on full handshakes only; proveIdentity is on every one.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      // RFC 6066 §3: no addresses in SNI.
      ...(isIP(name) === 0 && { servername: name }),
      ...(offered !== null && { session: offered.ticket }),
    }
    const socket = connect(options)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, TCP_KEEPALIVE_DELAY)
    return new DialledSocket(this, socket, offered)
  }
}
