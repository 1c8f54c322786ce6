// What validation finds (RFC 4033 §5, RFC 4035 §4.3), and why.

import type { Name } from './name.ts'

export const Security = {
  /** Signed all the way down from a trust anchor. */
  Secure: 'secure',
  /** Proven to lie below a zone that is not signed, or in one whose signatures nobody here can read. */
  Insecure: 'insecure',
  /** No trust anchor is above it. */
  Indeterminate: 'indeterminate',
  /** It should be signed, and is not, or not rightly. */
  Bogus: 'bogus',
} as const
export type Security = (typeof Security)[keyof typeof Security]

/** Why something is not secure, for the client. */
export interface Fault {
  /** An extended DNS error (RFC 8914): one of `ExtendedError`. */
  readonly code: number
  /** For people: the record, the key tag and the reason, such as "example. DNSKEY: …". */
  readonly text: string
}

export interface Verdict {
  readonly security: Security
  /** Why it is bogus; or what makes a signed zone count as insecure, null when it is just not signed. */
  readonly fault: Fault | null
  /** Where the fault lies: the name whose data are bad; null without a fault. */
  readonly at: Name | null
  /** Whether it is not secure for a negative trust anchor that passes. Absent: no. */
  readonly isPassing?: boolean
  /**
   * Of a secure message: the TTL in seconds of each record that was proven, by its place (see
   * `SignedMessage`), -1 for those that were not and must not go on. Null in all other cases.
   */
  readonly ttls: Int32Array | null
}
