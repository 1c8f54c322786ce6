// Zones in the middle of a roll-over: signed by a real signer as far as one would do so, and changed
// into what no signer makes at once, such as signatures of a key that is not published yet.

import {
  algorithmOf,
  type Algorithms,
  baseName,
  isEntryPoint,
  isRevoked,
  keysOf,
  type Phase,
  readPhase,
} from '../../roll-overs/phase.ts'
import type { ZoneEditor } from '../zone-editor.ts'
import { flagged, keyTag, REVOKED } from '../zone-key.ts'
import type { KeySpec, SignerName, ZoneKeys, ZoneSpec } from '../zone-spec.ts'
import { makeZone, type ZoneSketch } from './make-zone.ts'

/** A zone that knows its phase. */
export interface PhaseZone extends ZoneSpec {
  /** As `readPhase` takes it. */
  readonly row: string
}

/** @param row as `readPhase` takes it */
export function makePhaseZone(
  row: string,
  algorithms: Algorithms,
  sketch: ZoneSketch & { readonly signer: SignerName },
): PhaseZone {
  const phase = readPhase(row)
  const names = keysOf(row)
  if (names.length === 0) return { ...makeZone({ ...sketch, signer: null }), row }
  const dataSigners = names.filter((key) => phase.signData.flat().includes(key))
  const isSplit = !dataSigners.some(isEntryPoint)
  const signers = names.filter(
    (key) => dataSigners.includes(key) || (isSplit && phase.signKeys.includes(key)),
  )
  const changes = [
    ...(isMadeBySigner(phase, names, signers) ? [] : [changeKeys]),
    // A signer takes one kind of keys or the other for the zone, and all that it has.
    ...(phase.signData.length > 1 || (!isSplit && !dataSigners.every(isEntryPoint))
      ? [signInTurn]
      : []),
  ]
  const keys: readonly KeySpec[] = names.map((id) => ({
    id,
    flags: isEntryPoint(id) ? 257 : 256,
    algorithm: algorithmOf(id, algorithms),
    signs: signers.includes(id),
  }))
  const zone = makeZone({
    ...sketch,
    signer: signerFor(keys, sketch.signer),
    keys,
    ds: (zoneKeys) => phase.ds.map((id) => zoneKeys(id).ds()),
    ...(changes.length > 0 && {
      tamper: (editor, zoneKeys) => {
        for (const change of changes) change(editor, zoneKeys, phase)
      },
    }),
  })
  return { ...zone, row }
}

/**
 * The wanted one, if such keys suit it: Knot DNS wants a key of either kind for each algorithm, and BIND,
 * where one kind signs all, takes keys for it that are only to be published.
 */
function signerFor(keys: readonly KeySpec[], wanted: SignerName): SignerName {
  const active = keys.filter(({ signs }) => signs)
  const isPaired = active.every(({ algorithm, flags }) =>
    active.some((other) => other.algorithm === algorithm && other.flags !== flags),
  )
  if (isPaired) return wanted
  const isSplit = active.some(({ flags }) => flags === 256)
  return wanted === 'bind' && isSplit ? wanted : 'ldns'
}

/** Whether the DNSKEY set and its signatures are what a signer makes of these keys. */
function isMadeBySigner(
  phase: Phase,
  names: readonly string[],
  signers: readonly string[],
): boolean {
  const bySigner = signers.filter(isEntryPoint)
  return (
    names.every((key) => phase.dnskey.includes(key)) &&
    bySigner.length === phase.signKeys.length &&
    bySigner.every((key) => phase.signKeys.includes(key))
  )
}

function changeKeys(zone: ZoneEditor, keys: ZoneKeys, { dnskey, signKeys }: Phase): void {
  zone.drop('@', 'DNSKEY')
  for (const id of dnskey) {
    const { record } = keys(baseName(id))
    zone.add(isRevoked(id) ? record.replace('DNSKEY 257', `DNSKEY ${REVOKED}`) : record)
  }
  for (const id of signKeys) {
    const key = keys(baseName(id))
    const rdata = isRevoked(id) ? flagged(key.rdata, REVOKED) : key.rdata
    zone.addSignature('@', 'DNSKEY', key, { keyTag: keyTag(rdata) })
  }
}

function signInTurn(zone: ZoneEditor, keys: ZoneKeys, { signData }: Phase): void {
  const sets = zone.signedSets().filter(([, type]) => type !== 'DNSKEY')
  for (const [index, [owner, type]] of sets.entries()) {
    zone.resign(owner, type, signData[index % signData.length]!.map(keys))
  }
}
