// Reads from a zone file which phase of a roll-over the zone is in, whoever signed it.

import { readFileSync } from 'node:fs'
import type { Phase } from '../roll-overs/phase.ts'
import { ZoneEditor } from './zone-editor.ts'
import type { ZoneFile } from './zone-files.ts'
import { flagged, keyTag, REVOKED } from './zone-key.ts'

/** Keys that the zone's description does not name are called by their tags. */
export function phaseOfZone({ spec, keys, path }: ZoneFile): Omit<Phase, 'ds'> {
  const zone = new ZoneEditor(spec.name, readFileSync(path, 'utf8'))
  const names = new Map<number, string>()
  for (const { spec: key, rdata } of keys) {
    names.set(keyTag(rdata), key.id)
    names.set(keyTag(flagged(rdata, REVOKED)), `${key.id}r`)
  }
  const nameOf = (tag: number): string => names.get(tag) ?? `${tag}`
  const signersOf = (...set: Parameters<ZoneEditor['signatures']>): string[] =>
    zone.signatures(...set).map((signature) => nameOf(signature.keyTag))
  const dataSets = zone.signedSets().filter(([, type]) => type !== 'DNSKEY')
  const dataSigners = new Set(
    dataSets.map((set) =>
      signersOf(...set)
        .sort()
        .join(' '),
    ),
  )
  return {
    dnskey: zone.set('@', 'DNSKEY').map(({ rdata }) => nameOf(keyTag(rdata))),
    signKeys: signersOf('@', 'DNSKEY'),
    signData: Array.from(dataSigners, (signers) => signers.split(' ').filter((key) => key !== '')),
  }
}
