// Where an answer comes from and how far it may be trusted, as entries and records keep it.

import { type Security, Security as Found } from '../dnssec/verdict.ts'
import { Provenance, VALIDATIONS } from '../cache/layout.ts'
import type { AnswerOrigin } from '../upstream/exchange.ts'

const UNKNOWN = VALIDATIONS.indexOf('unknown')
const INSECURE = VALIDATIONS.indexOf('insecure')
const SECURE = VALIDATIONS.indexOf('secure')
const BOGUS = VALIDATIONS.indexOf('bogus')

/** What of a word of provenance is not about who answered. */
export function provenanceOf({ stored, synthesized, security, isPassing }: AnswerOrigin): number {
  return (
    (stored ? Provenance.Shared : 0) |
    (synthesized === true ? Provenance.Synthesized : 0) |
    (isPassing === true ? Provenance.Passing : 0) |
    (validationOf(security) << Provenance.ValidationShift)
  )
}

export const BOGUS_PROVENANCE = BOGUS << Provenance.ValidationShift

/** What is indeterminate is served as what is insecure, and kept so. */
function validationOf(security: Security | null): number {
  switch (security) {
    case null:
      return UNKNOWN
    case Found.Secure:
      return SECURE
    case Found.Insecure:
    case Found.Indeterminate:
      return INSECURE
    case Found.Bogus:
      return BOGUS
  }
}

const STORED: readonly AnswerOrigin[] = [
  { stored: true, security: null },
  { stored: true, security: Found.Insecure },
  { stored: true, security: Found.Secure },
]

/** An answer of a store by its validation there; null when that says that it must not be used. */
export function storedOrigin(validation: number): AnswerOrigin | null {
  return STORED[validation] ?? null
}
