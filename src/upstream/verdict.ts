// Whether an answer is worth asking another upstream for a better one.

import type { AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError } from '../wire/edns.ts'
import { Rcode } from '../wire/header.ts'

/**
 * All that can be said of a name (RFC 1035 §4.1.1, RFC 6672 §3.2). With any other code the upstream
 * could not or would not, or speaks of the hop to it.
 */
const VERDICTS: ReadonlySet<number> = new Set([Rcode.NoError, Rcode.NXDomain, Rcode.YXDomain])

/**
 * Extended errors (RFC 8914 §4) that tell of the name after all: it is blocked here. Going elsewhere
 * would undo what the upstream is there for.
 */
const BLOCKING: ReadonlySet<number> = new Set([
  ExtendedError.Blocked,
  ExtendedError.Censored,
  ExtendedError.Filtered,
])

/**
 * The same of names that failed DNSSEC validation, where the upstream was to validate. Who is told not to
 * (RFC 4035 §3.2.2) and fails for that is no better than one that does not answer, or lies.
 */
const NOT_VALID: ReadonlySet<number> = new Set([
  ExtendedError.UnsupportedDnskeyAlgorithm,
  ExtendedError.UnsupportedDsDigest,
  ExtendedError.DnssecIndeterminate,
  ExtendedError.DnssecBogus,
  ExtendedError.SignatureExpired,
  ExtendedError.SignatureNotYetValid,
  ExtendedError.DnskeyMissing,
  ExtendedError.RrsigsMissing,
  ExtendedError.NoZoneKeyBitSet,
  ExtendedError.NsecMissing,
  ExtendedError.SignatureExpiredBeforeValid,
  ExtendedError.UnsupportedNsec3Iterations,
])

/** Codes with which servers turn an option away that they do not know (RFC 7871 §7.1.3). */
const OPTION_REFUSALS: ReadonlySet<number> = new Set([Rcode.FormErr, Rcode.NotImp, Rcode.Refused])

/** Whether it may be the client's subnet, if there was one, that the upstream did not like. */
export function mayBeForSubnet(answer: AnswerScan): boolean {
  return OPTION_REFUSALS.has(answer.rcode)
}

/** @param checkingDisabled whether the question had CD set */
export function isRefusal(answer: AnswerScan, checkingDisabled: boolean): boolean {
  const { rcode, extendedError } = answer
  if (VERDICTS.has(rcode) || BLOCKING.has(extendedError)) return false
  return checkingDisabled || !NOT_VALID.has(extendedError)
}
