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
  TargetTooLong: refusal(414, 'The target is too long: send a query of this size with POST.'),
  BodyTooLong: refusal(413, 'A DNS message has 65535 octets at the most.'),
  NotAQuery: refusal(
    400,
    'The DNS message is not a query: it has no whole header, or its QR bit is set (RFC 1035 §4.1.1).',
  ),
  // What follows stands for HTTP itself. Behind each of these the connection ends.
  BadHead: refusal(400, 'The request is not as HTTP/1.1 wants it (RFC 9112 §3, §5).'),
  BadHost: refusal(400, 'The request must name its host once (RFC 9112 §3.2).'),
  BadLength: refusal(400, 'The length of the body must be told once, in decimal (RFC 9112 §6.3).'),
  BodyUnasked: refusal(400, 'This method takes no body here.'),
  BadChunk: refusal(400, 'The body is not in chunks as it says (RFC 9112 §7.1).'),
  BadExpectation: refusal(417, 'The only expectation known here is "100-continue".'),
  HeadTooLong: refusal(431, 'Header fields are taken up to 16 KiB in all.'),
  BadTransferCoding: refusal(501, 'The only transfer coding known here is "chunked".'),
  BadVersion: refusal(505, 'The versions known here are HTTP/1.1 and HTTP/2.'),
  /** The pipeline dropped the query: the client may not ask, or asks too much. */
  Unanswered: refusal(429, 'This query is not answered: you ask too much, or more than you may.'),
} as const satisfies Record<string, Refusal>
