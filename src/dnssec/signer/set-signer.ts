// Signatures over sets (RFC 4034 §3.1, RFC 4035 §2.2), made when they are first asked for.

import { canonicalRdata, writeRdata } from '../../wire/codec/rdata-codec.ts'
import { RecordType } from '../../wire/record-type.ts'
import { writeUint16, writeUint32 } from '../../wire/header.ts'
import { countLabels, type Name, nameOctets } from '../name.ts'
import type { SigningKey } from './signing-key.ts'
import type { ZoneSet } from './zone-tree.ts'

/** From when to when signatures hold, in seconds since 1970. */
export interface Validity {
  readonly inception: number
  readonly expiration: number
}

export interface SetSignerOptions extends Validity {
  readonly zone: Name
  readonly keys: readonly SigningKey[]
}

const NO_SIGNATURE = new Uint8Array(0)

/** Octets between a signed record's owner and its RDATA: type, class, TTL and length. */
const FIXED_LENGTH = 10

export class SetSigner {
  readonly #options: SetSignerOptions
  readonly #signed = new WeakMap<ZoneSet, readonly Uint8Array[]>()

  constructor(options: SetSignerOptions) {
    this.#options = options
  }

  /** RDATA of the RRSIG records over a set: one for each key that signs its type. */
  sign(set: ZoneSet): readonly Uint8Array[] {
    const known = this.#signed.get(set)
    if (known !== undefined) return known
    const signatures = this.#keysFor(set.type).map((key) => this.#signature(set, key))
    this.#signed.set(set, signatures)
    return signatures
  }

  /** Keys are signed by the entry points, data by the others; alone, either sort signs all. */
  #keysFor(type: number): readonly SigningKey[] {
    const { keys } = this.#options
    const signsKeys = type === RecordType.DNSKEY
    return keys.filter((key) => {
      const sameAlgorithm = keys.filter(({ algorithm }) => algorithm === key.algorithm)
      const isDivided = sameAlgorithm.some((other) => other.isEntryPoint !== key.isEntryPoint)
      return !isDivided || key.isEntryPoint === signsKeys
    })
  }

  #signature(set: ZoneSet, key: SigningKey): Uint8Array {
    const { zone, inception, expiration } = this.#options
    const fields = {
      typeCovered: set.type,
      algorithm: key.algorithm,
      labels: countLabels(set.name),
      originalTtl: set.ttl,
      expiration: expiration >>> 0,
      inception: inception >>> 0,
      keyTag: key.tag,
      signer: nameOctets(zone),
    }
    const head = writeRdata('RRSIG', { ...fields, signature: NO_SIGNATURE })
    const signature = key.sign(Buffer.concat([head, ...signedRecords(set)]))
    // In memory of its own: it is kept, and what short buffers share would stay with it.
    return new Uint8Array(Buffer.concat([head, signature]))
  }
}

/** The records as they are signed (RFC 4034 §3.1.8.1). */
function signedRecords(set: ZoneSet): Uint8Array[] {
  const owner = nameOctets(set.name)
  return set.rdata.map((written) => {
    const rdata = canonicalRdata(set.type, written)
    const fixed = new Uint8Array(FIXED_LENGTH)
    writeUint16(fixed, 0, set.type)
    writeUint16(fixed, 2, set.class)
    writeUint32(fixed, 4, set.ttl)
    writeUint16(fixed, 8, rdata.length)
    return Buffer.concat([owner, fixed, rdata])
  })
}
