// What the world of signed zones is described in: one value for each zone, and what validators must
// find when they are asked for its data.

import { Rcode } from '../../support/messages.ts'
import type { ZoneEditor } from './zone-editor.ts'
import type { ZoneKey } from './zone-key.ts'

/** Who signs: `dnssec-signzone` of BIND, `ldns-signzone`, or `kzonesign` of Knot DNS. */
export type SignerName = 'bind' | 'ldns' | 'knot'

/** Who serves. BIND keeps the letter case of a zone file, NSD takes whatever is broken. */
export type ServerName = 'nsd' | 'knot' | 'bind'

export interface KeySpec {
  /** What the zone's description calls it, such as `ksk` or `next-zsk`. */
  readonly id: string
  /** 257 with the bit of a secure entry point (RFC 4034 §2.1.1), else 256. */
  readonly flags: 256 | 257
  readonly algorithm: number
  /** Of RSA; 2048 unless told otherwise. */
  readonly bits?: number
  /** False for a key that is only published. */
  readonly signs?: boolean
}

export type DenialSpec =
  | { readonly kind: 'nsec' }
  | {
      readonly kind: 'nsec3'
      readonly iterations: number
      /** Hexadecimal; empty for none. */
      readonly salt: string
      readonly optOut?: boolean
    }

/** A DS record in the parent. */
export interface DsSpec {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

export interface ZoneSpec {
  /** In lower case with a final dot. */
  readonly name: string
  /** Null for a zone that is not signed. */
  readonly signer: SignerName | null
  readonly server: ServerName
  readonly keys: readonly KeySpec[]
  /** Whether the first two keys, ECDSA P-256 both, have one key tag. */
  readonly sameTag?: boolean
  readonly denial: DenialSpec
  /** In zone file form, relative to the zone; SOA, NS and delegations come by themselves. */
  readonly records: string
  /** DS records in the parent; by default a SHA-256 digest of each signing key with flags 257. */
  ds?(keys: ZoneKeys): readonly DsSpec[]
  /** Changes what was signed. */
  tamper?(zone: ZoneEditor, keys: ZoneKeys): void
  readonly probes: readonly Probe[]
}

/** A zone's keys by `KeySpec.id`. */
export type ZoneKeys = (id: string) => ZoneKey

/** A question whose answer is known. */
export interface Probe {
  /** Absolute, with a final dot. */
  readonly name: string
  readonly type: string
  readonly expect: 'secure' | 'insecure' | 'bogus'
  readonly rcode: 'NOERROR' | 'NXDOMAIN'
  /** Extended errors (RFC 8914) of which one must come; none for those without. */
  readonly ede: readonly number[]
  /** What is wrong or odd, with the RFC that says so. */
  readonly because: string
}

/** What whoever validates answers it with. */
export function expectedRcode({ expect, rcode }: Probe): number {
  if (expect === 'bogus') return Rcode.ServFail
  return rcode === 'NOERROR' ? Rcode.NoError : Rcode.NXDomain
}
