// One set at a wildcard, which is what names without records of their own have of its type (RFC 4592 §3.3).

import { RecordType } from '../../wire/record-type.ts'
import { ancestorWith, countLabels, isWildcard, type Name, parentOf } from '../name.ts'
import type { Rrset } from '../rrset.ts'
import { HeldSet, type HeldSetOptions } from './held-set.ts'
import type { SortKey } from './sort-key.ts'

/** As of ranges. */
const OVERHEAD = 420

/**
 * What makes more of a name than one that has data: other zones, other names, or what nobody knows
 * (RFC 4592 §4). An alias would have to be followed, by what may not be held.
 */
const NOT_DATA: ReadonlySet<number> = new Set([
  RecordType.NS,
  RecordType.CNAME,
  RecordType.SOA,
  RecordType.SIG,
  RecordType.DNAME,
  RecordType.DS,
  RecordType.RRSIG,
  RecordType.NSEC,
  RecordType.NSEC3,
])

export interface WildcardOptions extends HeldSetOptions {
  readonly key: SortKey
  readonly type: number
}

export class Wildcard extends HeldSet {
  readonly key: SortKey
  readonly type: number
  /** NSEC3: the hash of its name; null until somebody wanted it. */
  wildcardHash: string | null = null

  constructor(options: WildcardOptions) {
    super(options)
    this.key = options.key
    this.type = options.type
  }

  override get overhead(): number {
    return OVERHEAD + 2 * this.key.length
  }

  override leaveZone(): void {
    this.zone.removeWildcard(this)
  }
}

/**
 * The name below which a wildcard stands that a proven set is of: one that was expanded to the set's
 * owner (RFC 4035 §5.3.2), or the owner itself. Null when there is none, or none of use.
 */
export function encloserOfSource({ owner, type, signatures }: Rrset): Name | null {
  const labels = signatures[0]?.labels
  if (labels === undefined || NOT_DATA.has(type)) return null
  const own = countLabels(owner)
  if (labels > own || (labels === own && !isWildcard(owner))) return null
  // Of signatures over two wildcards one is wrong, and nobody knows here which.
  if (!signatures.every((one) => one.labels === labels)) return null
  return labels === own ? parentOf(owner) : ancestorWith(labels, owner)
}
