// Opens TLS connections to one upstream, resuming sessions where there are any to resume. Where the
// upstream has several addresses, each attempt goes to one that no other attempt is at, so that the
// pool's race between handshakes is the one of RFC 8305 §5.

import { isIP, type LookupFunction } from 'node:net'
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls'
import { AddressChoice } from '../bootstrap/address-choice.ts'
import { type AddressSource, StaticAddress } from '../bootstrap/address-source.ts'
import { FailureKind } from '../exchange.ts'
import type { UpstreamMetrics } from '../metrics.ts'
import type { UpstreamOptions } from '../options.ts'
import {
  type SessionStore,
  type ShownIdentity,
  type StoredSession,
  sessionKey,
} from './session-store.ts'
import { upstreamContext } from './tls-context.ts'
import { socketFault } from './tls-fault.ts'
import { expectedName, proveIdentity } from './tls-identity.ts'

/** Probes of a connection that is up but silent, by the kernel; our own timers are far shorter. */
const TCP_KEEPALIVE_DELAY = 30_000

/** Milliseconds until another address is tried as well (RFC 8305 §5). */
const ATTEMPT_DELAY = 250

/** An attempt that we end sooner than this, in milliseconds, had a faster rival: no fault of its own. */
const SLOW_ATTEMPT = 1_000

/** Where the socket puts what it reads, without a buffer of its own for each read. */
interface ReadBuffer {
  readonly buffer: Uint8Array
  /** Takes the first `length` octets of the buffer. */
  callback(length: number): boolean
}

export interface TlsDialerOptions {
  readonly upstream: UpstreamOptions
  readonly sessions: SessionStore
  readonly metrics: Pick<UpstreamMetrics, 'unauthenticatedOpened' | 'unauthenticatedClosed'>
  /** Must be given for an upstream whose address is a host name. */
  readonly addresses?: AddressSource
}

/** A connection under way, and what must be known about it until its identity is proven. */
export class DialledSocket {
  readonly socket: TLSSocket
  readonly #dialer: TlsDialer
  readonly #offered: StoredSession | null
  readonly #begunAt = performance.now()
  #address: string | null
  #connected = false
  /** Whether this attempt is over, well or badly. */
  #settled = false
  #shown: ShownIdentity | null = null
  #early: Buffer | null = null

