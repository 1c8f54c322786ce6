// What TLS doors tell those who count.

/** What a handshake came to. */
export const HandshakeOutcome = {
  /** A new session, or one that went on. */
  Full: 'full',
  Resumed: 'resumed',
  /** No certificate where one is required. */
  NoCertificate: 'no-certificate',
  /** No authority of ours signed it, or not for a client. */
  UnknownAuthority: 'unknown-authority',
  /** Its time is over, or has not come. */
  Expired: 'expired',
  Revoked: 'revoked',
  /** The list of revocations itself is out of date, or one is missing. */
  RevocationUnknown: 'revocation-unknown',
  /** It cannot be used for anything else that we ask of it. */
  BadCertificate: 'bad-certificate',
  /** No protocol, version or cipher suite in common, or no TLS at all. */
  Failed: 'failed',
} as const
export type HandshakeOutcome = (typeof HandshakeOutcome)[keyof typeof HandshakeOutcome]

export interface TlsMetrics {
  onHandshake(outcome: HandshakeOutcome): void
}

/** By OpenSSL's name of what was wrong with the chain. */
const OUTCOMES: Readonly<Record<string, HandshakeOutcome>> = {
  CERT_HAS_EXPIRED: HandshakeOutcome.Expired,
  CERT_NOT_YET_VALID: HandshakeOutcome.Expired,
  CERT_REVOKED: HandshakeOutcome.Revoked,
  CRL_HAS_EXPIRED: HandshakeOutcome.RevocationUnknown,
  CRL_NOT_YET_VALID: HandshakeOutcome.RevocationUnknown,
  CRL_SIGNATURE_FAILURE: HandshakeOutcome.RevocationUnknown,
  UNABLE_TO_GET_CRL: HandshakeOutcome.RevocationUnknown,
  UNABLE_TO_GET_ISSUER_CERT: HandshakeOutcome.UnknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: HandshakeOutcome.UnknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: HandshakeOutcome.UnknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: HandshakeOutcome.UnknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: HandshakeOutcome.UnknownAuthority,
  CERT_UNTRUSTED: HandshakeOutcome.UnknownAuthority,
  INVALID_PURPOSE: HandshakeOutcome.BadCertificate,
}

export function outcomeOf(code: string): HandshakeOutcome {
  return OUTCOMES[code] ?? HandshakeOutcome.BadCertificate
}
