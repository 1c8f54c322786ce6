// What the demo's DoT server serves: zones signed down from a root of their own, and one whose
// signatures have expired. Keys are made for one run.

import { readName, type Name } from '../../dnssec/name.ts'
import { KeyFlag, SigningKey } from '../../dnssec/signer/signing-key.ts'
import { SignedWorld } from '../../dnssec/signer/signed-world.ts'
import { SignedZone } from '../../dnssec/signer/signed-zone.ts'
import type { Validity } from '../../dnssec/signer/set-signer.ts'
import type { Edns, Question, ResourceRecord } from '../../wire/codec/message.ts'
import { DNSSEC_OK } from '../../wire/edns.ts'
import { Rcode } from '../../wire/header.ts'
import { RecordClass, RecordType } from '../../wire/record-type.ts'
import { formatRecord } from '../../wire/text/message-text.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { BROKEN_ZONE, DEMO_ZONE, EXAMPLE_ZONE, ROOT_ZONE } from './zone-data.ts'

/** ECDSAP256SHA256: keys and signatures are small, and made at once. */
const ALGORITHM = 13

const HOUR = 3600
const DAY = 24 * HOUR

export interface LookupResult {
  readonly rcode: number
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
}

export class DemoWorld {
  /** DS record of the root's key, which is all that there is to trust. */
  readonly anchor: string
  readonly #world: SignedWorld

  constructor(now: Date) {
    const today = Math.floor(now.getTime() / 1000)
    const good = { inception: today - HOUR, expiration: today + 30 * DAY }
    const past = { inception: today - 60 * DAY, expiration: today - 30 * DAY }
    const demo = signedZone(DEMO_ZONE, good)
    const broken = signedZone(BROKEN_ZONE, past)
    const example = signedZone(EXAMPLE_ZONE, good, [demo, broken])
    const root = signedZone(ROOT_ZONE, good, [example])
    this.anchor = root.ds().map(formatRecord).join('\n')
    this.#world = new SignedWorld([root, example, demo, broken])
  }

  lookUp({ name, type, class: recordClass }: Question, edns: Edns | null): LookupResult {
    if (recordClass !== RecordClass.IN) return { rcode: Rcode.Refused, answer: [], authority: [] }
    const { rcode, answer, authority } = this.#world.answer(ownerOf(name), type)
    if (edns !== null && (edns.flags & DNSSEC_OK) !== 0) return { rcode, answer, authority }
    const asked = (record: ResourceRecord): boolean => record.type === type || !isProof(record)
    return { rcode, answer: answer.filter(asked), authority: authority.filter(asked) }
  }
}

const ownerOf = (name: Uint8Array): Name => readName(name, 0, 0)

/** What those who do not ask for DNSSEC records do not get (RFC 4035 §3.2.1). */
const isProof = ({ type }: ResourceRecord): boolean =>
  type === RecordType.RRSIG || type === RecordType.NSEC

function signedZone(text: string, validity: Validity, children: readonly SignedZone[] = []) {
  const { records } = parseZone(text)
  const keys = [KeyFlag.Zone | KeyFlag.EntryPoint, KeyFlag.Zone].map(
    (flags) => new SigningKey({ algorithm: ALGORITHM, flags }),
  )
  const delegated = children.flatMap((child) => child.ds())
  return new SignedZone({ records: [...records, ...delegated], keys, ...validity })
}
