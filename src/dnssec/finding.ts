// What one part of an answer comes to: the worst of its parts is what the answer comes to.

import type { Trust } from './chain/trust.ts'
import type { Name } from './name.ts'
import { type Fault, Security } from './verdict.ts'

export interface Finding {
  readonly security: Security
  /** As in `Verdict`. */
  readonly fault: Fault | null
  readonly at: Name | null
  /** Whether it is so for a negative trust anchor that passes, and that others may not have. Absent: no. */
  readonly isPassing?: boolean
}

export const SECURE: Finding = { security: Security.Secure, fault: null, at: null }
export const INSECURE: Finding = { security: Security.Insecure, fault: null, at: null }
export const UNKNOWN: Finding = { security: Security.Indeterminate, fault: null, at: null }

export function bogus(fault: Fault, at: Name): Finding {
  return { security: Security.Bogus, fault, at }
}

export function insecure(fault: Fault | null, at: Name): Finding {
  return fault === null ? INSECURE : { security: Security.Insecure, fault, at }
}

/** What data without a proof are, in a zone that is not secure. */
export function findingOf(trust: Exclude<Trust, { security: 'secure' }>): Finding {
  return trust.security === Security.Indeterminate ? UNKNOWN : trust
}

const ranks: Readonly<Record<Security, number>> = {
  [Security.Secure]: 0,
  [Security.Insecure]: 1,
  [Security.Indeterminate]: 2,
  [Security.Bogus]: 3,
}

/**
 * The worse of the two; the first if they are alike, but for a reason that the other one has. It passes
 * when either does.
 */
export function worse(a: Finding, b: Finding): Finding {
  const worst = worseOf(a, b)
  const isPassing = a.isPassing === true || b.isPassing === true
  return isPassing && worst.isPassing !== true ? { ...worst, isPassing } : worst
}

function worseOf(a: Finding, b: Finding): Finding {
  if (ranks[a.security] !== ranks[b.security]) return ranks[a.security] > ranks[b.security] ? a : b
  return a.fault === null ? b : a
}
