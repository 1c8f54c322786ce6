// Zones whose keys change (RFC 6781 §4.1), all in step: an honest upstream has answers of this phase and
// of the one before, and one that lies has those of all phases. Beside them zones that are signed with
// what not everybody takes: SHA-1, and algorithms and digests that nobody knows.

import type { Message, ResourceRecord } from '../src/wire/codec/message.ts'
import { RecordType } from '../src/wire/record-type.ts'
import { parseName } from '../src/wire/text/name-text.ts'
import { parseZone } from '../src/wire/text/zone-text.ts'
import type { Name } from '../src/dnssec/name.ts'
import type { Nsec3Options } from '../src/dnssec/signer/nsec3-chain.ts'
import { SignedWorld } from '../src/dnssec/signer/signed-world.ts'
import { SignedZone } from '../src/dnssec/signer/signed-zone.ts'
import { KeyFlag, type SigningKey } from '../src/dnssec/signer/signing-key.ts'
import { honestAnswer, nameOf, NOW } from '../test/dnssec/attack/attack-world.ts'
import { Truth } from '../test/dnssec/attack/truth.ts'
import { madeKey } from './made-keys.ts'

export const PHASES = 4

/**
 * For each phase: keys of which the parent has DS records, keys in the zone that sign, and behind a plus
 * those that do not. K and L are entry points, Y and Z zone keys; small letters are of the second algorithm.
 */
const RollOver = {
  None: ['K KZ', 'K KZ', 'K KZ', 'K KZ'],
  /** RFC 6781 §4.1.1.1 */
  ZonePublished: ['K KZ', 'K KZ+Y', 'K KY+Z', 'K KY'],
  /** RFC 6781 §4.1.1.2 */
  ZoneDoubled: ['K KZ', 'K KYZ', 'K KYZ', 'K KY'],
  /** RFC 6781 §4.1.2 */
  EntryDoubled: ['K KZ', 'K KLZ', 'L KLZ', 'L LZ'],
  /** RFC 6781 §4.1.2 */
  DelegationDoubled: ['K KZ', 'KL KZ', 'KL LZ', 'L LZ'],
  /** RFC 6781 §4.1.4 */
  Algorithm: ['K KZ', 'K KZkz', 'k KZkz', 'k kz'],
  Signed: [' ', ' KZ', 'K KZ', 'K KZ'],
  Unsigned: ['K KZ', 'K KZ', ' KZ', ' '],
} as const

const NSEC3: Nsec3Options = { iterations: 0, salt: new Uint8Array(0), optOut: false }
const SALTED: Nsec3Options = { iterations: 5, salt: Buffer.from('cd', 'hex'), optOut: false }
/** RFC 9276 §3.2: the most that still counts as signed here. */
const LABORIOUS: Nsec3Options = { ...SALTED, iterations: 50 }
const OPT_OUT: Nsec3Options = { ...NSEC3, optOut: true }

interface ZonePlan {
  readonly apex: string
  readonly rollOver: readonly string[]
  readonly algorithms: readonly [number, number?]
  readonly nsec3?: Nsec3Options
  /** Digests of its DS records; 2 by default. */
  readonly digests?: readonly number[]
  /** Octets that are written over its DS records. */
  readonly ds?: { readonly algorithm?: number; readonly digestType?: number }
  /** Whether there are DS records as they should be beside those. */
  readonly isDsAdded?: boolean
}

/** Parents first. */
const plans: readonly ZonePlan[] = [
  { apex: '.', rollOver: RollOver.ZonePublished, algorithms: [13] },
  { apex: 'example.', rollOver: RollOver.EntryDoubled, algorithms: [8] },
  { apex: 'test.', rollOver: RollOver.Algorithm, algorithms: [15, 13], nsec3: OPT_OUT },
  { apex: 'publish.example.', rollOver: RollOver.ZonePublished, algorithms: [13] },
  { apex: 'double.example.', rollOver: RollOver.ZoneDoubled, algorithms: [15], nsec3: SALTED },
  { apex: 'entry.example.', rollOver: RollOver.EntryDoubled, algorithms: [10], nsec3: LABORIOUS },
  { apex: 'delegated.test.', rollOver: RollOver.DelegationDoubled, algorithms: [13] },
  { apex: 'algorithm.example.', rollOver: RollOver.Algorithm, algorithms: [8, 13], nsec3: NSEC3 },
  { apex: 'leaving.example.', rollOver: RollOver.Algorithm, algorithms: [5, 15] },
  { apex: 'hashed.test.', rollOver: RollOver.Algorithm, algorithms: [7, 8], nsec3: SALTED },
  { apex: 'sha1.example.', rollOver: RollOver.None, algorithms: [5] },
  { apex: 'sha1.test.', rollOver: RollOver.ZoneDoubled, algorithms: [7], nsec3: NSEC3 },
  { apex: 'digest.example.', rollOver: RollOver.None, algorithms: [13], digests: [1] },
  { apex: 'digests.test.', rollOver: RollOver.None, algorithms: [13], digests: [1, 2, 4] },
  { apex: 'unknown.example.', rollOver: RollOver.None, algorithms: [15], ds: { algorithm: 200 } },
  { apex: 'other.test.', rollOver: RollOver.None, algorithms: [13], ds: { digestType: 99 } },
  {
    apex: 'partly.example.',
    rollOver: RollOver.None,
    algorithms: [13],
    ds: { algorithm: 200 },
    isDsAdded: true,
  },
  { apex: 'signed.example.', rollOver: RollOver.Signed, algorithms: [13] },
  { apex: 'unsigned.test.', rollOver: RollOver.Unsigned, algorithms: [13], nsec3: NSEC3 },
  { apex: 'p384.test.', rollOver: RollOver.ZonePublished, algorithms: [14] },
  { apex: 'ed448.example.', rollOver: RollOver.None, algorithms: [16], nsec3: NSEC3 },
  { apex: 'hostile.test.', rollOver: RollOver.None, algorithms: [15] },
]