  constructor(dialer: TlsDialer, onread: ReadBuffer, offered: StoredSession | null) {
    this.#dialer = dialer
    this.#offered = offered
    this.#address = dialer.choice.claim()
    const socket = connect(this.#options(onread))
    this.socket = socket
    socket.setNoDelay(true)
    socket.setKeepAlive(true, TCP_KEEPALIVE_DELAY)
    socket.once('connect', () => {
      this.#connected = true
    })
    socket.once('error', () => this.#release(true))
    socket.once('end', () => this.#release(true))
    socket.once('close', () => this.#release(performance.now() - this.#begunAt > SLOW_ATTEMPT))
    socket.on('session', (ticket: Buffer) => {
      // In TLS 1.2 it comes before the handshake ends, in TLS 1.3 after.
      if (this.#shown === null) this.#early = ticket
      else this.#store(ticket, this.#shown)
    })
  }

  get resumed(): boolean {
    return this.socket.isSessionReused()
  }

  /** What it is that fails if it fails now; meaningless once the identity is proven. */
  get failureKind(): FailureKind {
    if (this.#address === null) return FailureKind.Resolve
    return this.#connected ? FailureKind.Tls : FailureKind.Connect
  }

  /** What an error of the socket means, for people. */
  explain(error: Error): string {
    return socketFault(error, this.#connected && this.#shown === null)
  }

  /** To be called at `secureConnect`. Returns what is wrong with the server, null for nothing. */
  prove(): string | null {
    const { upstream, metrics, choice } = this.#dialer
    const identity = proveIdentity(this.socket, upstream, this.#offered?.shown ?? null, Date.now())
    if (!identity.proven) {
      this.#release(true)
      return identity.detail
    }
    const { shown, unauthenticated } = identity
    this.#shown = shown
    this.#settled = true
    if (this.#address !== null) choice.proven(this.#address)
    if (unauthenticated !== null) {
      metrics.unauthenticatedOpened(unauthenticated)
      this.socket.once('close', () => metrics.unauthenticatedClosed())
    }
    if (this.#early !== null) this.#store(this.#early, shown)
    else if (this.#offered !== null && this.resumed && this.socket.getProtocol() === 'TLSv1.2') {
      // RFC 5077 §3.3: the server need not send a new ticket, the old one stays good.
      this.#store(this.#offered.ticket, shown)
    }
    return null
  }

  #options(onread: ReadBuffer): ConnectionOptions {
    const { upstream, context } = this.#dialer
    const name = expectedName(upstream)
    // `onread` is the socket's own option; the types of `tls.connect` do not have it.
    const options: ConnectionOptions & { onread: ReadBuffer; autoSelectFamily: boolean } = {
      host: this.#address ?? upstream.address,
      port: upstream.port,
      secureContext: context,
      ALPNProtocols: ['dot'],
      onread,
      autoSelectFamily: false,
      // proveIdentity judges chain, name and pins of every connection, before a query is written;
      // Node.js would cut the connection before one could tell what is wrong with it.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      // RFC 6066 §3: no addresses in SNI.
      ...(isIP(name) === 0 && { servername: name }),
      ...(this.#offered !== null && { session: this.#offered.ticket }),
      ...(this.#address === null && { lookup: this.#lookup }),
    }
    return options
  }

  /** Waits for addresses to become known. */
  readonly #lookup: LookupFunction = (_host, _options, callback) => {
    const dialer = this.#dialer
    dialer.choice.whenKnown((fault) => {
      if (this.#settled) return
      this.#address = fault === null ? dialer.choice.claim() : null
      if (this.#address !== null) callback(null, this.#address, isIP(this.#address))
      else callback(new Error(fault ?? 'no address is known'), '', 0)
    })
  }

  /** The attempt came to nothing. */
  #release(failed: boolean): void {
    if (this.#settled) return
    this.#settled = true
    if (this.#address !== null) this.#dialer.choice.release(this.#address, failed)
  }

  #store(ticket: Buffer, shown: ShownIdentity): void {
    this.#dialer.sessions.put(this.#dialer.key, { ticket, shown })
  }
}

export class TlsDialer {
  readonly upstream: UpstreamOptions
  readonly sessions: SessionStore
  readonly metrics: TlsDialerOptions['metrics']
  /** Under which the upstream's sessions are stored. */
  readonly key: string
  readonly context: SecureContext
  readonly choice: AddressChoice

  /** @throws when a certificate or key of the options is of no use */
  constructor(options: TlsDialerOptions) {
    const { upstream } = options
    this.upstream = upstream
    this.sessions = options.sessions
    this.metrics = options.metrics
    this.key = sessionKey(upstream)
    this.context = upstreamContext(upstream)
    this.choice = new AddressChoice(options.addresses ?? new StaticAddress(upstream.address))
  }

  /** Whether the next attempt goes to an address where none failed yet, so that it need not wait. */
  get hasUntried(): boolean {
    return this.choice.untried
  }

  /** Milliseconds that the right address may have to wait for its turn. */
  get attemptDelay(): number {
    return this.choice.several ? ATTEMPT_DELAY : 0
  }

  /** Milliseconds after which an attempt gets a rival, for an upstream with this limit. */
  rivalDelay(raceAfter: number): number {
    return this.choice.several ? Math.min(raceAfter, ATTEMPT_DELAY) : raceAfter
  }

  dial(onread: ReadBuffer): DialledSocket {
    return new DialledSocket(this, onread, this.sessions.take(this.key))
  }
}
