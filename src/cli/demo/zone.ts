// Looks names up in a small zone and makes whole answers of what it finds (RFC 1034 §4.3.2), as a
// resolver would give them: aliases followed, no referrals. Wildcards are left out.

import { ExtendedError, OptionCode } from '../../wire/edns.ts'
import { Rcode, readUint32 } from '../../wire/header.ts'
import type { EdnsOption, Question, ResourceRecord } from '../../wire/codec/message.ts'
import { lowerCaseName } from '../../wire/text/name-text.ts'
import { RecordClass, RecordType } from '../../wire/record-type.ts'

/** Octets of the five numbers at the end of a SOA record's RDATA; the last is the minimum. */
const SOA_MINIMUM = 4

export interface LookupResult {
  readonly rcode: number
  readonly answers: readonly ResourceRecord[]
  /** The SOA record when the last name or its type is not there, for caches (RFC 2308 §3). */
  readonly authorities: readonly ResourceRecord[]
  /** For the OPT record. */
  readonly options: readonly EdnsOption[]
}

export class Zone {
  readonly #byName = new Map<string, ResourceRecord[]>()
  readonly #soa: ResourceRecord

  /** @param records of one zone, with its SOA among them */
  constructor(records: readonly ResourceRecord[]) {
    const soa = records.find(({ type }) => type === RecordType.SOA)
    if (soa === undefined) throw new TypeError('the zone has no SOA record')
    this.#soa = soa
    for (const record of records) {
      const set = this.#byName.get(keyOf(record.name)) ?? []
      set.push(record)
      this.#byName.set(keyOf(record.name), set)
      this.#addAncestors(record.name)
    }
  }

  /** Whether a name is at or below the top of this zone. */
  covers(name: Uint8Array): boolean {
    return ancestorKeys(name).includes(keyOf(this.#soa.name))
  }

  lookup({ name, type, class: recordClass }: Question): LookupResult {
    if (!this.covers(name) || recordClass !== RecordClass.IN) return NOT_OURS
    const answers: ResourceRecord[] = []
    const followed = new Set<string>()
    for (let owner = name; ; ) {
      const records = this.#byName.get(keyOf(owner))
      if (records === undefined) return this.#negative(Rcode.NXDomain, answers)
      const found = records.filter((record) => type === RecordType.ANY || record.type === type)
      answers.push(...found)
      if (found.length > 0) return { ...NO_RECORDS, answers }
      const alias = records.find((record) => record.type === RecordType.CNAME)
      if (alias === undefined) return this.#negative(Rcode.NoError, answers)
      answers.push(alias)
      followed.add(keyOf(owner))
      // An alias names what it stands for by its RDATA alone.
      owner = alias.rdata
      // What is not ours is for the client to follow; what runs in a circle is for nobody.
      if (!this.covers(owner) || followed.has(keyOf(owner))) return { ...NO_RECORDS, answers }
    }
  }

  #negative(rcode: number, answers: readonly ResourceRecord[]): LookupResult {
    const { rdata, ttl } = this.#soa
    const minimum = readUint32(rdata, rdata.length - SOA_MINIMUM)
    const soa = { ...this.#soa, ttl: Math.min(ttl, minimum) }
    return { ...NO_RECORDS, rcode, answers, authorities: [soa] }
  }

  /** A name exists when there is something below it (RFC 8020 §2). */
  #addAncestors(name: Uint8Array): void {
    for (const key of ancestorKeys(name)) {
      if (!this.#byName.has(key)) this.#byName.set(key, [])
      if (key === keyOf(this.#soa.name)) return
    }
  }
}

export const NO_RECORDS: LookupResult = {
  rcode: Rcode.NoError,
  answers: [],
  authorities: [],
  options: [],
}

const NOT_OURS: LookupResult = {
  ...NO_RECORDS,
  rcode: Rcode.Refused,
  options: [{ code: OptionCode.ExtendedError, data: Buffer.of(0, ExtendedError.NotAuthoritative) }],
}

/** Equal for names that are equal (RFC 4343 §3). */
function keyOf(name: Uint8Array): string {
  return Buffer.from(lowerCaseName(name)).toString('latin1')
}

/** The name itself, and every name above it but the root. */
function ancestorKeys(name: Uint8Array): string[] {
  const keys: string[] = []
  for (let at = 0; name[at]! > 0; at += name[at]! + 1) keys.push(keyOf(name.subarray(at)))
  return keys
}
