// How much one stream connection may ask of us, and for how long (RFC 7766 §6.2.3, RFC 9210 §4.2).

/** All times in milliseconds, all sizes in octets. */
export interface StreamLimits {
  /**
   * Without a query under way, a connection is closed this long after its last answer. Only whole
   * messages count as queries: a trickle of octets puts nothing off.
   */
  readonly idleTimeout: number
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

interface Bound {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** What the settings offer; their test keeps the two the same. */
export const streamLimitBounds = {
  // RFC 7766 §6.2.3 asks for "a few seconds"; public resolvers keep about ten, and clients that
  // reuse connections count on it. Past two minutes, NATs on the way have often forgotten them.
  idleTimeout: { default: 10_000, min: 1_000, max: 120_000 },
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
