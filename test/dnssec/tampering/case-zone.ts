// The zone of one case, and what an attacker may have beside its honest answers: earlier versions of
// it, and versions signed by keys of the attacker's own.

import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { parseName } from '../../../src/wire/text/name-text.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'
import { type Name, nameOctets, parentOf } from '../../../src/dnssec/name.ts'
import type { Nsec3Options } from '../../../src/dnssec/signer/nsec3-chain.ts'
import { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { KeyFlag, SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { nameOf } from '../attack/attack-world.ts'
import type { TamperCase } from './case.ts'

export const DAY = 86_400

/** Seconds since 1970. */
export const NOW = Math.floor(Date.now() / 1_000)

const HEAD = `
$TTL 300
@ SOA ns.good.example. admin.good.example. 1 3600 300 360000 60
@ NS ns.good.example.
`

const HOSTS = `
@            MX     10 mail
@            TXT    "apex"
mail         A      192.0.2.2
mail         A      192.0.2.3
mail         AAAA   2001:db8::2
other        A      192.0.2.7
www          CNAME  mail
out          CNAME  www.unsigned.example.
*.wild       A      192.0.2.4
no.wild      A      192.0.2.5
moved        DNAME  c
b.c          A      192.0.2.6
a.ent        TXT    "below an empty non-terminal"
plain        NS     ns.good.example.
one.loop     CNAME  two.loop
two.loop     CNAME  one.loop
self.loop    CNAME  self.loop
twisted      DNAME  again.twisted
`

const salted: Nsec3Options = { iterations: 1, salt: Buffer.from('aabb', 'hex'), optOut: false }
export const optOut: Nsec3Options = { iterations: 0, salt: new Uint8Array(0), optOut: true }

export interface ZoneVersion {
  /** In zone file format, with names relative to the apex; the hosts of all case zones by default. */
  readonly text?: string
  readonly children?: readonly SignedZone[]
  readonly keys?: readonly SigningKey[]
  readonly nsec3?: Nsec3Options | null
  /** Days from now, when signatures begin and end to hold; from yesterday until tomorrow by default. */
  readonly from?: number
  readonly until?: number
}

export function makeKey(): SigningKey {
  return new SigningKey({ algorithm: 13, flags: KeyFlag.Zone | KeyFlag.EntryPoint })
}

export function makeZone(apex: string, version: ZoneVersion = {}): SignedZone {
  const { text = HOSTS, children = [], keys = [makeKey()], nsec3, from = -1, until = 1 } = version
  const { records, errors } = parseZone(HEAD + text, { origin: parseName(apex) as Uint8Array })
  if (errors.length > 0) throw new Error(`${apex} ${errors[0]!.line}: ${errors[0]!.message}`)
  return new SignedZone({
    records: [...records, ...children.flatMap((child) => child.ds())],
    keys,
    inception: NOW + from * DAY,
    expiration: NOW + until * DAY,
    ...(nsec3 && { nsec3 }),
  })
}

/** The world around a zone. */
export interface Surroundings {
  /** What honest upstreams answer. */
  honest(name: Name, type: number): Message
  /** The zone of that apex. */
  zone(apex: Name): SignedZone
}

export class CaseZone {
  /** Presentation text with the dot at its end. */
  readonly text: string
  readonly apex: Name
  readonly zone: SignedZone
  readonly #made = new Map<string, SignedZone>()
  readonly #nsec3: Nsec3Options | null
  readonly #world: Surroundings

  constructor(text: string, { kind = 'nsec', text: hosts }: TamperCase, world: Surroundings) {
    this.text = text
    this.apex = nameOf(text)
    this.#nsec3 = kind === 'nsec3' ? salted : kind === 'opt-out' ? optOut : null
    this.zone = makeZone(text, { nsec3: this.#nsec3, ...(hosts !== undefined && { text: hosts }) })
    this.#world = world
  }

  get parent(): Name {
    return parentOf(this.apex)
  }

  /** The zone above. */
  get above(): SignedZone {
    return this.#world.zone(this.parent)
  }

  /** Sections of an honest answer to any question. */
  honest(name: Name, type: TypeName): Pick<Message, 'rcode' | 'answers' | 'authorities'> {
    const { rcode, answers, authorities } = this.#world.honest(name, RecordType[type])
    return { rcode, answers, authorities }
  }

  /** @param label `@` for the apex */
  name(label: string): Name {
    return nameOf(label === '@' ? this.text : `${label}.${this.text}`)
  }

  /** Another version of the zone, made once; by the same keys unless told otherwise. */
  version(id: string, version: ZoneVersion): SignedZone {
    const known = this.#made.get(id)
    if (known !== undefined) return known
    const made = makeZone(this.text, { keys: this.zone.keys, nsec3: this.#nsec3, ...version })
    this.#made.set(id, made)
    return made
  }

  /** The attacker's version: other addresses, other keys. */
  get forged(): SignedZone {
    return this.version('forged', {
      text: HOSTS.replaceAll(/192\.0\.2\.\d+/g, '198.51.100.66'),
      keys: [makeKey()],
    })
  }

  /** What a zone says of itself at a name: no answer to any question need hold it. */
  proofAt(label: string, zone = this.zone): readonly ResourceRecord[] {
    const sets = zone.denial!.noType(this.name(label))
    return [...zone.negativeSoa(), ...sets.flatMap((set) => zone.signed(set))]
  }

  /** DS records of a zone, signed by another one whoever its parent is. */
  dsOf(child: SignedZone, signer: SignedZone): readonly ResourceRecord[] {
    const owner = nameOctets(child.apex)
    return signer.signed({
      name: child.apex,
      owner,
      type: RecordType.DS,
      class: 1,
      ttl: 300,
      rdata: child.ds().map(({ rdata }) => rdata),
    })
  }
}

/** Names and zones that no case is about. */
export const GOOD_HOSTS = `
ns      A     192.0.2.53
www     A     192.0.2.1
www     TXT   "text"
*.wild  A     192.0.2.9
`
