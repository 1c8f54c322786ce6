// NSEC records of a zone (RFC 4034 §4, RFC 4035 §2.3) and which of them deny what (RFC 4035 §3.1.3).

import { writeRdata } from '../../wire/codec/rdata-codec.ts'
import { RecordType } from '../../wire/record-type.ts'
import { compareNames, type Name, nameOctets, wildcardOf } from '../name.ts'
import { type DenialChain, lastBefore } from './denial-chain.ts'
import type { ZoneSet, ZoneTree } from './zone-tree.ts'

export class NsecChain implements DenialChain {
  readonly sets: readonly ZoneSet[]
  readonly #byName: ReadonlyMap<Name, ZoneSet>

  /** @param ttl of the NSEC records, in seconds (RFC 9077 §3) */
  constructor(tree: ZoneTree, ttl: number) {
    const names = [...tree.names]
      .filter((name) => tree.isOwn(name) && tree.node(name)!.size > 0)
      .sort(compareNames)
    this.sets = names.map((name, i) => {
      const next = nameOctets(names[(i + 1) % names.length]!)
      const types = [...signedTypes(tree, name), RecordType.RRSIG, RecordType.NSEC]
      const rdata = [writeRdata('NSEC', { next, types: types.sort((a, b) => a - b) })]
      return {
        name,
        owner: nameOctets(name),
        type: RecordType.NSEC,
        class: tree.soa.class,
        ttl,
        rdata,
      }
    })
    this.#byName = new Map(this.sets.map((set) => [set.name, set]))
  }

  at(name: Name): ZoneSet | null {
    return this.#byName.get(name) ?? null
  }

  noType(name: Name): readonly ZoneSet[] {
    return [this.#before(name)]
  }

  noName(name: Name, encloser: Name): readonly ZoneSet[] {
    return distinct([this.#before(name), this.#before(wildcardOf(encloser) ?? name)])
  }

  noCloser(name: Name): readonly ZoneSet[] {
    return [this.#before(name)]
  }

  wildcardNoType(name: Name, encloser: Name): readonly ZoneSet[] {
    return this.noName(name, encloser)
  }

  /** The NSEC of the name, else the one that covers it. */
  #before(name: Name): ZoneSet {
    return (
      this.#byName.get(name) ?? lastBefore(this.sets, (set) => compareNames(set.name, name) > 0)
    )
  }
}

/** Types that a name has in this zone; at a zone cut the parent's alone (RFC 4035 §2.3). */
export function signedTypes(tree: ZoneTree, name: Name): number[] {
  const types = [...tree.node(name)!.keys()]
  if (!tree.isCut(name)) return types
  return types.filter((type) => type === RecordType.NS || type === RecordType.DS)
}

export function distinct(sets: readonly ZoneSet[]): readonly ZoneSet[] {
  return [...new Set(sets)]
}
