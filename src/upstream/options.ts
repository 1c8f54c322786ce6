// What an upstream is, and the limits that every upstream keeps.

/**
 * How much a server must prove (RFC 8310 §5). `strict`: its name, or it is not asked. `opportunistic`:
 * a server that proves nothing is asked as well, over TLS still, never in plain text.
 */
export type Profile = 'strict' | 'opportunistic'

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/**
 * The cipher suites that may be used, by their names in OpenSSL: AEAD with an ephemeral key exchange
 * (RFC 9325 §4.2, RFC 8446 §B.4), so there is nothing unsafe to choose.
 */
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
export type CipherSuite = (typeof CIPHER_SUITES)[number]

/** One DoT server (RFC 7858). */
export interface UpstreamOptions {
  /** For people: logs, metrics, answers of the management API. */
  readonly name: string
  /** An IPv4 or IPv6 address without brackets, or a host name that bootstrap servers resolve. */
  readonly address: string
  readonly port: number
  /** Authentication name, also sent as SNI; null to authenticate `address` itself. */
  readonly tlsName: string | null
  /** SHA-256 of SubjectPublicKeyInfo in base64 (RFC 7858 §4.2); one of them must match, if any. */
  readonly pins: readonly string[]
  /** Trusted roots in PEM instead of those that come with Node.js; null for those. */
  readonly ca: string | Buffer | null
  /** Our own certificate and key in PEM, for an upstream that asks for them. */
  readonly clientCertificate: string | Buffer | null
  readonly clientKey: string | Buffer | null
  /** `strict` unless told otherwise. Pins must match in any profile. */
  readonly profile?: Profile
  /** TLS 1.2 unless told otherwise (RFC 9325 §3.1.1). */
  readonly minVersion?: TlsVersion
  /** In order of preference; all of `CIPHER_SUITES` unless told otherwise. */
  readonly ciphers?: readonly CipherSuite[] | null
}

/** Times are in milliseconds. */
export interface UpstreamLimits {
  readonly maxConnections: number
  readonly spareConnections: number
  readonly maxInFlight: number
  readonly maxWaiting: number
  readonly connectTimeout: number
  readonly raceAfter: number
  readonly stallTimeout: number
  readonly idleTimeout: number
}

interface Limit {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** Bounds for whoever reads them from a file. */
export const UPSTREAM_LIMITS = {
  /** One connection batches best; more are for upstreams that bound queries on one. */
  maxConnections: { default: 4, min: 1, max: 64 },
  /** Open and idle while queries come, for when another closes or stalls. */
  spareConnections: { default: 1, min: 0, max: 4 },
  /** Unanswered queries on one connection. Beyond a few hundred, upstreams stop reading. */
  maxInFlight: { default: 512, min: 1, max: 16_384 },
  /** Queries that wait for a connection or for room on one: about a second of heavy load. */
  maxWaiting: { default: 4_096, min: 1, max: 65_536 },
  /** TCP and TLS handshake together: one lost SYN (1 s) and a far-away upstream. */
  connectTimeout: { default: 3_000, min: 100, max: 30_000 },
  /** A handshake that takes longer gets a rival: several usual round trips. */
  raceAfter: { default: 600, min: 50, max: 30_000 },
  /** Silence, while queries wait, that condemns a connection: longer than slow names usually take. */
  stallTimeout: { default: 2_000, min: 100, max: 30_000 },
  /** Well-known public resolvers close after 10 s without a query. */
  idleTimeout: { default: 8_000, min: 100, max: 600_000 },
} as const satisfies Record<keyof UpstreamLimits, Limit>

export const DEFAULT_UPSTREAM_LIMITS: UpstreamLimits = {
  maxConnections: UPSTREAM_LIMITS.maxConnections.default,
  spareConnections: UPSTREAM_LIMITS.spareConnections.default,
  maxInFlight: UPSTREAM_LIMITS.maxInFlight.default,
  maxWaiting: UPSTREAM_LIMITS.maxWaiting.default,
  connectTimeout: UPSTREAM_LIMITS.connectTimeout.default,
  raceAfter: UPSTREAM_LIMITS.raceAfter.default,
  stallTimeout: UPSTREAM_LIMITS.stallTimeout.default,
  idleTimeout: UPSTREAM_LIMITS.idleTimeout.default,
}
