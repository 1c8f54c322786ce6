// NSEC3 records of a zone (RFC 5155 §7.1) and which of them deny what (RFC 5155 §7.2).

import { writeRdata } from '../../wire/codec/rdata-codec.ts'
import { RecordType } from '../../wire/record-type.ts'
import { formatBase32Hex } from '../../wire/text/octet-text.ts'
import { type HashParameters, hashName, NSEC3_SHA1, type NameHash } from '../denial/nsec3-hash.ts'
import { childTowards, type Name, nameOctets, parentOf, wildcardOf } from '../name.ts'
import { type DenialChain, lastBefore } from './denial-chain.ts'
import { distinct, signedTypes } from './nsec-chain.ts'
import type { ZoneSet, ZoneTree } from './zone-tree.ts'

/** No iterations and no salt unless something else is to be tried (RFC 9276 §3.1). */
export interface Nsec3Options extends HashParameters {
  /** Whether unsigned delegations go without a record of their own (RFC 5155 §6). */
  readonly optOut: boolean
}

interface Entry {
  readonly hash: NameHash
  readonly set: ZoneSet
}

const OPT_OUT_FLAG = 0x01

export class Nsec3Chain implements DenialChain {
  readonly sets: readonly ZoneSet[]
  readonly #entries: readonly Entry[]
  readonly #byHash: ReadonlyMap<NameHash, ZoneSet>
  readonly #options: Nsec3Options

  /** @param ttl of the NSEC3 records, in seconds (RFC 9077 §3) */
  constructor(tree: ZoneTree, ttl: number, options: Nsec3Options) {
    this.#options = options
    const { iterations, salt, optOut } = options
    const hashed = [...tree.names]
      .filter((name) => tree.isOwn(name) && !(optOut && isUnsignedCut(tree, name)))
      .map((name) => ({ name, hash: this.#hash(name) }))
      .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    this.#entries = hashed.map(({ name, hash }, i) => {
      const owner = Buffer.concat([label(hash), nameOctets(tree.apex)])
      const next = hashed[(i + 1) % hashed.length]!.hash
      const rdata = writeRdata('NSEC3', {
        hashAlgorithm: NSEC3_SHA1,
        flags: optOut ? OPT_OUT_FLAG : 0,
        iterations,
        salt,
        next: Buffer.from(next, 'latin1'),
        types: typesAt(tree, name),
      })
      const { class: recordClass } = tree.soa
      const type = RecordType.NSEC3
      const set = {
        name: owner.toString('latin1'),
        owner,
        type,
        class: recordClass,
        ttl,
        rdata: [rdata],
      }
      return { hash, set }
    })
    this.sets = this.#entries.map(({ set }) => set)
    this.#byHash = new Map(this.#entries.map(({ hash, set }) => [hash, set]))
  }

  at(): null {
    return null
  }

  noType(name: Name): readonly ZoneSet[] {
    const match = this.#match(name)
    return match === undefined ? this.#closestEncloser(name).sets : [match]
  }

  noName(name: Name): readonly ZoneSet[] {
    const { encloser, sets } = this.#closestEncloser(name)
    return distinct([...sets, this.#cover(wildcardOf(encloser) ?? name)])
  }

  noCloser(name: Name, encloser: Name): readonly ZoneSet[] {
    return [this.#cover(childTowards(name, encloser))]
  }

  wildcardNoType(name: Name, encloser: Name): readonly ZoneSet[] {
    const wildcard = wildcardOf(encloser) ?? name
    return distinct([...this.#closestEncloser(name).sets, ...this.noType(wildcard)])
  }

  /** The closest encloser that has a record, and that nothing closer has one (RFC 5155 §7.2.1). */
  #closestEncloser(name: Name): { encloser: Name; sets: readonly ZoneSet[] } {
    let encloser = parentOf(name)
    let match = this.#match(encloser)
    while (match === undefined) {
      encloser = parentOf(encloser)
      match = this.#match(encloser)
    }
    const sets = distinct([match, this.#cover(childTowards(name, encloser))])
    return { encloser, sets }
  }

  #match(name: Name): ZoneSet | undefined {
    return this.#byHash.get(this.#hash(name))
  }

  #cover(name: Name): ZoneSet {
    const hash = this.#hash(name)
    return lastBefore(this.#entries, (entry) => entry.hash > hash).set
  }

  #hash(name: Name): NameHash {
    return hashName(name, this.#options)
  }
}

function isUnsignedCut(tree: ZoneTree, name: Name): boolean {
  return tree.isCut(name) && !tree.node(name)!.has(RecordType.DS)
}

/** RRSIG is among them when something there is signed; NSEC3 is not (RFC 5155 §7.1). */
function typesAt(tree: ZoneTree, name: Name): number[] {
  const types = signedTypes(tree, name)
  const isSigned = types.length > 0 && !isUnsignedCut(tree, name)
  if (isSigned) types.push(RecordType.RRSIG)
  return types.sort((a, b) => a - b)
}

function label(hash: NameHash): Uint8Array {
  const text = formatBase32Hex(Buffer.from(hash, 'latin1')).toLowerCase()
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')])
}
