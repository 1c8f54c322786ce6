// Reads from a zone file which phase of a roll-over the zone is in, whoever signed it.

import { readFileSync } from 'node:fs'
import type { Phase } from '../roll-overs/phase.ts'
import { ZoneEditor } from './zone-editor.ts'
import type { ZoneFile } from './zone-files.ts'
import { flagged, keyTag, REVOKED, type ZoneKey } from './zone-key.ts'

/** Keys that the zone's description does not name are called by their tags. */
export function phaseOfZone({ spec, keys, path }: ZoneFile): Omit<Phase, 'ds'> {
  const zone = new ZoneEditor(spec.name, readFileSync(path, 'utf8'))
  // Where the tag of a revoked key is that of another one, it is the other one.
  const names = new Map([
    ...keys.map((key) => [idOf(key.algorithm, revokedTag(key)), `${key.spec.id}r`] as const),
    ...keys.map((key) => [idOf(key.algorithm, key.tag), key.spec.id] as const),
  ])
  const nameOf = (algorithm: number, tag: number): string =>
    names.get(idOf(algorithm, tag)) ?? `${tag}`
  const signersOf = (...set: Parameters<ZoneEditor['signatures']>): string[] =>
    zone.signatures(...set).map((signature) => nameOf(signature.algorithm, signature.keyTag))
  const dataSets = zone.signedSets().filter(([, type]) => type !== 'DNSKEY')
  const dataSigners = new Set(
    dataSets.map((set) =>
      signersOf(...set)
        .sort()
        .join(' '),
    ),
  )
  return {
    dnskey: zone.set('@', 'DNSKEY').map(({ rdata }) => nameOf(rdata[3]!, keyTag(rdata))),
    signKeys: signersOf('@', 'DNSKEY'),
    signData: Array.from(dataSigners, (signers) => signers.split(' ').filter((key) => key !== '')),
  }
}

function idOf(algorithm: number, tag: number): string {
  return `${algorithm} ${tag}`
}

function revokedTag({ rdata }: ZoneKey): number {
  return keyTag(flagged(rdata, REVOKED))
}
