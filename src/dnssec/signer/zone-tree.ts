// A zone's records by name and type, and what of them is authoritative: not what stands below a zone
// cut (RFC 4035 §2.2) or below a DNAME (RFC 6672 §2.4).

import { canonicalRdata } from '../../wire/codec/rdata-codec.ts'
import type { ResourceRecord } from '../../wire/codec/message.ts'
import { RecordType } from '../../wire/record-type.ts'
import { isAtOrBelow, type Name, parentOf, readName } from '../name.ts'

/** All records of one owner, type and class. */
export interface ZoneSet {
  readonly name: Name
  /** The name as it was written, letter case kept. */
  readonly owner: Uint8Array
  readonly type: number
  readonly class: number
  /** Seconds: of the first record. */
  readonly ttl: number
  /** RDATA as it was written, in canonical order, none twice (RFC 4034 §6.3). */
  readonly rdata: readonly Uint8Array[]
}

/** A name that exists: an empty non-terminal has no sets. */
export type ZoneNode = ReadonlyMap<number, ZoneSet>

/** Whatever signing makes: it is made anew. */
const MADE_BY_SIGNING: ReadonlySet<number> = new Set([
  RecordType.RRSIG,
  RecordType.NSEC,
  RecordType.NSEC3,
  RecordType.NSEC3PARAM,
])

export class ZoneTree {
  readonly apex: Name
  readonly soa: ZoneSet
  readonly #nodes = new Map<Name, Map<number, ZoneSet>>()

  /** Throws when there is no SOA record, or a record is outside of the zone. */
  constructor(records: readonly ResourceRecord[]) {
    const soa = records.find(({ type }) => type === RecordType.SOA)
    if (soa === undefined) throw new TypeError('the zone has no SOA record')
    this.apex = readName(soa.name, 0, 0)
    this.#nodes.set(this.apex, new Map())
    for (const group of groupRecords(records)) this.add(group)
    this.soa = this.node(this.apex)!.get(RecordType.SOA)!
  }

  /** Every name that exists, in no order. */
  get names(): Iterable<Name> {
    return this.#nodes.keys()
  }

  node(name: Name): ZoneNode | undefined {
    return this.#nodes.get(name)
  }

  add(records: readonly ResourceRecord[]): void {
    const set = makeSet(records)
    if (!isAtOrBelow(set.name, this.apex)) throw new TypeError('a record is outside of the zone')
    // RFC 8020 §2: what has names below it exists.
    for (let name = set.name; !this.#nodes.has(name); name = parentOf(name)) {
      this.#nodes.set(name, new Map())
    }
    this.#nodes.get(set.name)!.set(set.type, set)
  }

  /** Whether another zone begins here. */
  isCut(name: Name): boolean {
    return name !== this.apex && this.#nodes.get(name)?.has(RecordType.NS) === true
  }

  /** The highest name, `name` itself or above it, where names end to be this zone's; else null. */
  cutAbove(name: Name): Name | null {
    let found: Name | null = null
    for (let at = name; at !== this.apex; at = parentOf(at)) if (this.isCut(at)) found = at
    return found
  }

  /** Whether the zone speaks for the name: zone cuts themselves are in between, and count. */
  isOwn(name: Name): boolean {
    for (let at = name; at !== this.apex; ) {
      at = parentOf(at)
      if (this.isCut(at) || this.#nodes.get(at)?.has(RecordType.DNAME) === true) return false
    }
    return true
  }

  /** The longest name that exists and that `name` is at or below (RFC 4592 §3.3.1). */
  closestEncloser(name: Name): Name {
    let at = name
    while (!this.#nodes.has(at)) at = parentOf(at)
    return at
  }
}

/** Records of one set; there must be one. */
function makeSet(records: readonly ResourceRecord[]): ZoneSet {
  const { name: owner, type, class: recordClass, ttl } = records[0]!
  const forms = records
    .map(({ rdata }) => ({ rdata, form: Buffer.from(canonicalRdata(type, rdata)) }))
    .sort((a, b) => a.form.compare(b.form))
  const rdata = forms
    .filter(({ form }, i) => i === 0 || !form.equals(forms[i - 1]!.form))
    .map((entry) => entry.rdata)
  return { name: readName(owner, 0, 0), owner, type, class: recordClass, ttl, rdata }
}

function groupRecords(records: readonly ResourceRecord[]): Iterable<ResourceRecord[]> {
  const groups = new Map<string, ResourceRecord[]>()
  for (const record of records) {
    if (MADE_BY_SIGNING.has(record.type)) continue
    const key = `${record.type} ${readName(record.name, 0, 0)}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [record])
    else group.push(record)
  }
  return groups.values()
}
