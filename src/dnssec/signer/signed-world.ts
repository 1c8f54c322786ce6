// Several zones as one resolver sees them that follows referrals and aliases from zone to zone.

import type { ResourceRecord } from '../../wire/codec/message.ts'
import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { type Name, parentOf, ROOT } from '../name.ts'
import type { SignedZone } from './signed-zone.ts'

/** A resolver's answer, without what follows from the question. */
export interface WorldAnswer {
  readonly rcode: number
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
}

/** Aliases followed from zone to zone. */
const MAX_ALIASES = 16

export class SignedWorld {
  readonly #zones: ReadonlyMap<Name, SignedZone>

  constructor(zones: readonly SignedZone[]) {
    this.#zones = new Map(zones.map((zone) => [zone.apex, zone]))
  }

  /** REFUSED for what no zone is above, SERVFAIL below a delegation to a zone that is not here. */
  answer(name: Name, type: number): WorldAnswer {
    const answer: ResourceRecord[] = []
    const authority: ResourceRecord[] = []
    let rcode: number = Rcode.Refused
    let next: Name | null = name
    for (let left = MAX_ALIASES; next !== null && left > 0; left--) {
      const zone = this.#zoneOf(next, type)
      if (zone === undefined) break
      const part = zone.answer(next, type)
      if (part.isReferral) return { rcode: Rcode.ServFail, answer: [], authority: [] }
      answer.push(...part.answer)
      authority.push(...part.authority)
      rcode = part.rcode
      next = part.next
    }
    return { rcode, answer, authority }
  }

  /** The zone that answers: for DS records the parent (RFC 4035 §3.1.4.1), where it is here. */
  #zoneOf(name: Name, type: number): SignedZone | undefined {
    const own = this.#deepest(name)
    if (type !== RecordType.DS || own?.apex !== name || name === ROOT) return own
    return this.#deepest(parentOf(name)) ?? own
  }

  #deepest(name: Name): SignedZone | undefined {
    for (let at = name; ; at = parentOf(at)) {
      const zone = this.#zones.get(at)
      if (zone !== undefined || at === ROOT) return zone
    }
  }
}
