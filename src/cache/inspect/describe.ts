// An entry in words.

import { formatScope } from '../../wire/client-subnet.ts'
import { decodeMessage } from '../../wire/codec/message.ts'
import { HEADER_LENGTH, RCODE_MASK, readUint16 } from '../../wire/header.ts'
import { Variant } from '../../wire/question-key.ts'
import { formatName } from '../../wire/text/name-text.ts'
import { formatRdata } from '../../wire/text/rdata-text.ts'
import { formatClass, formatRcode, formatType } from '../../wire/text/type-text.ts'
import type { EntryCopy } from '../entry-copy.ts'
import { Provenance, VALIDATIONS } from '../layout.ts'
import { type EntryState, stateOf } from './filter.ts'

export interface CacheEntry {
  /** Absolute, lower-cased. */
  readonly name: string
  readonly type: string
  readonly class: string
  /** For whom it is: those who asked with DO, with CD (RFC 4035 §3.2). */
  readonly dnssecOk: boolean
  readonly checkingDisabled: boolean
  /** The network that it is for (RFC 7871), as a prefix; null for everybody. */
  readonly subnet: string | null
  readonly state: EntryState
  readonly rcode: string
  /** Records of its answer section, type and data as in a zone file; the first ones of many. */
  readonly data: readonly string[]
  /** How many there are. */
  readonly records: number
  /** Seconds since it was stored, and until its time to live ends: negative when it is stale. */
  readonly age: number
  readonly left: number
  /**
   * How often it was asked for. An estimate: half or twice that may be true. Uses of the answer that it
   * replaced count half.
   */
  readonly hits: number
  /** Who answered; null when that is not known any more. */
  readonly upstream: string | null
  /** Whether another proxy asked and left the answer in the shared store. */
  readonly shared: boolean
  /** Whether nobody was asked, since it followed from what was proven before (RFC 8198). */
  readonly synthesized: boolean
  readonly validation: (typeof VALIDATIONS)[number]
  /** Info code (RFC 8914). */
  readonly extendedError: number | null
  /** Why it is bogus; null when it is not. */
  readonly reason: string | null
  /** Octets of memory, its place in the index not among them. */
  readonly size: number
}

const utf8 = new TextDecoder()

/** Records that are shown: an answer of 64 KB may have thousands. */
const MAX_DATA = 50

/**
 * @param now seconds on the monotonic clock
 * @param upstreams names by the slots that entries know them by
 */
export function describe(entry: EntryCopy, now: number, upstreams: readonly string[]): CacheEntry {
  const { variant, storedAt, expiresAt, hits, size } = entry
  const { bytes, length, nameLength, extendedError, provenance } = entry.answer
  const type = HEADER_LENGTH + nameLength
  const validation =
    VALIDATIONS[(provenance >>> Provenance.ValidationShift) & Provenance.ValidationMask]!
  const messageEnd = validation === 'bogus' ? type + 4 : length
  const message = decodeMessage(bytes.slice(0, messageEnd))
  const answers = typeof message === 'string' ? [] : message.answers
  return {
    name: formatName(bytes, HEADER_LENGTH),
    type: formatType(readUint16(bytes, type)),
    class: formatClass(readUint16(bytes, type + 2)),
    dnssecOk: (variant & Variant.DnssecOk) !== 0,
    checkingDisabled: (variant & Variant.CheckingDisabled) !== 0,
    subnet: (variant & Variant.Subnet) === 0 ? null : formatScope(entry.subnetBytes),
    state: stateOf(entry, now),
    rcode: formatRcode(readUint16(bytes, 2) & RCODE_MASK),
    data: answers
      .slice(0, MAX_DATA)
      .map((record) => `${formatType(record.type)} ${formatRdata(record.type, record.rdata)}`),
    records: answers.length,
    age: now - storedAt,
    left: expiresAt - now,
    hits,
    upstream: upstreams[(provenance & Provenance.UpstreamMask) - 1] ?? null,
    shared: (provenance & Provenance.Shared) !== 0,
    synthesized: (provenance & Provenance.Synthesized) !== 0,
    validation,
    extendedError: extendedError === -1 ? null : extendedError,
    reason: validation === 'bogus' ? utf8.decode(bytes.subarray(messageEnd, length)) : null,
    size,
  }
}
