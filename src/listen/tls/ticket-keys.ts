// Keys of session tickets (RFC 8446 §4.6.1, RFC 5077 §4). All workers must find the same, or a client
// that comes back to another worker could not resume. So each derives them from one secret: for each
// period the secret is hashed forward and the one before forgotten, so that who takes a key from
// memory cannot open the tickets of the past.
//
// Besides the secret, a key depends on everything that decides on trust: when a certificate, an
// authority or a list of revocations changes, no ticket of before is of any use.

import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { TicketSecret, TlsOptions } from './options.ts'

/** Milliseconds. RFC 9325 §3.4 wants keys changed regularly; a client resumes within the hour. */
export const TICKET_PERIOD = 6 * 3_600_000

/** Seconds that a ticket is good for (RFC 8446 §4.6.1 allows a week). */
export const TICKET_LIFETIME = 2 * 3_600

const SECRET_OCTETS = 32
const NO_SALT = new Uint8Array(0)

/** What Node.js and OpenSSL take: 16 octets of name, 16 for HMAC, 16 for AES. */
const KEY_OCTETS = 48

export function ticketPeriod(now: number): number {
  return Math.floor(now / TICKET_PERIOD)
}

/** @param now milliseconds since 1970 */
export function newTicketSecret(now: number): TicketSecret {
  return { secret: randomBytes(SECRET_OCTETS), period: ticketPeriod(now) }
}

/** The secret of a later period; of an earlier one the same, for time does not go back. */
export function advanceTickets({ secret, period }: TicketSecret, to: number): TicketSecret {
  let next = secret
  for (let at = period; at < to; at++) next = expand(next, 'next', SECRET_OCTETS)
  return { secret: next, period: Math.max(period, to) }
}

/** @param tickets of the period in which the keys will be used */
export function ticketKeys({ secret }: TicketSecret, options: TlsOptions): Buffer {
  return Buffer.from(expand(secret, `keys ${trustDigest(options)}`, KEY_OCTETS))
}

/** The same for doors at which the same holds: a session of one may be resumed there alone. */
export function trustDigest(options: TlsOptions): string {
  const { certificate, clientCa, clientCrl, requireCertificate, protocols } = options
  const parts = [certificate, clientCa, clientCrl, requireCertificate, protocols]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

function expand(secret: Uint8Array, info: string, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, NO_SALT, info, length))
}
