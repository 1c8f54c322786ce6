// Questions for a world, made from its zone files and a seed: names that are there and names that are
// not, beside, below and above them, of every type, in letters of both cases.

import { readFileSync } from 'node:fs'
import { RecordType } from '../../../src/wire/record-type.ts'
import { formatName } from '../../../src/wire/text/name-text.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'
import type { ZoneFile } from '../world/zone-files.ts'
import { wire } from '../world/zone-editor.ts'
import type { Asked } from '../world/asker.ts'

/** Asked for most, as clients do. */
const COMMON = ['A', 'AAAA', 'TXT', 'MX', 'HTTPS', 'CNAME', 'NS', 'SOA', 'DS', 'DNSKEY']

const RARE = [
  ...COMMON,
  ...'SRV PTR DNAME NSEC NSEC3PARAM TLSA CAA NAPTR SVCB LOC HINFO RP SSHFP URI CDS CERT TYPE65280 RRSIG NSEC3'.split(
    ' ',
  ),
]

const LABELS = ['none', 'a', 'zzzz', '0', '-', '_443._tcp', 'www', 'x.y.z', 'm'.repeat(63), '*']

interface ZoneNames {
  readonly zone: string
  readonly owners: readonly string[]
}

export class Questions {
  readonly #zones: readonly ZoneNames[]
  #state: number

  /** @param seed the same questions come from the same seed */
  constructor(files: readonly ZoneFile[], seed: number) {
    this.#zones = files.map(namesOf)
    this.#state = seed
  }

  next(): Asked {
    const { zone, owners } = this.#pick(this.#zones)
    const name = this.#bent(this.#nameIn(zone, owners))
    return { name, type: this.#pick(this.#chance(2) ? COMMON : RARE) }
  }

  #nameIn(zone: string, owners: readonly string[]): string {
    const owner = this.#pick(owners).replace('*', this.#pick(['any', '*', 'some.deep']))
    const under = (label: string, name: string): string => `${label}.${name === '.' ? '' : name}`
    switch (this.#below(8)) {
      case 0:
        return under(this.#label(), owner)
      case 1:
        return under(this.#label(), zone)
      case 2:
        // What is above: empty non-terminals, the apex, the parent.
        return owner.slice(owner.indexOf('.') + 1) || '.'
      case 3:
        return zone
      default:
        return owner
    }
  }

  #label(): string {
    return this.#chance(2) ? this.#pick(LABELS) : `r${this.#below(1000)}`
  }

  /** Letters of both cases, now and then. */
  #bent(name: string): string {
    if (!this.#chance(5)) return name
    return Array.from(name, (letter) => (this.#chance(2) ? letter.toUpperCase() : letter)).join('')
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)]!
  }

  #chance(outOf: number): boolean {
    return this.#below(outOf) === 0
  }

  /** From 0, smaller than `limit`: a linear congruence, of which the upper bits are taken. */
  #below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }
}

/** The names of a zone, without those that are hashes: they are others each time. */
function namesOf({ spec, path }: ZoneFile): ZoneNames {
  const { records } = parseZone(readFileSync(path, 'utf8'), { origin: wire(spec.name) })
  const hashed = records.filter(({ type }) => type === RecordType.NSEC3)
  const hashes = new Set(hashed.map(({ name }) => lowerCase(name)))
  const owners = new Set(records.map(({ name }) => lowerCase(name)))
  const names = Array.from(owners).filter((name) => !hashes.has(name))
  return { zone: spec.name, owners: names.sort() }
}

function lowerCase(name: Uint8Array): string {
  return formatName(name).toLowerCase()
}
