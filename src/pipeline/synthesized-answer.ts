// An answer made of what was proven before (RFC 8198), as an upstream would give it: the records of a
// wildcard or the zone's SOA, and for those who ask with DO the signatures and proofs.

import { DeductionKind } from '../dnssec/aggressive/deduction.ts'
import { countRecords, type SetOctets, writeSet } from '../dnssec/aggressive/set-octets.ts'
import type { Synthesis } from '../dnssec/aggressive/synthesis.ts'
import { ROOT } from '../dnssec/name.ts'
import type { UpstreamQuestion } from '../upstream/exchange.ts'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError } from '../wire/edns.ts'
import { Flag, HEADER_LENGTH, Rcode, writeUint16 } from '../wire/header.ts'

/** Octets: the SOA or the answer and three proofs have 2 KiB each at the most as they are kept, and most far less. */
const MAX_LENGTH = 12 * 1_024

/** One answer at a time. */
export class SynthesizedAnswer {
  readonly #bytes = new Uint8Array(MAX_LENGTH)
  readonly #scan = new AnswerScan()
  #at = 0

  /** Null when it does not hold together: long owners repeated before many signatures find no room. */
  write({ question, dnssecOk }: UpstreamQuestion, synthesis: Synthesis): AnswerScan | null {
    const { kind, zone, answer, soa, proofs } = synthesis
    const bytes = this.#bytes
    bytes.fill(0, 0, HEADER_LENGTH)
    const rcode = kind === DeductionKind.Name ? Rcode.NXDomain : Rcode.NoError
    writeUint16(bytes, 2, Flag.QR | Flag.RD | Flag.RA | rcode)
    writeUint16(bytes, 4, 1)
    for (let i = 0; i < question.length; i++) bytes[HEADER_LENGTH + i] = question[i]!
    this.#at = HEADER_LENGTH + question.length
    // Behind the name come type and class.
    const zoneAt = zone === ROOT ? 0 : this.#at - 4 - zone.length
    const { ttl } = synthesis
    if (answer !== null) writeUint16(bytes, 6, this.#write(answer, HEADER_LENGTH, ttl, dnssecOk))
    let count = soa === null ? 0 : this.#write(soa, zoneAt, ttl, dnssecOk)
    if (dnssecOk) for (const proof of proofs) count += this.#write(proof, zoneAt, ttl, true)
    writeUint16(bytes, 8, count)
    const scan = this.#scan
    if (scan.scan(bytes, 0, this.#at) !== AnswerFault.None) return null
    scan.extendedError = ExtendedError.Synthesized
    return scan
  }

  /** @returns how many records these are */
  #write(set: SetOctets, suffixAt: number, ttl: number, withSignatures: boolean): number {
    this.#at = writeSet(set, this.#bytes, this.#at, suffixAt, ttl, withSignatures)
    return countRecords(set, withSignatures)
  }
}