/** The zone whose keys are the attacker's. */
export const ROLL_OVER_HOSTILE = 'hostile.test.'

const HOSTS = `
@        TXT    "apex"
mail     A      192.0.2.2
mail     A      192.0.2.3
www      CNAME  mail
far      CNAME  mail.double.example.
aside    CNAME  nothing.publish.example.
a.b.c    TXT    "below two empty non-terminals"
*.wild   A      192.0.2.4
*.wild   TXT    "*"
no.wild  A      192.0.2.5
*.alias  CNAME  mail
moved    DNAME  c.algorithm.example.
plain    NS     ns.plain
${Array.from({ length: 12 }, (_, hop) => `hop${hop} CNAME hop${hop + 1}`).join('\n')}
`

const LABELS = [
  '',
  'mail.',
  'www.',
  'far.',
  'aside.',
  'b.c.',
  'a.b.c.',
  'nope.',
  'x.wild.',
  'no.wild.',
  'x.no.wild.',
  'q.alias.',
  'a.b.moved.',
  'plain.',
  'hop0.',
  '1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.',
]

const { A, TXT, AAAA, DS, CNAME, ANY, SOA, DNSKEY } = RecordType

export const rollOverQuestions: readonly { readonly name: Name; readonly type: number }[] =
  plans.flatMap(({ apex }) =>
    LABELS.flatMap((label) =>
      [A, TXT, AAAA, DS, CNAME, ANY, SOA, DNSKEY].map((type) => ({
        name: nameOf(apex === '.' ? label || '.' : label + apex),
        type,
      })),
    ),
  )

const VALIDITY = { inception: NOW - 86_400, expiration: NOW + 7 * 86_400 }

export class RollOverWorld {
  /** Of each phase, by apex. */
  readonly zones: readonly ReadonlyMap<string, SignedZone>[]
  readonly #worlds: readonly SignedWorld[]
  readonly #truths: readonly [withoutSha1: TruthOfAll, withSha1: TruthOfAll]

  constructor() {
    this.zones = Array.from({ length: PHASES }, (_, phase) => zonesIn(phase))
    this.#worlds = this.zones.map((zones) => new SignedWorld([...zones.values()]))
    this.#truths = [new TruthOfAll(this.zones, false), new TruthOfAll(this.zones, true)]
  }

  /** DS records for the trust anchor: one that is right in all phases. */
  get root(): SignedZone {
    return this.zones[0]!.get('.')!
  }

  truth(acceptSha1: boolean): TruthOfAll {
    return this.#truths[acceptSha1 ? 1 : 0]
  }

  answer(name: Name, type: number, phase: number): Message {
    return honestAnswer(this.#worlds[phase]!, name, type)
  }
}

/**
 * What is true in any of the phases. Whoever may replay what was signed before, and holds still, can
 * make a zone unsigned that was so in one of them; it cannot have data taken for proven that never were.
 */
class TruthOfAll {
  readonly #possible: readonly Truth[]
  readonly #certain: readonly Truth[]

  constructor(zones: readonly ReadonlyMap<string, SignedZone>[], acceptSha1: boolean) {
    const isSecureIn = (plan: ZonePlan): readonly boolean[] =>
      plan.rollOver.map((_, phase) => isSecure(plan, phase, acceptSha1))
    const truthsWhere = (isSecureAtAll: (plan: ZonePlan) => boolean): readonly Truth[] =>
      zones.map(
        (phase) =>
          new Truth(
            plans.map((plan) => ({
              apex: nameOf(plan.apex),
              isSecure: isSecureAtAll(plan),
              records: recordsOf(phase.get(plan.apex)!),
              hasOptOut: plan.nsec3?.optOut === true,
              isHostile: plan.apex === ROLL_OVER_HOSTILE,
            })),
          ),
      )
    this.#possible = truthsWhere((plan) => isSecureIn(plan).includes(true))
    this.#certain = truthsWhere((plan) => !isSecureIn(plan).includes(false))
  }

