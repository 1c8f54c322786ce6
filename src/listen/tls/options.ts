// What the TLS side of a door is made from. Everything in it can be cloned.

export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof TLS_VERSIONS)[number]

export interface TlsOptions {
  /** PEM: the server's certificate, with those between it and its authority behind it. */
  readonly certificate: string
  /** PEM, without passphrase. */
  readonly key: string
  /** PEM: whose certificates clients may show; null asks for none. */
  readonly clientCa: string | null
  /** PEM: what those authorities have revoked (RFC 5280 §5); null for nothing. */
  readonly clientCrl: string | null
  /** Whether a client without a certificate is turned away. */
  readonly requireCertificate: boolean
  readonly minVersion: TlsVersion
  /** Protocols by ALPN (RFC 7301), the preferred first. A client that names none is served too. */
  readonly protocols: readonly string[]
}

/** What keys of session tickets are derived from, the same for all workers (see ticket-keys.ts). */
export interface TicketSecret {
  readonly secret: Uint8Array
  /** The period that the secret belongs to. */
  readonly period: number
}

/** RFC 8446, and of RFC 5246 what has forward secrecy and authenticated encryption (RFC 9325 §4.2). */
export const CIPHER_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const

/** The only protocol of a DoT door (RFC 7858 §3.1 leaves ALPN out; IANA registered "dot" since). */
export const DOT_PROTOCOLS = ['dot'] as const
