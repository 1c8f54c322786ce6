// A place outside of this process where proxies of a fleet keep answers for each other. Engines know
// nothing of DNS: they keep octets under keys for a time. What is in those octets, and whether they
// can be trusted, is for `record.ts`; when to ask and when to give up, for `shared-cache.ts`.

/** What is kept under one key. */
export interface StoredEntry {
  /** Printable ASCII, at most 1,100 octets: readable, or a keyed hash where records are sealed. */
  readonly key: string
  /** A record as `record.ts` writes it. */
  readonly record: Uint8Array
  /** When it may be forgotten, in milliseconds since 1970. */
  readonly expiresAt: number
  /** For people who look into the store; null where records are sealed. Never read back. */
  readonly readable: ReadableRecord | null
}

/** An answer in words. */
export interface ReadableRecord {
  readonly name: string
  readonly type: string
  readonly class: string
  /** The data of its answer section, as in a zone file. */
  readonly data: readonly string[]
  /** Milliseconds since 1970. */
  readonly askedAt: number
  readonly validUntil: number
  readonly upstream: string
  readonly validation: string
}

/** Names whose answers from before a moment are not to be served any more. */
export interface Flush {
  /**
   * A name in lower-cased text with its final dot; `.` with `subtree` is everything. In a store it
   * is as `FlushCodec` writes it.
   */
  readonly name: string
  /** Whether the names below it go as well. */
  readonly subtree: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/**
 * One engine. Every method may reject, with whatever its client says; nobody waits for it longer than
 * he wants to, so none of them needs a time-out of its own. Lookups of one tick may share a packet.
 */
export interface Store {
  /** @returns the record under a key, or null */
  get(key: string): Promise<Uint8Array | null>
  /** Keeps all of them, in place of what was there; engines forget them after `expiresAt`. */
  put(entries: readonly StoredEntry[]): Promise<void>
  /**
   * Says that the caller is about to fetch what belongs under a key.
   * @param ttl milliseconds after which the claim lapses
   * @returns false when somebody else has said so before
   */
  claim(key: string, ttl: number): Promise<boolean>
  /** Tells all who share this store, and those who come later, until `expiresAt`. */
  flush(flush: Flush, expiresAt: number): Promise<void>
  /** The flushes that still matter. */
  flushes(): Promise<readonly Flush[]>
  /**
   * Calls back for every flush from now on, those of others and our own; after an interruption for
   * those missed meanwhile, and for some of those known before.
   */
  onFlush(listener: (flush: Flush) => void): void
  /** Gives up everything under way. */
  close(): Promise<void>
}