  /** See `Truth`. */
  lie(message: Message, ttls: Int32Array): string | null {
    return leastOf(this.#possible, (truth) => truth.lie(message, ttls))
  }

  downgrade(message: Message): string | null {
    return leastOf(this.#certain, (truth) => truth.downgrade(message))
  }
}

/** Null where one of them has nothing to object. */
function leastOf(
  truths: readonly Truth[],
  objectionOf: (truth: Truth) => string | null,
): string | null {
  let objection: string | null = null
  for (const truth of truths) {
    objection = objectionOf(truth)
    if (objection === null) return null
  }
  return objection
}

function recordsOf({ tree, denial }: SignedZone): ResourceRecord[] {
  const sets = [...tree.names].flatMap((name) => [...tree.node(name)!.values()])
  return [...sets, ...(denial?.sets ?? [])].flatMap(({ owner, type, class: of, ttl, rdata }) =>
    rdata.map((one) => ({ name: owner, type, class: of, ttl, rdata: one })),
  )
}

const KNOWN_ALGORITHMS = new Set([8, 10, 13, 14, 15, 16])

/** By its DS records, those of the zones above being as they should. */
function isSecure(plan: ZonePlan, phase: number, acceptSha1: boolean): boolean {
  return dsOf(plan, phase).some((rdata) => {
    const [algorithm, digestType] = [rdata[2]!, rdata[3]!]
    const isSha1 = algorithm === 5 || algorithm === 7
    const isKnown = KNOWN_ALGORITHMS.has(algorithm) || (isSha1 && acceptSha1)
    return isKnown && (digestType === 2 || digestType === 4 || (digestType === 1 && acceptSha1))
  })
}

function zonesIn(phase: number): ReadonlyMap<string, SignedZone> {
  return new Map(
    plans.map((plan) => {
      const { apex, nsec3 } = plan
      const [, signing] = phaseOf(plan, phase)
      const { records, errors } = parseZone(textOf(plan, phase), {
        origin: parseName(apex) as Uint8Array,
      })
      if (errors.length > 0) throw new Error(`${apex} ${errors[0]!.line}: ${errors[0]!.message}`)
      const keys = keysOf(plan, signing.split('+')[0]!)
      const isHashed = nsec3 !== undefined && keys.length > 0
      const zone = new SignedZone({ records, keys, ...VALIDITY, ...(isHashed && { nsec3 }) })
      return [apex, zone] as const
    }),
  )
}

function phaseOf({ rollOver }: ZonePlan, phase: number): readonly [ds: string, keys: string] {
  return rollOver[phase]!.split(' ') as [string, string]
}

/** Delegations where it has some, else hosts; and the keys that do not sign. */
function textOf(plan: ZonePlan, phase: number): string {
  const children = plans.filter(({ apex }) => apex !== '.' && parentOf(apex) === plan.apex)
  const cuts = children.map((child) => {
    const ds = dsOf(child, phase).map((rdata) => `${child.apex} DS ${generic(rdata)}`)
    return [`${child.apex} NS ns.invalid.`, ...ds].join('\n')
  })
  const published = keysOf(plan, phaseOf(plan, phase)[1].split('+')[1] ?? '')
  const keys = published.map(({ rdata }) => `@ DNSKEY ${generic(rdata)}`)
  const head = ['$TTL 600', '@ SOA ns.invalid. h.invalid. 1 2 3 4 300', '@ NS ns.invalid.']
  return [...head, ...keys, ...(cuts.length > 0 ? cuts : [HOSTS]), ''].join('\n')
}

/** RFC 3597 §5 */
function generic(rdata: Uint8Array): string {
  return `\\# ${rdata.length} ${Buffer.from(rdata).toString('hex')}`
}

function keysOf({ apex, algorithms }: ZonePlan, letters: string): SigningKey[] {
  return letters.split('').map((letter) => {
    const upper = letter.toUpperCase()
    const algorithm = algorithms[letter === upper ? 0 : 1]!
    const isEntryPoint = upper === 'K' || upper === 'L'
    const flags = KeyFlag.Zone | (isEntryPoint ? KeyFlag.EntryPoint : 0)
    return madeKey(algorithm, flags, `${apex} ${letter}`)
  })
}

/** RDATA of the DS records that the parent has. */
function dsOf(plan: ZonePlan, phase: number): Uint8Array[] {
  const { apex, digests = [2], ds, isDsAdded = ds === undefined } = plan
  return keysOf(plan, phaseOf(plan, phase)[0]).flatMap((key) =>
    digests.flatMap((digest) => {
      const rdata = key.ds(nameOf(apex), digest)
      if (ds === undefined) return [rdata]
      const changed = Uint8Array.from(rdata)
      changed[2] = ds.algorithm ?? changed[2]!
      changed[3] = ds.digestType ?? changed[3]!
      return isDsAdded ? [rdata, changed] : [changed]
    }),
  )
}

function parentOf(apex: string): string {
  return apex.slice(apex.indexOf('.') + 1) || '.'
}
