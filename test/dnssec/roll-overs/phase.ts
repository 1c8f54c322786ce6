// A phase of a roll-over, as the columns of RFC 6781's figures have it: what the parent's DS records
// name, which keys are in the DNSKEY set, who has signed that set, and who the rest of the zone.

export interface Phase {
  readonly ds: readonly string[]
  readonly dnskey: readonly string[]
  readonly signKeys: readonly string[]
  /** Most often one list. Of several, each set of records is signed by one: half of it is new. */
  readonly signData: readonly (readonly string[])[]
}

/**
 * Reads a row such as `K1 | K1 Z1 Z2 | K1 | Z1`, of DS, DNSKEY, RRSIG over DNSKEY and RRSIG over the
 * rest. A key that signs keys is K, one that signs the zone is Z, one that does both is S; behind that
 * stands its number, or whose it is. `K1r` is K1 with the REVOKE bit, `Z1/Z2` one of the two, and `-`
 * nothing.
 */
export function readPhase(row: string): Phase {
  const [ds, dnskey, signKeys, signData] = row.split('|') as [string, string, string, string]
  return {
    ds: readKeys(ds),
    dnskey: readKeys(dnskey),
    signKeys: readKeys(signKeys),
    signData: signData.split('/').map(readKeys),
  }
}

function readKeys(cell: string): readonly string[] {
  return cell.split(' ').filter((key) => key !== '' && key !== '-')
}

const KEY = /[KZS]\w/g

/** The keys of a row by name, without those that differ in nothing but the REVOKE bit. */
export function keysOf(row: string): readonly string[] {
  return [...new Set(row.match(KEY))]
}

export function isRevoked(key: string): boolean {
  return key.endsWith('r')
}

/** The key's name without what says that it is revoked. */
export function baseName(key: string): string {
  return key.slice(0, 2)
}

/** Whether it has the bit of a secure entry point (RFC 4034 §2.1.1). */
export function isEntryPoint(key: string): boolean {
  return !key.startsWith('Z')
}

/** By the second character of a key's name; 13 for the others. */
export type Algorithms = Readonly<Record<string, number>>

export function algorithmOf(key: string, algorithms: Algorithms): number {
  return algorithms[key[1]!] ?? 13
}

/** Equal for rows that differ in nothing but how their keys are called. */
export function stateOf(row: string, algorithms: Algorithms): string {
  const keys = keysOf(row)
  return row
    .replaceAll(/\s+/g, ' ')
    .replaceAll(KEY, (key) => `${key[0]}${keys.indexOf(key)}:${algorithmOf(key, algorithms)}`)
}
