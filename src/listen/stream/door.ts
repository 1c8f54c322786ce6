// What a stream listener is put together from: how a connection becomes a secure one, and what runs
// on it then. The listener itself knows neither TLS nor what clients speak.

import type { Socket } from 'node:net'
import type { ClientIdentity } from '../../pipeline/query.ts'
import type { CloseReason } from './metrics.ts'
import type { Place, TableEntry } from './place.ts'
import type { Turns } from './turns.ts'

/** A client that was let in, behind every handshake that its door demands. */
export interface Admitted {
  /** TCP or TLS; paused, with `allowHalfOpen`. */
  readonly socket: Socket
  /** What `socket` stands on, the same without TLS: whoever resets a connection resets this. */
  readonly tcp: Socket
  /** Its own in the table, to occupy at once. */
  readonly place: Place
  /** 4 or 16 octets. */
  readonly clientAddress: Uint8Array
  /** What it proved by a certificate, if anything. */
  readonly identity: ClientIdentity | null
  /** The protocol agreed on in the TLS handshake (RFC 7301); null without TLS, or when none was. */
  readonly alpn: string | null
}

/** A connection that is served. It has its place from its making until it tells its host. */
export interface ServedConnection extends TableEntry {
  /** Whether all answers have been handed to the kernel and the end sent behind them. */
  readonly finished: boolean
  /** Takes no more queries; ends the connection when those under way are answered. */
  drain(reason: CloseReason): void
}

/** What a connection tells the listener that it came through. */
export interface ConnectionHost {
  /** What all connections of the worker share. */
  readonly turns: Turns
  /** The end has been sent behind its last answer. */
  onFinished(): void
  /** Exactly once, after which the connection is forgotten. */
  onGone(connection: ServedConnection): void
}

/** What runs on the connections of one listener: made once for it, then called for each client. */
export type Service = (host: ConnectionHost) => (admitted: Admitted) => ServedConnection

/** What a handshake came to. */
export interface Secured {
  /** In place of the socket that was handed in. */
  readonly socket: Socket
  readonly identity: ClientIdentity | null
  readonly alpn: string | null
}

/** Makes secure connections of accepted ones. */
export interface Handshaker {
  /** Whether a client can prove by a certificate who it is. */
  readonly asksForCertificates: boolean
  /**
   * @param client 4 or 16 octets of its address, which a proxy may have told
   * @param done called with the secure connection, or with null when there will be none; never when
   *   the socket is destroyed before. How long it may take is the caller's to bound.
   */
  begin(socket: Socket, client: Uint8Array, done: (secured: Secured | null) => void): void
}
