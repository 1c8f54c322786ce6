// Keys that an attacker would like to be taken for a zone's: its own beside those of the zone, others with
// the same key tag, and more of one tag than anybody should try.

import { type Name, nameOctets, readName } from '../src/dnssec/name.ts'
import { SetSigner, type Validity } from '../src/dnssec/signer/set-signer.ts'
import type { SignedZone } from '../src/dnssec/signer/signed-zone.ts'
import { KeyFlag, type SigningKey } from '../src/dnssec/signer/signing-key.ts'
import type { Message, ResourceRecord } from '../src/wire/codec/message.ts'
import { readUint16 } from '../src/wire/header.ts'
import { RecordClass, RecordType } from '../src/wire/record-type.ts'
import { madeKey } from './made-keys.ts'
import type { Mutator } from './mutator.ts'

type Below = Mutator['below']

/** Whose keys the attacker has, and whose it would like to have. */
export interface KeyThief extends Validity {
  readonly zone: SignedZone
  readonly signed: readonly SignedZone[]
}

/** An answer to the question for a zone's keys. */
export function hostileKeys(honest: Message, thief: KeyThief, below: Below): Message {
  const apex = readName(honest.questions[0]!.name, 0, 0)
  const own = thief.zone.keys
  if (apex === thief.zone.apex) return answerWith(honest, apex, crowd(own, below), own, thief)
  const impostors = impostorsOf(apex, thief, below)
  const liars = below(2) === 0 ? own : impostors
  const isOfKeys = ({ type }: ResourceRecord): boolean => type === RecordType.DNSKEY
  const theirs = honest.answers.filter(isOfKeys).map(({ rdata }) => rdata)
  const rdata = [...(below(2) === 0 ? theirs : []), ...liars.map((key) => key.rdata)]
  return answerWith(honest, apex, rdata, liars, thief)
}

/** Keys of the attacker with algorithms and tags of a zone's keys; none where the zone has none. */
export function impostorsOf(apex: Name, { signed }: KeyThief, below: Below): readonly SigningKey[] {
  const zones = signed.filter((zone) => zone.apex === apex)
  return zones.length === 0 ? [] : zones[below(zones.length)]!.keys.map(impostorOf)
}

function answerWith(
  honest: Message,
  apex: Name,
  keys: readonly Uint8Array[],
  signers: readonly SigningKey[],
  { inception, expiration }: Validity,
): Message {
  const type = RecordType.DNSKEY
  const rdata = [...new Map(keys.map((key) => [key.join(), key])).values()].sort((a, b) =>
    Buffer.compare(a, b),
  )
  const common = {
    name: nameOctets(apex),
    class: RecordClass.IN,
    ttl: honest.answers[0]?.ttl ?? 600,
  }
  const set = { ...common, name: apex, owner: common.name, type, rdata }
  const signatures = new SetSigner({ zone: apex, keys: signers, inception, expiration }).sign(set)
  const answers = [
    ...rdata.map((one) => ({ ...common, type, rdata: one })),
    ...signatures.map((one) => ({ ...common, type: RecordType.RRSIG, rdata: one })),
  ]
  return { ...honest, rcode: 0, answers, authorities: [] }
}

/** These, and many with the tag of one of them, that may have made its signatures (CVE-2023-50387). */
function crowd(keys: readonly SigningKey[], below: Below): Uint8Array[] {
  const model = keys[below(keys.length)]!.rdata
  const others = Array.from({ length: 1 + below(30) }, () => rearranged(model, below))
  return [...keys.map(({ rdata }) => rdata), ...others]
}

/** RFC 4034 appendix B: two of its words in each other's place add up to the same key tag. */
function rearranged(rdata: Uint8Array, below: Below): Uint8Array {
  const changed = Uint8Array.from(rdata)
  const words = (rdata.length - 4) >> 1
  const [one, other] = [4 + 2 * below(words), 4 + 2 * below(words)]
  changed.set(rdata.subarray(other, other + 2), one)
  changed.set(rdata.subarray(one, one + 2), other)
  return changed
}

const impostors = new Map<string, SigningKey>()

function impostorOf(model: SigningKey): SigningKey {
  const id = model.rdata.join()
  const known = impostors.get(id)
  if (known !== undefined) return known
  const made = withTag(model)
  impostors.set(id, made)
  return made
}

/** The flags, most of which mean nothing (RFC 4034 §2.1.1), bring the tag about. */
function withTag({ algorithm, tag }: SigningKey): SigningKey {
  for (let number = 0; ; number++) {
    const text = `impostor ${number}`
    const { rdata } = madeKey(algorithm, 0, text)
    const sum = sumOf(rdata)
    for (let flags: number = KeyFlag.Zone; flags < 0x1_0000; flags++) {
      if ((flags & KeyFlag.Zone) === 0 || (flags & KeyFlag.Revoked) !== 0) continue
      const all = sum + flags
      if (((all + (all >>> 16)) & 0xffff) === tag) return madeKey(algorithm, flags, text)
    }
  }
}

function sumOf(rdata: Uint8Array): number {
  let sum = 0
  for (let at = 0; at + 1 < rdata.length; at += 2) sum += readUint16(rdata, at)
  return rdata.length % 2 === 0 ? sum : sum + (rdata.at(-1)! << 8)
}
