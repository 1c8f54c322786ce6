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
 * Extended errors (RFC 8914 §4) that tell of the name after all: it failed DNSSEC validation, or
 * it is blocked here. Going elsewhere would undo what the upstream is there for.
 */
const FINAL_ERRORS: ReadonlySet<number> = new Set([
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
  ExtendedError.Blocked,
  ExtendedError.Censored,
  ExtendedError.Filtered,
  ExtendedError.UnsupportedNsec3Iterations,
])

/** Codes with which servers turn an option away that they do not know (RFC 7871 §7.1.3). */
const OPTION_REFUSALS: ReadonlySet<number> = new Set([Rcode.FormErr, Rcode.NotImp, Rcode.Refused])

/** Whether it may be the client's subnet, if there was one, that the upstream did not like. */
export function mayBeForSubnet(answer: AnswerScan): boolean {
  return OPTION_REFUSALS.has(answer.rcode)
}

export function isRefusal(answer: AnswerScan): boolean {
  return !VERDICTS.has(answer.rcode) && !FINAL_ERRORS.has(answer.extendedError)
}
