// The public keys of zones (RFC 4034 §2): what stands in DNSKEY records, each parsed once.

import type { KeyObject } from 'node:crypto'

import { readUint16 } from '../wire/header.ts'
import { traitsOf } from './algorithms.ts'
import type { Name } from './name.ts'
import { KeyFault, readPublicKey } from './public-key.ts'
import { isQuick } from './quick-checks.ts'
import type { Rrset } from './rrset.ts'

/** Bits of the flags (RFC 4034 §2.1.1, RFC 5011 §7). */
const DnskeyFlag = { Zone: 0x0100, Revoke: 0x0080, SecureEntryPoint: 0x0001 } as const

/** Octets before the key: flags(2) protocol(1) algorithm(1). */
const KEY_AT = 4

/** The only protocol there is (RFC 4034 §2.1.2). */
const DNSSEC_PROTOCOL = 3

export class Dnskey {
  readonly flags: number
  readonly protocol: number
  readonly algorithm: number
  readonly tag: number
  readonly rdata: Uint8Array
  #key: KeyObject | KeyFault | null = null
  #isQuick = false

  /** @param rdata must have been checked by `checkRdata`; it is copied */
  constructor(rdata: Uint8Array) {
    this.rdata = new Uint8Array(rdata)
    this.flags = readUint16(rdata, 0)
    this.protocol = rdata[2]!
    this.algorithm = rdata[3]!
    this.tag = keyTagOf(rdata)
  }

  /** Whether it may sign data of its zone at all (RFC 4034 §2.1.1, §2.1.2). */
  get isZoneKey(): boolean {
    return (this.flags & DnskeyFlag.Zone) !== 0 && this.protocol === DNSSEC_PROTOCOL
  }

  /** Whether its owner has withdrawn it (RFC 5011 §2.1): its signature only proves just that. */
  get isRevoked(): boolean {
    return (this.flags & DnskeyFlag.Revoke) !== 0
  }

  get isSecureEntryPoint(): boolean {
    return (this.flags & DnskeyFlag.SecureEntryPoint) !== 0
  }

  /** For `crypto.verify`; null when it cannot be used, for the reason in `fault`. */
  get key(): KeyObject | null {
    const key = this.#parsed()
    return typeof key === 'string' ? null : key
  }

  /** Whether its signatures are checked in next to no time. */
  get isQuick(): boolean {
    this.#parsed()
    return this.#isQuick
  }

  get fault(): KeyFault | null {
    const key = this.#parsed()
    return typeof key === 'string' ? key : null
  }

  /** Parsed when it is first asked for: in a set of hundreds, few are. */
  #parsed(): KeyObject | KeyFault {
    this.#key ??= this.#parse()
    return this.#key
  }

  #parse(): KeyObject | KeyFault {
    if (traitsOf(this.algorithm) === undefined) return KeyFault.Algorithm
    const key = readPublicKey(this.algorithm, this.rdata.subarray(KEY_AT))
    if (typeof key !== 'string') this.#isQuick = isQuick(key)
    return key
  }
}

/** A zone and the keys that sign it. */
export interface ZoneKeys {
  readonly zone: Name
  readonly keys: readonly Dnskey[]
}

/** @param set of type DNSKEY */
export function readDnskeys(set: Rrset): readonly Dnskey[] {
  return set.records.map((rdata) => new Dnskey(rdata))
}

/** The sum over a key's RDATA that signatures name it by (RFC 4034 Appendix B). */
export function keyTagOf(rdata: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < rdata.length; i++) sum += (i & 1) === 0 ? rdata[i]! << 8 : rdata[i]!
  return (sum + (sum >>> 16)) & 0xffff
}
