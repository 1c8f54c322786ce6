// Fuzzes what NSEC and NSEC3 records prove (src/dnssec/denial): node fuzz/denial.ts [--seconds N]
// [--seed S] [--inputs N]. Random zones, and of their records any choice: nothing is ever proven that the zone's data
// do not say. And records as no zone has them: nothing throws, and the work is bounded.

import { Budget, DEFAULT_WORK } from '../src/dnssec/budget.ts'
import {
  type Denial,
  delegationOf,
  denyCloser,
  denyName,
  denyType,
} from '../src/dnssec/denial/denial.ts'
import { type Name, nameText, parentOf, readName, wildcardOf } from '../src/dnssec/name.ts'
import type { Rrset } from '../src/dnssec/rrset.ts'
import type { Nsec3Options } from '../src/dnssec/signer/nsec3-chain.ts'
import { SignedZone } from '../src/dnssec/signer/signed-zone.ts'
import { SigningKey } from '../src/dnssec/signer/signing-key.ts'
import type { ZoneSet } from '../src/dnssec/signer/zone-tree.ts'
import { isValidRdata } from '../src/wire/codec/rdata-codec.ts'
import type { ResourceRecord } from '../src/wire/codec/message.ts'
import { RecordClass, RecordType } from '../src/wire/record-type.ts'
import { parseZone } from '../src/wire/text/zone-text.ts'
import { nameOf } from '../test/dnssec/attack/attack-world.ts'
import { Truth } from '../test/dnssec/attack/truth.ts'
import { runTarget } from './command.ts'
import type { Mutator } from './mutator.ts'
import { fuzz, type Fuzzed, type FuzzOptions } from './rounds.ts'
import { hostileRdata } from './signed-mutations.ts'
import { WorkMeter } from './work-meter.ts'

type Below = Mutator['below']

/** Questions about one choice of records. */
const QUESTIONS = 8

/** Choices of one zone's records. */
const CHOICES = 4

const APEX = nameOf('example.')

/** Few, so that names meet; and one that comes before and one that comes after all others. */
const LABELS = ['a', 'b', 'c', 'ab', '*', 'z', '\\000', '\\255', 'A']

/** What stands at a name together. */
const CONTENTS = [
  ['A 192.0.2.1'],
  ['A 192.0.2.1', 'TXT "text"'],
  ['CNAME www.example.org.'],
  ['DNAME example.org.', 'A 192.0.2.1'],
  ['NS ns.example.org.'],
  ['NS ns.example.org.', `DS 1 13 2 ${'00'.repeat(32)}`],
]

const { A, TXT, NS, DS, CNAME, DNAME, SOA, ANY } = RecordType
const TYPES = [A, TXT, NS, DS, CNAME, DNAME, SOA, ANY, RecordType.NSEC, RecordType.NSEC3]

const KEY = new SigningKey({ algorithm: 15 })

/** Names that may be denied as closer ones than a wildcard: so many labels a name has at the most. */
const MAX_LABELS = 127

/** Throws at the first input that breaks an invariant. */
export async function fuzzDenial(options: FuzzOptions): Promise<Fuzzed> {
  const counts = { 'proofs that held': 0 }
  const meter = new WorkMeter()
  try {
    return await fuzz(
      {
        name: 'denial',
        inputs: CHOICES * QUESTIONS,
        // Of a name all is claimed that can be, each claim with a budget of its own.
        limits: { hashed: DEFAULT_WORK.hashes, 'hashed in all': DEFAULT_WORK.hashes * MAX_LABELS },
        counts,
        begin: (mutate) => {
          const zone = new FuzzedZone(mutate, meter)
          return () => {
            const { work, count } = zone.input()
            counts['proofs that held'] += count
            return work
          }
        },
      },
      options,
    )
  } finally {
    meter.end()
  }
}

/** One zone, and choices of its records. */
class FuzzedZone {
  readonly #mutate: Mutator
  readonly #meter: WorkMeter
  readonly #text: string
  readonly #nsec3: Nsec3Options | undefined
  readonly #zone: SignedZone
  readonly #truth: ZoneTruth
  #sets: readonly Rrset[] = []
  #isTrue = true
  #left = 0

  constructor(mutate: Mutator, meter: WorkMeter) {
    this.#mutate = mutate
    this.#meter = meter
    this.#text = zoneText(mutate.below)
    this.#nsec3 = nsec3Options(mutate.below)
    this.#zone = signZone(this.#text, this.#nsec3)
    this.#truth = new ZoneTruth(this.#zone, this.#nsec3?.optOut === true)
  }

