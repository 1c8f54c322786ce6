// A signed zone file as records that a test may spoil: with the signatures left as they were, which
// is what an attacker can do, or made anew, which is what an operator can get wrong.

import { randomBytes } from 'node:crypto'
import { readRdata, writeRdata } from '../../../src/wire/codec/rdata-codec.ts'
import type { ResourceRecord } from '../../../src/wire/codec/message.ts'
import type { Fields, LaidOutType } from '../../../src/wire/codec/rdata-layout.ts'
import { RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { formatName, lowerCaseName, parseName } from '../../../src/wire/text/name-text.ts'
import { formatRdata } from '../../../src/wire/text/rdata-text.ts'
import { formatType, typeName } from '../../../src/wire/text/type-text.ts'
import { parseRecord, parseZone } from '../../../src/wire/text/zone-text.ts'
import { nsec3Hash, type Nsec3Params } from './nsec3-hash.ts'
import { makeSignature, type Twist } from './signature-maker.ts'
import type { ZoneKey } from './zone-key.ts'

type Signature = Fields<'RRSIG'>

export class ZoneEditor {
  /** With a final dot. */
  readonly name: string
  records: ResourceRecord[]

  constructor(name: string, text: string) {
    this.name = name
    const { records, errors } = parseZone(text, { origin: wire(name) })
    if (errors.length > 0) throw new Error(`${name}: ${JSON.stringify(errors[0])}`)
    this.records = [...records]
  }

  toString(): string {
    const lines = this.records.map(
      ({ name, ttl, type, rdata }) =>
        `${formatName(name)} ${ttl} IN ${formatType(type)} ${formatRdata(type, rdata)}\n`,
    )
    return lines.join('')
  }

  /** @param owner relative to the zone; `@` is its apex */
  set(owner: string, type: TypeName): ResourceRecord[] {
    return this.records.filter((record) => this.#is(record, owner, type))
  }

  add(...lines: readonly string[]): void {
    for (const line of lines) {
      const record = parseRecord(line)
      if (typeof record === 'string') throw new Error(`${line}: ${record}`)
      this.records.push(record)
    }
  }

  /** Takes a set away with its signatures. */
  drop(owner: string, type: TypeName): void {
    this.dropSignatures(owner, type)
    this.records = this.records.filter((record) => !this.#is(record, owner, type))
  }

  /** Takes the records away whose RDATA are such; the set's signatures stay. */
  remove(owner: string, type: TypeName, isGone: (rdata: Uint8Array) => boolean): void {
    const gone = this.set(owner, type).filter((record) => isGone(record.rdata))
    this.#found(gone, owner, type)
    this.records = this.records.filter((record) => !gone.includes(record))
  }

  dropSignatures(owner: string, type: TypeName): void {
    this.#found(this.#signatures(owner, type), owner, type)
    const gone = new Set(this.#signatures(owner, type))
    this.records = this.records.filter((record) => !gone.has(record))
  }

  /** Takes all signatures away. */
  dropAllSignatures(): void {
    this.records = this.records.filter((record) => record.type !== RecordType.RRSIG)
  }

  /** Changes the fields of every record of a set; its signatures stay. */
  change<Type extends LaidOutType>(
    owner: string,
    type: Type,
    edit: (fields: Fields<Type>) => Fields<Type>,
  ): void {
    const set = this.#found(this.set(owner, type), owner, type)
    this.#replace(set, (record) => ({
      ...record,
      rdata: writeRdata(type, edit(readRdata(type, record.rdata)!)),
    }))
  }

  /** Changes the signatures over a set, which are not made anew. */
  changeSignatures(owner: string, type: TypeName, edit: (fields: Signature) => Signature): void {
    const signatures = this.#found(this.#signatures(owner, type), owner, type)
    this.#replace(signatures, (record) => ({
      ...record,
      rdata: writeRdata('RRSIG', edit(readRdata('RRSIG', record.rdata)!)),
    }))
  }

  signatures(owner: string, type: TypeName): Signature[] {
    return this.#signatures(owner, type).map(({ rdata }) => readRdata('RRSIG', rdata)!)
  }

  /** Gives a set another TTL, and its signatures too. */
  setTtl(owner: string, type: TypeName, ttl: number): void {
    const records = [
      ...this.#found(this.set(owner, type), owner, type),
      ...this.#signatures(owner, type),
    ]
    this.#replace(records, (record) => ({ ...record, ttl }))
  }

  /** Adds a signature by this key, right but for the twist. */
  addSignature(owner: string, type: TypeName, key: ZoneKey, twist: Twist = {}): void {
    this.records.push(makeSignature(this.#found(this.set(owner, type), owner, type), key, twist))
  }

  /** Has a set signed by these keys in place of whoever signed it. */
  resign(owner: string, type: TypeName, keys: readonly ZoneKey[], twist: Twist = {}): void {
    const gone = new Set(this.#signatures(owner, type))
    this.records = this.records.filter((record) => !gone.has(record))
    for (const key of keys) this.addSignature(owner, type, key, twist)
  }

  /** Has all that is signed signed by these keys in place of whoever signed it. */
  resignAll(keys: readonly ZoneKey[], twist: Twist = {}): void {
    for (const [owner, type] of this.signedSets()) this.resign(owner, type, keys, twist)
  }

  /** What has signatures: owners, relative to the zone, and types. */
  signedSets(): [owner: string, type: TypeName][] {
    const covered = this.records.flatMap(({ name, type, rdata }) =>
      type === RecordType.RRSIG
        ? [`${this.#relative(name)} ${typeName(readRdata('RRSIG', rdata)!.typeCovered)}`]
        : [],
    )
    return Array.from(new Set(covered), (set) => set.split(' ') as [string, TypeName])
  }

  /** Fills the signature of the newest record with octets of no meaning, so many of them. */
  mangleLastSignature(length = 64): void {
    const last = this.records.pop()!
    const signature = randomBytes(length)
    signature[0]! &= 0x3f
    const rdata = writeRdata('RRSIG', { ...readRdata('RRSIG', last.rdata)!, signature })
    this.records.push({ ...last, rdata })
  }

  /** Changes a set and signs it again. */
  rewrite<Type extends LaidOutType>(
    owner: string,
    type: Type,
    key: ZoneKey,
    edit: (fields: Fields<Type>) => Fields<Type>,
  ): void {
    this.change(owner, type, edit)
    this.resign(owner, type, [key])
  }

  /** Owners, relative to the zone, of all sets of a type. */
  owners(type: TypeName): string[] {
    const number = RecordType[type]
    const owners = this.records.filter((record) => record.type === number)
    return [...new Set(owners.map((record) => this.#relative(record.name)))]
  }

  /** The owner, relative to the zone, of the NSEC record that proves that there is no such name. */
  nsecCovering(owner: string): string {
    const owners = this.owners('NSEC').sort((a, b) => compare(this.absolute(a), this.absolute(b)))
    const name = this.absolute(owner)
    return owners.findLast((candidate) => compare(this.absolute(candidate), name) < 0)!
  }

  /** The owner of the NSEC3 record whose hash is that of the name; throws when there is none. */
  nsec3Matching(owner: string): string {
    const hash = this.hash(owner)
    if (!this.owners('NSEC3').includes(hash)) throw new Error(`no NSEC3 matches ${owner}`)
    return hash
  }

  /** The owner of the NSEC3 record that covers the hash of the name. */
  nsec3Covering(owner: string): string {
    const hashes = this.owners('NSEC3').sort()
    const hash = this.hash(owner)
    if (hashes.includes(hash)) throw new Error(`an NSEC3 matches ${owner}`)
    return hashes.findLast((candidate) => candidate < hash) ?? hashes.at(-1)!
  }

  hash(owner: string): string {
    const params = this.set('@', 'NSEC3PARAM')[0]!
    return nsec3Hash(this.absolute(owner), readRdata('NSEC3PARAM', params.rdata)! as Nsec3Params)
  }

  /** In lower case with a final dot. */
  absolute(owner: string): string {
    if (owner === '@') return this.name
    return `${owner}.${this.name === '.' ? '' : this.name}`.toLowerCase()
  }

  #relative(name: Uint8Array): string {
    const text = formatName(lowerCaseName(name))
    if (text === this.name) return '@'
    return this.name === '.' ? text.slice(0, -1) : text.slice(0, -this.name.length - 1)
  }

  #is(record: ResourceRecord, owner: string, type: TypeName): boolean {
    return record.type === RecordType[type] && this.#isOwner(record, owner)
  }

  #isOwner(record: ResourceRecord, owner: string): boolean {
    return formatName(lowerCaseName(record.name)) === this.absolute(owner)
  }

  #signatures(owner: string, type: TypeName): ResourceRecord[] {
    return this.set(owner, 'RRSIG').filter(
      ({ rdata }) => readRdata('RRSIG', rdata)?.typeCovered === RecordType[type],
    )
  }

  /** What an edit is about must be there, lest a broken zone be whole. */
  #found(records: ResourceRecord[], owner: string, type: string): ResourceRecord[] {
    if (records.length === 0) throw new Error(`${this.name} has nothing at ${owner} ${type}`)
    return records
  }

  #replace(
    records: readonly ResourceRecord[],
    edit: (record: ResourceRecord) => ResourceRecord,
  ): void {
    const chosen = new Set(records)
    this.records = this.records.map((record) => (chosen.has(record) ? edit(record) : record))
  }
}

export function wire(name: string): Uint8Array {
  const octets = parseName(name)
  if (typeof octets === 'string') throw new Error(`${name}: ${octets}`)
  return octets
}

/** RFC 4034 §6.1, for names without escapes. */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.split('.').slice(0, -1).toReversed())
  for (const [index, label] of left!.entries()) {
    const other = right![index]
    if (other === undefined) return 1
    if (label !== other) return label < other ? -1 : 1
  }
  return left!.length - right!.length
}
