// The hash of NSEC3 (RFC 5155 §5), written apart from the product's own.

import { createHash } from 'node:crypto'
import { formatBase32Hex } from '../../../src/wire/text/octet-text.ts'
import { lowerCaseName, parseName } from '../../../src/wire/text/name-text.ts'

export interface Nsec3Params {
  readonly iterations: number
  readonly salt: Uint8Array
}

/** @returns base32hex in lower case, as owners of NSEC3 records have it */
export function nsec3Hash(name: string, { iterations, salt }: Nsec3Params): string {
  let hash: Uint8Array = lowerCaseName(parseName(name) as Uint8Array)
  for (let round = 0; round <= iterations; round++) {
    hash = createHash('sha1').update(hash).update(salt).digest()
  }
  return formatBase32Hex(hash).toLowerCase()
}