  /** @returns how much was proven, and the work for it */
  input(): { readonly work: Record<string, number>; readonly count: number } {
    const { below } = this.#mutate
    if (this.#left-- === 0) this.#choose()
    const name = questionName(below)
    try {
      const denial = { zone: APEX, sets: this.#sets }
      const hashed = new Hashed(this.#meter)
      const claims = claimsOf(denial, name, TYPES[below(TYPES.length)]!, hashed)
      const work = hashed.end()
      if (this.#isTrue) for (const claim of claims) this.#truth.check(claim)
      return { work, count: claims.length }
    } catch (error) {
      const zone = `${this.#text} ${JSON.stringify(this.#nsec3)}`
      throw new Error(`${nameText(name)} in ${zone}`, { cause: error })
    }
  }

  #choose(): void {
    const { below, octets } = this.#mutate
    this.#left = QUESTIONS - 1
    this.#isTrue = below(4) !== 0
    const sets = chosen(this.#zone, below)
    this.#sets = this.#isTrue ? sets : sets.map((set) => broken(set, below, octets))
  }
}

/** Hashes for each of several claims. */
class Hashed {
  readonly #meter: WorkMeter
  #most = 0
  #all = 0

  constructor(meter: WorkMeter) {
    this.#meter = meter
    meter.begin()
  }

  /** Another claim. */
  next(): void {
    const { hashed = 0 } = this.#meter.taken
    if (hashed > this.#most) this.#most = hashed
    this.#all += hashed
    this.#meter.begin()
  }

  end(): Record<string, number> {
    this.next()
    return { hashed: this.#most, 'hashed in all': this.#all }
  }
}

function zoneText(below: Below): string {
  const lines = ['$ORIGIN example.', '@ 60 SOA ns h 1 1 1 1 60', '@ 60 NS ns.example.org.']
  const owners = new Set<string>()
  for (let left = below(10); left > 0; left--) {
    const owner = labels(1 + below(4), below)
    if (owners.has(owner.toLowerCase())) continue
    owners.add(owner.toLowerCase())
    // Zone cuts and DNAMEs by wildcard have no defined meaning (RFC 4592 §4.2, §4.4).
    const sorts = owner.startsWith('*') ? 3 : CONTENTS.length
    lines.push(...CONTENTS[below(sorts)]!.map((record) => `${owner} 60 ${record}`))
  }
  return `${lines.join('\n')}\n`
}

function labels(count: number, below: Below): string {
  return Array.from({ length: count }, () => LABELS[below(LABELS.length)]!).join('.')
}

function nsec3Options(below: Below): Nsec3Options | undefined {
  if (below(3) === 0) return undefined
  const iterations = [0, 0, 1, 12, 50, 51][below(6)]!
  const salt = Buffer.alloc([0, 0, 2, 255][below(4)]!, 0xab)
  return { iterations, salt, optOut: below(3) === 0 }
}

function signZone(text: string, nsec3: Nsec3Options | undefined): SignedZone {
  const { records, errors } = parseZone(text)
  if (errors.length > 0) throw new Error(`${text}: ${errors[0]!.message}`)
  const options = { records, keys: [KEY], inception: 0, expiration: 1 }
  return new SignedZone({ ...options, ...(nsec3 && { nsec3 }) })
}

/** Some of the records, or all, or those of the zone's own answer. */
function chosen(zone: SignedZone, below: Below): Rrset[] {
  const all = zone.denial!.sets
  switch (below(4)) {
    case 0:
      return all.map(setOf)
    case 1: {
      const { authority } = zone.answer(zoneName(below), TYPES[below(TYPES.length)]!)
      const isDenial = ({ type }: ResourceRecord): boolean =>
        type === RecordType.NSEC || type === RecordType.NSEC3
      return authority.filter(isDenial).map((record) => setOf({ ...record, rdata: [record.rdata] }))
    }
    default:
      return all.filter(() => below(2) === 0).map(setOf)
  }
}

function setOf(
  set: Pick<ZoneSet, 'type' | 'class' | 'ttl' | 'rdata'> & { name: Name | Uint8Array },
): Rrset {
  const { name, type, class: recordClass, ttl, rdata } = set
  const owner = typeof name === 'string' ? name : readName(name, 0, 0)
  return { owner, type, class: recordClass, ttl, records: rdata, signatures: [], places: [] }
}

/** RDATA that is well formed, and false; another owner; or several records in one set. */
function broken(set: Rrset, below: Below, octets: Mutator['octets']): Rrset {
  const [rdata] = set.records as [Uint8Array]
  const record = { name: Uint8Array.of(0), type: set.type, class: RecordClass.IN, ttl: 0, rdata }
  const changed = below(2) === 0 ? octets(rdata) : hostileRdata(record, below)
  const owner = below(3) === 0 ? questionName(below) : set.owner
  const isTaken = isValidRdata(set.type, changed)
  if (!isTaken) return { ...set, owner }
  return { ...set, owner, records: below(3) === 0 ? [rdata, changed] : [changed] }
}

/** At or below the zone's apex mostly. */
function questionName(below: Below): Name {
  return below(20) === 0 ? nameOf('b.test.') : zoneName(below)
}

/** Now and then with as many labels as there is room for. */
function zoneName(below: Below): Name {
  if (below(20) === 0) return nameOf(`${labels(1 + below(80), below)}.example.`)
  const count = below(5)
  return count === 0 ? APEX : nameOf(`${labels(count, below)}.example.`)
}

interface Claim {
  readonly kind: 'no name' | 'no type' | 'no closer' | 'no cut' | 'unsigned cut' | 'no name at cut'
  readonly name: Name
  readonly type: number
  /** Of an expansion. */
  readonly wildcard: Name | null
  /** Whether an unsigned delegation may be there (RFC 5155 §6). */
  readonly isOptOut: boolean
}

/** All that the records prove of a name, each with a budget of its own. */
function claimsOf(denial: Denial, name: Name, type: number, hashed: Hashed): Claim[] {
  const claims: Claim[] = []
  const claim = (kind: Claim['kind'], isOptOut: boolean, wildcard: Name | null = null): void => {
    claims.push({ kind, name, type, wildcard, isOptOut })
  }
  const budget = (): Budget => {
    hashed.next()
    return new Budget()
  }
  const noName = denyName(denial, name, budget()).kind
  if (isProof(noName)) claim('no name', noName === 'opt-out')
  const noType = denyType(denial, name, type, budget()).kind
  if (isProof(noType)) claim('no type', noType === 'opt-out')
  for (let above = name; above !== denial.zone && above.length > 1; ) {
    above = parentOf(above)
    const wildcard = wildcardOf(above)
    if (wildcard === null) continue
    const noCloser = denyCloser(denial, name, wildcard, budget()).kind
    if (isProof(noCloser)) claim('no closer', noCloser === 'opt-out', wildcard)
  }
  const cut = delegationOf(denial, name, budget())
  if (cut.kind === 'no-cut') claim('no cut', false)
  if (cut.kind === 'no-name') claim('no name at cut', false)
  if (cut.kind === 'opt-out') claim('unsigned cut', true)
  if (cut.kind === 'insecure' && cut.fault === null) claim('unsigned cut', false)
  return claims
}

function isProof(kind: string): boolean {
  return kind === 'proven' || kind === 'opt-out'
}

/** What a zone holds, and what follows from that. */
class ZoneTruth {
  readonly #zone: SignedZone
  readonly #truth: Truth
  readonly #hasOptOut: boolean

  constructor(zone: SignedZone, hasOptOut: boolean) {
    const { apex } = zone
    this.#zone = zone
    this.#truth = new Truth([{ apex, isSecure: true, records: zone.records(), hasOptOut }])
    this.#hasOptOut = hasOptOut
  }

  /** Throws when the claim is false. */
  check(claim: Claim): void {
    const { kind, name, type } = claim
    if (claim.isOptOut && !this.#hasOptOut) throw new Error(`${kind}: nothing is opted out`)
    if (!this.#isTrue(claim)) throw new Error(`${kind}: ${nameText(name)} ${type} is not so`)
  }

  #isTrue({ kind, name, type, wildcard, isOptOut }: Claim): boolean {
    const { tree } = this.#zone
    const node = tree.node(name)
    const cut = tree.cutAbove(name)
    const fact = this.#truth.of(name, type)
    // Where an unsigned delegation, or only such ones below, are, nothing is hashed.
    const isHidden = isOptOut && this.#truth.mayHaveCutAt(name)
    switch (kind) {
      case 'no name':
        return fact.kind === 'no name' || isHidden
      case 'no type':
        return fact.kind === 'no type' || isHidden
      case 'no closer':
        return isHidden || this.#mayExpand(name, wildcard!)
      case 'no cut':
        return node !== undefined && tree.isOwn(name) && cut === null
      case 'no name at cut':
        return node === undefined && tree.isOwn(name) && cut === null
      case 'unsigned cut':
        return isHidden || (cut === name && !node!.has(DS))
    }
  }

  /** Of a wildcard that is there: nobody else's could be signed. */
  #mayExpand(name: Name, wildcard: Name): boolean {
    const { tree } = this.#zone
    if (tree.node(wildcard) === undefined || !tree.isOwn(wildcard)) return true
    return tree.closestEncloser(name) === parentOf(wildcard)
  }
}

if (import.meta.main) await runTarget('denial', fuzzDenial)
