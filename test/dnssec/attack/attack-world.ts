// The zones that answers are made of before they are tampered with: every kind of denial, chains
// over zone borders, wildcards, unsigned delegations with and without opt-out.

import type { Message } from '../../../src/wire/codec/message.ts'
import { Flag } from '../../../src/wire/header.ts'
import { RecordClass } from '../../../src/wire/record-type.ts'
import { parseName } from '../../../src/wire/text/name-text.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'
import { type Name, nameOctets, readName, ROOT } from '../../../src/dnssec/name.ts'
import type { Nsec3Options } from '../../../src/dnssec/signer/nsec3-chain.ts'
import { SignedWorld } from '../../../src/dnssec/signer/signed-world.ts'
import { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { KeyFlag, SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { Truth } from './truth.ts'

/** Seconds since 1970: 2027-01-15. */
export const NOW = 1_800_000_000

const VALIDITY = { inception: NOW - 86_400, expiration: NOW + 7 * 86_400 }

/** What every zone for hosts holds, so that the same questions can be asked of all. */
const HOSTS = `
$TTL 3600
@              SOA    ns1 hostmaster 1 3600 300 360000 900
               NS     ns1
               MX     10 Mail
               TXT    "apex"
ns1            A      192.0.2.1
mail           A      192.0.2.2
mail           A      192.0.2.3
mail           AAAA   2001:db8::2
www            CNAME  Mail
far            CNAME  mail.nsec3.example.
lost           CNAME  nothing.nsec.example.
out            CNAME  mail.unsigned.example.
wild           CNAME  any.more.wild.optout.example.
a.b.c          TXT    "below two empty non-terminals"
*.wild         A      192.0.2.4
*.wild         TXT    "*"
no.wild        A      192.0.2.5
*.alias        CNAME  mail
*.aside        CNAME  nothing.plain
moved          DNAME  c.nsec3.example.
svc            HTTPS  1 . alpn=h2 ipv4hint=192.0.2.9
_x._tcp        SRV    0 0 443 Mail
opaque         TYPE65280 \\# 4 0A000001
plain          NS     ns1.plain
ns1.plain      A      192.0.2.8
plain.ent.deep NS     ns1.plain
`

interface ZonePlan {
  readonly apex: string
  readonly text: string
  readonly algorithm: number
  readonly nsec3?: Nsec3Options
  /** Whether the delegation to it has DS records. */
  readonly isSecure?: boolean
}

const salted: Nsec3Options = { iterations: 3, salt: Buffer.from('aabb', 'hex'), optOut: false }
const optOut: Nsec3Options = { iterations: 0, salt: new Uint8Array(0), optOut: true }

const plans: readonly ZonePlan[] = [
  { apex: '.', text: delegations('.', ['example', 'test']), algorithm: 13 },
  {
    apex: 'example.',
    text: delegations('example.', ['nsec', 'nsec3', 'optout', 'unsigned']),
    algorithm: 13,
  },
  {
    apex: 'test.',
    text: delegations('test.', ['signed', 'unsigned', 'other']),
    algorithm: 13,
    nsec3: optOut,
  },
  { apex: 'nsec.example.', text: HOSTS, algorithm: 13 },
  { apex: 'nsec3.example.', text: HOSTS, algorithm: 15, nsec3: salted },
  { apex: 'optout.example.', text: HOSTS, algorithm: 8, nsec3: optOut },
  { apex: 'signed.test.', text: HOSTS, algorithm: 13 },
  { apex: 'unsigned.example.', text: HOSTS, algorithm: 13, isSecure: false },
  { apex: 'unsigned.test.', text: HOSTS, algorithm: 13, isSecure: false },
  { apex: 'plain.nsec.example.', text: HOSTS, algorithm: 13, isSecure: false },
  { apex: 'plain.nsec3.example.', text: HOSTS, algorithm: 13, isSecure: false },
  { apex: 'plain.optout.example.', text: HOSTS, algorithm: 13, isSecure: false },
]

function delegations(apex: string, children: readonly string[]): string {
  const soa = '@ SOA ns1.nsec.example. hostmaster.nsec.example. 1 3600 300 360000 900'
  const cuts = children.map((child) => `${child} NS ns1.nsec.example.`)
  return ['$TTL 3600', soa, `${apex} NS ns1.nsec.example.`, ...cuts].join('\n')
}

export class AttackWorld {
  /** By the presentation text of the apex. */
  readonly zones: ReadonlyMap<string, SignedZone>
  readonly world: SignedWorld
  readonly truth: Truth

  /**
   * @param hostile apex of a zone whose keys are the attacker's
   * @param makeKey new ones unless given
   */
  constructor(hostile: string | null = null, makeKey: MakeKey = newKey) {
    const made = new Map<string, SignedZone>()
    const secure = new Set<string>()
    // Children first: their DS records go into the parent.
    for (const plan of plans.toReversed()) {
      const { apex, isSecure = true } = plan
      const children = [...made].filter(([child]) => secure.has(child) && parent(child) === apex)
      const zone = makeZone(plan, children, makeKey)
      made.set(apex, zone)
      if (isSecure) secure.add(apex)
    }
    this.zones = made
    this.world = new SignedWorld([...made.values()])
    this.truth = new Truth(
      [...made].map(([apex, zone]) => ({
        apex: zone.apex,
        isSecure: secure.has(apex),
        records: zone.records(),
        hasOptOut: plans.find((plan) => plan.apex === apex)?.nsec3?.optOut === true,
        isHostile: apex === hostile,
      })),
    )
  }

  get root(): SignedZone {
    return this.zones.get('.')!
  }

  /** What an honest upstream answers. */
  answer(name: Name, type: number): Message {
    return honestAnswer(this.world, name, type)
  }
}

/** What an upstream that tells the truth answers of such a world. */
export function honestAnswer(world: SignedWorld, name: Name, type: number): Message {
  const { rcode, answer, authority } = world.answer(name, type)
  return {
    id: 0,
    flags: Flag.QR | Flag.RD | Flag.RA | Flag.CD,
    opcode: 0,
    rcode,
    questions: [{ name: nameOctets(name), type, class: RecordClass.IN }],
    answers: answer,
    authorities: authority,
    additionals: [],
    edns: { udpSize: 1232, version: 0, flags: 0x8000, options: [] },
  }
}

type MakeKey = (apex: string, algorithm: number, flags: number) => SigningKey

function newKey(_apex: string, algorithm: number, flags: number): SigningKey {
  return new SigningKey({ algorithm, flags, bits: 1_024 })
}

function makeZone(
  plan: ZonePlan,
  children: readonly [string, SignedZone][],
  makeKey: MakeKey,
): SignedZone {
  const { apex, text, algorithm, nsec3, isSecure = true } = plan
  const { records, errors } = parseZone(text, { origin: parseName(apex) as Uint8Array })
  if (errors.length > 0) throw new Error(`${apex} ${errors[0]!.line}: ${errors[0]!.message}`)
  const keys = [KeyFlag.Zone | KeyFlag.EntryPoint, KeyFlag.Zone].map((flags) =>
    makeKey(apex, algorithm, flags),
  )
  return new SignedZone({
    records: [...records, ...children.flatMap(([, child]) => child.ds())],
    keys: isSecure ? keys : [],
    ...VALIDITY,
    ...(nsec3 && { nsec3 }),
  })
}

function parent(apex: string): string {
  return apex.slice(apex.indexOf('.') + 1) || '.'
}

/** A name from its presentation text. */
export function nameOf(text: string): Name {
  return text === '.' ? ROOT : readName(parseName(text) as Uint8Array, 0, 0)
}
