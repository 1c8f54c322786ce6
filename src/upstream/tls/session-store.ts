// TLS sessions to resume (RFC 8446 §2.2, RFC 5077), with the identity that the server proved when
// each began: on a resumed session it shows no certificate, so everything is held against these.

import { createHash, type X509Certificate } from 'node:crypto'
import type { UpstreamOptions } from '../options.ts'

/** What a server showed in a full handshake. */
export interface ShownIdentity {
  readonly certificate: X509Certificate
  /** SHA-256 of SubjectPublicKeyInfo in base64: the certificate's, then its issuers'. */
  readonly keys: readonly string[]
}

export interface StoredSession {
  /** What tls.connect takes as `session`. */
  readonly ticket: Buffer
  /** Only who holds this session's secret can resume it: the server that showed this. */
  readonly shown: ShownIdentity
}

/** Servers send one to four tickets for a connection. */
const TICKETS_PER_KEY = 4

/** Far more than anybody has upstreams. */
const MAX_KEYS = 256

/** Outlives pools, so that a changed configuration costs no full handshakes. */
export class SessionStore {
  readonly #sessions = new Map<string, StoredSession[]>()

  put(key: string, session: StoredSession): void {
    let list = this.#sessions.get(key)
    if (list === undefined) {
      if (this.#sessions.size >= MAX_KEYS) {
        for (const oldest of this.#sessions.keys()) {
          this.#sessions.delete(oldest)
          break
        }
      }
      list = []
      this.#sessions.set(key, list)
    }
    if (list.length === TICKETS_PER_KEY) list.shift()
    list.push(session)
  }

  /**
   * Takes the newest session out: used twice, a ticket lets an observer link the connections
   * (RFC 8446 §C.4), and one that a server no longer takes would fail again and again.
   */
  take(key: string): StoredSession | null {
    return this.#sessions.get(key)?.pop() ?? null
  }
}

/** Two upstreams share sessions only if everything that decides on trust is the same. */
export function sessionKey(upstream: UpstreamOptions): string {
  const hash = createHash('sha256')
  const parts = [
    upstream.address,
    String(upstream.port),
    upstream.tlsName ?? '',
    [...upstream.pins].sort().join(','),
    upstream.ca ?? '',
    upstream.clientCertificate ?? '',
    upstream.clientKey ?? '',
    upstream.profile ?? '',
    upstream.minVersion ?? '',
    upstream.ciphers?.join(':') ?? '',
  ]
  for (const part of parts) hash.update(createHash('sha256').update(part).digest())
  return hash.digest('base64')
}
