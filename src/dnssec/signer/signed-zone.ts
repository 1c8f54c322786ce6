// A zone with its keys, signatures and denial of existence: what an authoritative server serves.
// For the demo, and to have something to validate in tests.

import type { ResourceRecord } from '../../wire/codec/message.ts'
import { writeRdata } from '../../wire/codec/rdata-codec.ts'
import { RecordType } from '../../wire/record-type.ts'
import { readUint32 } from '../../wire/header.ts'
import { compareNames, isAtOrBelow, type Name, nameText } from '../name.ts'
import type { DenialChain } from './denial-chain.ts'
import { NsecChain } from './nsec-chain.ts'
import { Nsec3Chain, type Nsec3Options } from './nsec3-chain.ts'
import { NSEC3_SHA1 } from '../denial/nsec3-hash.ts'
import { SetSigner, type Validity } from './set-signer.ts'
import type { SigningKey } from './signing-key.ts'
import { lookUp, type ZoneAnswer } from './zone-lookup.ts'
import { type ZoneSet, ZoneTree } from './zone-tree.ts'

export interface SignedZoneOptions extends Validity {
  /**
   * Of one zone, its SOA among them, as `parseZone` gives them; DS records of children belong here.
   * DNSKEY records are added for the keys; others that stand here stay.
   */
  readonly records: readonly ResourceRecord[]
  /** None of an unsigned zone. */
  readonly keys: readonly SigningKey[]
  /** How existence is denied: NSEC by default. */
  readonly nsec3?: Nsec3Options
}

/** Throws when the records are not of one zone. */
export class SignedZone {
  readonly apex: Name
  readonly keys: readonly SigningKey[]
  readonly tree: ZoneTree
  /** Null in an unsigned zone. */
  readonly denial: DenialChain | null
  readonly #signer: SetSigner

  constructor({ records, keys, inception, expiration, nsec3 }: SignedZoneOptions) {
    const tree = new ZoneTree(records)
    const { apex, soa } = tree
    const at = { name: soa.owner, class: soa.class }
    if (keys.length > 0) {
      const type = RecordType.DNSKEY
      const present = (tree.node(apex)!.get(type)?.rdata ?? []).map((rdata) => ({ rdata }))
      tree.add([...keys, ...present].map(({ rdata }) => ({ ...at, type, ttl: soa.ttl, rdata })))
    }
    if (nsec3 !== undefined) {
      const { iterations, salt } = nsec3
      const fields = { hashAlgorithm: NSEC3_SHA1, flags: 0, iterations, salt }
      const rdata = writeRdata('NSEC3PARAM', fields)
      tree.add([{ ...at, type: RecordType.NSEC3PARAM, ttl: 0, rdata }])
    }
    this.apex = apex
    this.keys = keys
    this.tree = tree
    this.#signer = new SetSigner({ zone: apex, keys, inception, expiration })
    this.denial = keys.length === 0 ? null : makeChain(tree, nsec3)
  }

  /** DS records of this zone for its parent: of its entry points, else of all its keys. */
  ds(digestType = 2): readonly ResourceRecord[] {
    const { owner: name, class: recordClass, ttl } = this.tree.soa
    const entryPoints = this.keys.filter(({ isEntryPoint }) => isEntryPoint)
    return (entryPoints.length > 0 ? entryPoints : this.keys).map((key) => ({
      name,
      type: RecordType.DS,
      class: recordClass,
      ttl,
      rdata: key.ds(this.apex, digestType),
    }))
  }

  /** What an authoritative server answers. Throws a RangeError for names outside of the zone. */
  answer(name: Name, type: number): ZoneAnswer {
    if (!isAtOrBelow(name, this.apex)) {
      throw new RangeError(`${nameText(name)} is not in the zone ${nameText(this.apex)}`)
    }
    return lookUp(this, name, type)
  }

  /** All records, signatures and denial included: a signed zone file. */
  records(): ResourceRecord[] {
    const names = [...this.tree.names].sort(compareNames)
    const sets = names.flatMap((name) => [...this.tree.node(name)!.values()])
    return [...sets, ...(this.denial?.sets ?? [])].flatMap((set) => this.signed(set))
  }

  /**
   * A set's records and the signatures over them, which delegations and glue have not.
   * @param owner what a wildcard stands for
   */
  signed(set: ZoneSet, owner = set.owner): ResourceRecord[] {
    const { class: recordClass, ttl } = set
    const record = (type: number, rdata: Uint8Array): ResourceRecord => {
      return { name: owner, type, class: recordClass, ttl, rdata }
    }
    return [
      ...set.rdata.map((rdata) => record(set.type, rdata)),
      ...this.signatures(set).map((rdata) => record(RecordType.RRSIG, rdata)),
    ]
  }

  /** RDATA of the signatures over a set of this zone. */
  signatures(set: ZoneSet): readonly Uint8Array[] {
    const { tree } = this
    const ofChain = set.type === RecordType.NSEC3 || set.type === RecordType.NSEC
    const isOwn =
      ofChain || (tree.isOwn(set.name) && (!tree.isCut(set.name) || set.type === RecordType.DS))
    return isOwn ? this.#signer.sign(set) : []
  }

  /** The SOA for a negative answer, its TTL that of the answer (RFC 2308 §3). */
  negativeSoa(): ResourceRecord[] {
    const { soa } = this.tree
    return this.signed(soa).map((record) => ({ ...record, ttl: negativeTtl(soa) }))
  }
}

function makeChain(tree: ZoneTree, nsec3: Nsec3Options | undefined): DenialChain {
  const ttl = negativeTtl(tree.soa)
  return nsec3 === undefined ? new NsecChain(tree, ttl) : new Nsec3Chain(tree, ttl, nsec3)
}

/** Seconds (RFC 2308 §5). The minimum is the last number of a SOA record. */
function negativeTtl(soa: ZoneSet): number {
  const rdata = soa.rdata[0]!
  return Math.min(soa.ttl, readUint32(rdata, rdata.length - 4))
}
