// Whether an answer is worth asking another upstream for a better one.

import type { AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError } from '../wire/edns.ts'
import { Rcode } from '../wire/header.ts'

/** The upstream could not or would not, and says nothing of the name. */
const REFUSALS: ReadonlySet<number> = new Set([
  Rcode.FormErr,
  Rcode.ServFail,
  Rcode.NotImp,
  Rcode.Refused,
  Rcode.NotAuth,
  Rcode.BadVers,
])

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

export function isRefusal(answer: AnswerScan): boolean {
  if (answer.rcode === Rcode.NoError || answer.rcode === Rcode.NXDomain) return false
  return REFUSALS.has(answer.rcode) && !FINAL_ERRORS.has(answer.extendedError)
}
