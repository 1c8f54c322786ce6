// How much one stream connection may ask of us, and for how long (RFC 7766 §6.2.3, RFC 9210 §4.2).

/** All times in milliseconds, all sizes in octets. */
export interface StreamLimits {
  /** From a message's first octet to its last. */
  readonly frameTimeout: number
  /** Answers wait for the client to read on for this long. */
  readonly writeTimeout: number
  /**
   * From accepting a connection to closing it, however busy: so that a client which sends one query
   * before each idle time-out does not stay for ever, and load evens out over workers.
   */
  readonly lifetime: number
  /** Queries without an answer on one connection; past it we stop reading until one is answered. */
  readonly maxInFlight: number
  /** Octets of answers that wait for the client to read; past it the connection is reset. */
  readonly maxUnread: number
}

/** How long an ended connection waits for the client to close its side, in milliseconds. */
export const LINGER_TIME = 2_000

/**
 * Octets that an ended connection reads and throws away. Whoever is honest hears of the end before it
 * has sent as many; others would keep us reading for nothing.
 */
export const LINGER_OCTETS = 262_144

interface Bound {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** What the settings offer; their test keeps the two the same. */
export const streamLimitBounds = {
  // 64 KB over a bad mobile link takes seconds; what takes longer is an attack (RFC 7766 §10).
  frameTimeout: { default: 5_000, min: 500, max: 60_000 },
  // As long as a client waits before it gives an answer up.
  writeTimeout: { default: 10_000, min: 1_000, max: 120_000 },
  // Long enough that no client notices; not shorter than a few queries need.
  lifetime: { default: 3_600_000, min: 10_000, max: 86_400_000 },
  // A browser's page asks some tens at once, a forwarder some hundreds.
  maxInFlight: { default: 256, min: 1, max: 65_536 },
  // Not less than a few of the largest answers.
  maxUnread: { default: 1_048_576, min: 262_144, max: 67_108_864 },
} as const satisfies Record<keyof StreamLimits, Bound>

/** What holds for all connections together, whatever listener they came through. */
export const tableBounds = {
  // An idle one takes about 6 KB, 30 KB with TLS: at worst 300 MB, and a descriptor each.
  maxConnections: { default: 10_000, min: 16, max: 1_000_000 },
  // Many clients stand behind one address (NAT, a sidecar, another proxy), so not a handful; but
  // forty strangers must join up before the table is full.
  maxPerClient: { default: 256, min: 1, max: 1_000_000 },
  // One IPv4 address; what a home gets of IPv6 (RFC 6177 §2). Less than /8 and /16 is half the world.
  ipv4Prefix: { default: 32, min: 8, max: 32 },
  ipv6Prefix: { default: 56, min: 16, max: 128 },
  // RFC 7766 §6.2.3 asks for "a few seconds"; public resolvers keep about ten, and clients that
  // reuse connections count on it. Past two minutes, NATs on the way have often forgotten them.
  idleTimeout: { default: 10_000, min: 1_000, max: 120_000 },
  // Time for the next query of a page that loads; less is no reuse at all (RFC 7766 §6.2.1).
  minIdleTimeout: { default: 1_000, min: 1_000, max: 120_000 },
  // What a machine with 512 MB can spare beside the cache.
  maxBuffered: { default: 67_108_864, min: 1_048_576, max: 17_179_869_184 },
  // A stub that opens a connection for every query makes tens a second, a network behind one address
  // some hundreds. At 60 µs each, 200 take a hundredth of a core.
  connectionRate: { default: 200, min: 1, max: 1_000_000 },
  // 0.6 ms of a core each with a key for ECDSA, more with RSA: 50 take 3 % of one, 500 a third.
  handshakeRate: { default: 50, min: 1, max: 1_000_000 },
  totalHandshakeRate: { default: 500, min: 1, max: 1_000_000 },
  // Twice what begins in a second by default, and at 26 KB each 27 MB.
  maxHandshakes: { default: 1_024, min: 16, max: 65_536 },
} as const satisfies Record<string, Bound>
