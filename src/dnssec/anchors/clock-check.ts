// Whether a zone's keys look wrong for the time alone. A clock that is out by weeks, as on machines
// without a battery, makes all that is signed bogus; whoever looks for the cause should be told.

import { traitsOf } from '../algorithms.ts'
import { readDnskeys } from '../dnskey.ts'
import { nameText } from '../name.ts'
import type { Rrset, Rrsig } from '../rrset.ts'
import { serialDistance, timeText, Validity, validityOf } from '../signature.ts'
import { holds } from './sighting.ts'
import type { TrustPoint } from './trust-point.ts'

/** Signatures that are looked at. */
const MAX_CHECKED = 8

/**
 * What to say of the system's clock when trusted keys have signed the zone's, and every such signature
 * holds at another time; null in all other cases.
 * @param now seconds since 1970
 */
export function clockFault(point: TrustPoint, set: Rrset, now: number): string | null {
  const signatures = trustedSignatures(point, set)
  if (signatures.length === 0) return null
  const at = (serial: number) => now + serialDistance(now, serial)
  const keys = `signatures over the keys of ${nameText(point.zone)}`
  const says = `it says ${timeText(now)}`
  if (signatures.every((one) => validityOf(one, now) === Validity.NotYet)) {
    const begin = Math.min(...signatures.map(({ inception }) => at(inception)))
    return `the system clock seems to be behind: ${says}, and all ${keys} begin later, the first at ${timeText(begin)}`
  }
  if (signatures.every((one) => validityOf(one, now) === Validity.Expired)) {
    const end = Math.max(...signatures.map(({ expiration }) => at(expiration)))
    return `the system clock seems to be ahead: ${says}, and all ${keys} have ended, the last at ${timeText(end)}`
  }
  return null
}

/** Those by anchors that are right, whenever they hold. */
function trustedSignatures(point: TrustPoint, set: Rrset): Rrsig[] {
  const anchors = readDnskeys(set).filter((key) => !key.isRevoked && point.trusts(key))
  return set.signatures
    .slice(0, MAX_CHECKED)
    .filter((one) =>
      anchors.some(
        (key) =>
          key.tag === one.keyTag &&
          key.algorithm === one.algorithm &&
          traitsOf(one.algorithm) !== undefined &&
          one.signer === set.owner &&
          holds(set, one, key),
      ),
    )
}
