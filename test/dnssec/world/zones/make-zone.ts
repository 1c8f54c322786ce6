// Short ways to say what a zone is like.

import { Security } from '../../../../src/dnssec/verdict.ts'
import type { KeySpec, Probe, ZoneSpec } from '../zone-spec.ts'

const { Secure, Insecure, Bogus } = Security

export const ECDSA = 13

export const NSEC = { kind: 'nsec' } as const
export const NSEC3 = { kind: 'nsec3', iterations: 0, salt: '' } as const
export const OPT_OUT = { ...NSEC3, optOut: true } as const

/** A key that signs keys, and one that signs the rest. */
export function keyPair(algorithm: number = ECDSA, bits = 2048): KeySpec[] {
  return [
    { id: 'ksk', flags: 257, algorithm, bits },
    { id: 'zsk', flags: 256, algorithm, bits },
  ]
}

/** One key that signs all (RFC 6781 §3.1). */
export function singleKey(algorithm: number = ECDSA, bits = 2048): KeySpec[] {
  return [{ id: 'csk', flags: 257, algorithm, bits }]
}

export type ZoneSketch = Partial<ZoneSpec> & Pick<ZoneSpec, 'name'>

/** A zone as it should be, where the sketch does not say otherwise: signed by ldns, served by NSD. */
export function makeZone(sketch: ZoneSketch): ZoneSpec {
  return {
    signer: 'ldns',
    server: 'nsd',
    keys: sketch.signer === null ? [] : keyPair(),
    denial: NSEC,
    records: commonRecords(),
    probes: [],
    ...sketch,
  }
}

/** What most zones hold: sets of one and of two, wildcards, empty non-terminals, aliases. */
export function commonRecords(): string {
  return `www        A     192.0.2.10
www        AAAA  2001:db8::10
two        A     192.0.2.21
two        A     192.0.2.22
text       TXT   "a text" "and another"
mail       MX    10 mx
mail       MX    20 mx.example.net.
mx         A     192.0.2.25
*.wild     A     192.0.2.77
*.wild     TXT   "for any name below wild"
named.wild A     192.0.2.78
*.alias    CNAME www
alias      CNAME www
chain      CNAME alias
d.c.b.a    TXT   "below empty non-terminals"
zz         A     192.0.2.99
`
}

interface Asked {
  readonly rcode?: 'NOERROR' | 'NXDOMAIN'
  readonly because: string
}

export function secure(name: string, type: string, { rcode = 'NOERROR', because }: Asked): Probe {
  return { name, type, expect: Secure, rcode, ede: [], because }
}

/** @param ede extended errors that tell why signed data count as insecure, if they do */
export function insecure(
  name: string,
  type: string,
  { rcode = 'NOERROR', because, ede = [] }: Asked & { readonly ede?: readonly number[] },
): Probe {
  return { name, type, expect: Insecure, rcode, ede, because }
}

/** @param ede the extended errors of which one must come */
export function bogus(
  name: string,
  type: string,
  { rcode = 'NOERROR', because, ede }: Asked & { readonly ede: readonly number[] },
): Probe {
  return { name, type, expect: Bogus, rcode, ede, because }
}

/** Probes of a sound zone with the common records. */
export function soundProbes(zone: string, because = `${zone} is sound`): Probe[] {
  return [
    secure(zone, 'SOA', { because }),
    secure(zone, 'DNSKEY', { because }),
    secure(`www.${zone}`, 'A', { because }),
    secure(`two.${zone}`, 'A', { because }),
    secure(`www.${zone}`, 'TXT', { because: 'NODATA' }),
    secure(`any.wild.${zone}`, 'A', { because: 'a wildcard, and no closer match' }),
    secure(`any.wild.${zone}`, 'AAAA', { because: 'NODATA at a wildcard' }),
    secure(`chain.${zone}`, 'A', { because: 'CNAME records inside the zone' }),
    secure(`any.alias.${zone}`, 'A', { because: 'CNAME from a wildcard' }),
    secure(`b.a.${zone}`, 'A', { because: 'an empty non-terminal' }),
  ]
}
