// What all connections of a door share in OpenSSL.

import { createSecureContext, type SecureContext } from 'node:tls'
import { CIPHER_SUITES, type TicketSecret, type TlsOptions } from './options.ts'
import { revocationLists } from './revocation-lists.ts'
import { TICKET_LIFETIME, ticketKeys, trustDigest } from './ticket-keys.ts'

/** OpenSSL takes at most 32 octets. */
const SESSION_CONTEXT_LENGTH = 32

/**
 * @param tickets null where no connection will be made
 * @throws when certificate, key or authorities are of no use
 */
export function secureContext(tls: TlsOptions, tickets: TicketSecret | null): SecureContext {
  const { certificate, key, clientCa, clientCrl, minVersion } = tls
  return createSecureContext({
    cert: certificate,
    key,
    minVersion,
    ciphers: CIPHER_SUITES.join(':'),
    honorCipherOrder: true,
    sessionIdContext: trustDigest(tls).slice(0, SESSION_CONTEXT_LENGTH),
    sessionTimeout: TICKET_LIFETIME,
    ...(tickets !== null && { ticketKeys: ticketKeys(tickets, tls) }),
    ...(clientCa !== null && { ca: clientCa }),
    ...(clientCrl !== null && { crl: revocationLists(clientCrl) }),
  })
}
