// What is known of the zone that a name lies in: the end of a chain of trust (RFC 4035 §5.1, §5.2).

import { ExtendedError } from '../../wire/edns.ts'
import type { Dnskey, ZoneKeys } from '../dnskey.ts'
import { type Name, nameText } from '../name.ts'
import type { Fault } from '../verdict.ts'

export type Trust = SecureTrust | InsecureTrust | IndeterminateTrust | BogusTrust

/** The zone's keys are proven. Also what names below it get where no other zone begins. */
export interface SecureTrust extends ZoneKeys {
  readonly security: 'secure'
  readonly zone: Name
  readonly keys: readonly Dnskey[]
}

export interface InsecureTrust {
  readonly security: 'insecure'
  /** Why nobody here can read what is signed; null where nothing is. */
  readonly fault: Fault | null
  readonly at: Name | null
  /** As in `Finding`. */
  readonly isPassing?: boolean
}

export interface IndeterminateTrust {
  readonly security: 'indeterminate'
}

export interface BogusTrust {
  readonly security: 'bogus'
  readonly fault: Fault
  /** The zone or name that the fault was found at. */
  readonly at: Name
}

/** At or below a negative anchor: one without an end, or one that passes. */
export const EXEMPT: InsecureTrust = { security: 'insecure', fault: null, at: null }
export const EXEMPT_FOR_NOW: InsecureTrust = { ...EXEMPT, isPassing: true }

export const INDETERMINATE: IndeterminateTrust = { security: 'indeterminate' }

export function bogusTrust(fault: Fault, at: Name): BogusTrust {
  return { security: 'bogus', fault, at }
}

/** A chain that takes more questions than one question may cause. */
export function tooLong(name: Name): BogusTrust {
  const text = `${nameText(name)}: the chain of trust to it takes too many questions`
  return bogusTrust({ code: ExtendedError.DnssecBogus, text }, name)
}

/** Whether other keys might make good what failed: not where only time or a signature is missing. */
export function mayHaveRolledOver({ code }: Fault): boolean {
  return code === ExtendedError.DnskeyMissing || code === ExtendedError.DnssecBogus
}
