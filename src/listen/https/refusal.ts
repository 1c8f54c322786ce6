// What a client is told whose request holds no query: an HTTP status, and a line that says what was
// wrong with it and how to mend it.

export interface Refusal {
  readonly status: number
  /** The body, as text/plain. */
  readonly text: string
}

function refusal(status: number, text: string): Refusal {
  return { status, text: `${text}\n` }
}

/** The `allow` header that goes with status 405 (RFC 9110 §15.5.6). */
export const ALLOW = 'GET, POST'

/** The media type of DNS messages (RFC 8484 §6). */
export const DNS_MESSAGE = 'application/dns-message'

export const Refusal = {
  NoSuchPath: refusal(
    404,
    'Nothing is here. DNS queries go to the path of this server (RFC 8484).',
  ),
  BadMethod: refusal(405, `Send the DNS query with one of these methods: ${ALLOW}.`),
  BadMediaType: refusal(415, `Send the DNS query with "content-type: ${DNS_MESSAGE}".`),
  NoParameter: refusal(
    400,
    'No DNS query: add ?dns= with the message in base64url (RFC 8484 §4.1).',
  ),
  TwoParameters: refusal(400, 'Two DNS queries: the parameter "dns" must stand there once.'),
  BadEncoding: refusal(
    400,
    'The parameter "dns" is not base64url without padding: letters, digits, "-" and "_" only (RFC 4648 §5).',
  ),
  TargetTooLong: refusal(414, 'A DNS message has 65535 octets at the most.'),
  BodyTooLong: refusal(413, 'A DNS message has 65535 octets at the most.'),
  NotAQuery: refusal(
    400,
    'The DNS message is not a query: it has no whole header, or its QR bit is set (RFC 1035 §4.1.1).',
  ),
  /** The pipeline dropped the query: the client may not ask, or asks too much. */
  Unanswered: refusal(429, 'This query is not answered: you ask too much, or more than you may.'),
} as const satisfies Record<string, Refusal>
