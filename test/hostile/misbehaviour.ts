// What a kind of misbehaviour is, and short ways to write one down.

import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { TestCertificate } from '../support/certificates.ts'
import type { ServedQuery } from '../support/dot-server.ts'
import type { Answer } from '../support/messages.ts'
import { message, type MessageParts, record, type RecordParts } from './forge.ts'

/** Servers' certificates, right and wrong. */
export interface Certificates {
  readonly right: TestCertificate
  readonly expired: TestCertificate
  readonly notYetValid: TestCertificate
  readonly otherName: TestCertificate
  readonly addressOnly: TestCertificate
  readonly forClients: TestCertificate
  readonly unknownAuthority: TestCertificate
}

/**
 * What a client must get: the `right` answer; a `failure`, which is SERVFAIL with an extended error;
 * `either` of both; or what a function says.
 */
export type Outcome = 'right' | 'failure' | 'either' | ((answer: Answer) => void)

export interface Misbehaviour {
  /** Behind "a server that". */
  readonly name: string
  /** The type that is asked for; A unless told otherwise. */
  readonly type?: number
  /** Whether it meets every query, or only names whose first label begins with "bad". */
  readonly everything?: boolean
  /** Instead of a right answer. */
  readonly react?: (query: ServedQuery) => void
  /** Takes a connection before TLS does. */
  readonly accept?: (socket: Socket) => void
  readonly tls?: (certificates: Certificates) => TlsOptions
  /** Nothing listens on its port. */
  readonly deaf?: boolean
  /** The connections that it spoilt are gone once it behaves again: it was started anew. */
  readonly restarts?: boolean
  /**
   * Its stream cannot be read on: with nobody else to ask, those who wait on it as well may get an
   * explained failure, in time.
   */
  readonly spoils?: boolean
  /** With nobody else to ask. */
  readonly alone: Outcome
  /** With a healthy upstream to ask; right, unless told otherwise. */
  readonly beside?: Outcome
  /** How often upstreams may be asked for one name; twice, unless told otherwise. */
  readonly maxQueries?: number
}

/** A server that sends one message for each bad query. */
export function sends(
  what: string,
  make: (query: ServedQuery) => Uint8Array,
  rest: Partial<Misbehaviour> = {},
): Misbehaviour {
  return {
    name: what,
    react: (query) => query.connection.sendMessage(make(query)),
    alone: 'failure',
    ...rest,
  }
}

/** A server that sends one message, made from parts, for each bad query. */
export function forges(
  what: string,
  parts: MessageParts | ((query: ServedQuery) => MessageParts),
  rest: Partial<Misbehaviour> = {},
): Misbehaviour {
  return sends(
    what,
    (query) => message(query, typeof parts === 'function' ? parts(query) : parts),
    rest,
  )
}

/** A server that answers with one record of the type asked for, and made-up RDATA. */
export function forgesRecord(
  what: string,
  type: number,
  parts: RecordParts,
  rest: Partial<Misbehaviour> = {},
): Misbehaviour {
  return forges(what, { answers: [record({ type, ...parts })] }, { type, ...rest })
}

/** A server that does something to the connection for each bad query. */
export function does(
  what: string,
  react: (query: ServedQuery) => void,
  rest: Partial<Misbehaviour> = {},
): Misbehaviour {
  return { name: what, react, alone: 'failure', ...rest }
}
