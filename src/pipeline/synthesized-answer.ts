// A negative answer made of what was proven before (RFC 8198), as an upstream would give it: the zone's
// SOA, and for those who ask with DO the signatures and proofs.

import { DeniedKind } from '../dnssec/aggressive/denied.ts'
import type { Denial } from '../dnssec/aggressive/proven-ranges.ts'
import { countRecords, writeSet } from '../dnssec/aggressive/set-octets.ts'
import { ROOT } from '../dnssec/name.ts'
import type { UpstreamQuestion } from '../upstream/exchange.ts'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError } from '../wire/edns.ts'
import { Flag, HEADER_LENGTH, Rcode, writeUint16 } from '../wire/header.ts'

/** Octets: the SOA and three proofs have 2 KiB each at the most as they are kept, and most far less. */
const MAX_LENGTH = 12 * 1_024

/** One answer at a time. */
export class SynthesizedAnswer {
  readonly #bytes = new Uint8Array(MAX_LENGTH)
  readonly #scan = new AnswerScan()

  /** Null when it does not hold together: long owners repeated before many signatures find no room. */
  write({ question, dnssecOk }: UpstreamQuestion, denial: Denial): AnswerScan | null {
    const { kind, zone, ttl, soa, proofs } = denial
    const bytes = this.#bytes
    bytes.fill(0, 0, HEADER_LENGTH)
    const rcode = kind === DeniedKind.Name ? Rcode.NXDomain : Rcode.NoError
    writeUint16(bytes, 2, Flag.QR | Flag.RD | Flag.RA | rcode)
    writeUint16(bytes, 4, 1)
    for (let i = 0; i < question.length; i++) bytes[HEADER_LENGTH + i] = question[i]!
    let at = HEADER_LENGTH + question.length
    // Behind the name come type and class.
    const zoneAt = zone === ROOT ? 0 : at - 4 - zone.length
    let count = countRecords(soa, dnssecOk)
    at = writeSet(soa, bytes, at, zoneAt, ttl, dnssecOk)
    if (dnssecOk) {
      for (const proof of proofs) {
        count += countRecords(proof, true)
        at = writeSet(proof, bytes, at, zoneAt, ttl, true)
      }
    }
    writeUint16(bytes, 8, count)
    const scan = this.#scan
    if (scan.scan(bytes, 0, at) !== AnswerFault.None) return null
    scan.extendedError = ExtendedError.Synthesized
    return scan
  }
}
