// A validator that lives while an RFC's example zone does, and knows of the world what that zone says.

import { hash } from 'node:crypto'

import { TrustAnchors, type ZoneAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { Chain } from '../../../src/dnssec/chain/chain.ts'
import { DigestType } from '../../../src/dnssec/algorithms.ts'
import { Dnskey } from '../../../src/dnssec/dnskey.ts'
import { readDelegationSigner } from '../../../src/dnssec/ds.ts'
import { type Name, nameOctets, nameText, ROOT } from '../../../src/dnssec/name.ts'
import { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import type { SourceAnswer } from '../../../src/dnssec/source.ts'
import { Validator } from '../../../src/dnssec/validator.ts'
import type { Verdict } from '../../../src/dnssec/verdict.ts'
import { Verifier } from '../../../src/dnssec/verifier.ts'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { writeRdata } from '../../../src/wire/codec/rdata-codec.ts'
import { Flag } from '../../../src/wire/header.ts'
import { RecordClass, RecordType } from '../../../src/wire/record-type.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'
import { mustSign, signedOctets } from './signed.ts'

export interface VectorRigOptions {
  /** Seconds since 1970. */
  readonly now: number
  readonly anchors: readonly ZoneAnchors[]
  /** What the world says, by `name type`; nobody answers anything else. */
  readonly world: (question: string) => Message | null
}

export class VectorRig {
  readonly #validator: Validator

  constructor({ now, anchors, world }: VectorRigOptions) {
    const clock = (): number => now
    const verifier = new Verifier({ now: clock, policy: { acceptSha1: true } })
    const ask = async (name: Name, type: number): Promise<SourceAnswer> => {
      const message = world(`${nameText(name)} ${formatType(type)}`)
      if (message === null) return { failure: 'nobody answers' }
      return { message: mustSign(message), upstream: 'the RFC' }
    }
    const chain = new Chain({
      source: { ask },
      verifier,
      anchors: new TrustAnchors({ anchors, negative: [] }),
      now: clock,
      clock: { seconds: clock },
    })
    this.#validator = new Validator({ chain, verifier })
  }

  async judge(message: Message): Promise<Verdict> {
    return await this.#validator.validate(mustSign(message))
  }

  /** The same for a message that no codec of ours would write. */
  async judgeOctets(octets: Uint8Array): Promise<Verdict> {
    const message = signedOctets(octets)
    if (typeof message === 'number') throw new Error(`AnswerFault ${message}`)
    return await this.#validator.validate(message)
  }
}

/** The zone's own keys, known in advance. */
export function keyAnchor(zone: Name, keys: readonly Uint8Array[]): ZoneAnchors {
  return { zone, ds: [], keys }
}

/** RDATA of a DS record with SHA-256 (RFC 4509 §2.1). */
export function dsOf(zone: Name, rdata: Uint8Array): Uint8Array {
  const { tag: keyTag, algorithm } = new Dnskey(rdata)
  const digest = hash('sha256', Buffer.concat([nameOctets(zone), rdata]), 'buffer')
  return writeRdata('DS', { keyTag, algorithm, digestType: DigestType.Sha256, digest })
}

/** A signed root with one delegation, for zones that RFCs print without what is above them. */
export class RootAbove {
  readonly anchor: ZoneAnchors
  readonly #zone: SignedZone

  /**
   * @param ds RDATA of the delegation's DS records
   * @param now seconds since 1970; signatures hold for decades around it
   */
  constructor(child: Name, ds: readonly Uint8Array[], now: number) {
    const key = new SigningKey({ algorithm: 15 })
    const lines = [
      '$TTL 3600',
      '. SOA ns.invalid. h.invalid. 1 2 3 4 3600',
      '. NS ns.invalid.',
      `${nameText(child)} NS ns.invalid.`,
    ]
    const { records } = parseZone(lines.join('\n'))
    const common = { name: nameOctets(child), class: RecordClass.IN, ttl: 3_600 }
    const delegation = ds.map(
      (rdata): ResourceRecord => ({ ...common, type: RecordType.DS, rdata }),
    )
    const decades = 31 * 365 * 86_400
    this.#zone = new SignedZone({
      records: [...records, ...delegation],
      keys: [key],
      inception: now - decades,
      expiration: now + decades,
    })
    this.anchor = { zone: ROOT, ds: [readDelegationSigner(key.ds(ROOT))], keys: [] }
  }

  answer(name: Name, type: number): Message {
    const { rcode, answer, authority } = this.#zone.answer(name, type)
    return messageOf(name, type, { rcode, answers: answer, authorities: authority })
  }
}

export function messageOf(
  name: Name,
  type: number,
  parts: Partial<Pick<Message, 'rcode' | 'answers' | 'authorities'>>,
): Message {
  return {
    id: 0,
    flags: Flag.QR,
    opcode: 0,
    rcode: 0,
    questions: [{ name: nameOctets(name), type, class: RecordClass.IN }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: null,
    ...parts,
  }
}
