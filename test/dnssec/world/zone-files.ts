// Makes the files of all zones: keys first, for parents need the digests of their children's; then
// text, signatures, and what spoils them.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatHex } from '../../../src/wire/text/octet-text.ts'
import { signWithBind } from './signers/bind.ts'
import { signWithKnot } from './signers/knot.ts'
import { signWithLdns } from './signers/ldns.ts'
import type { Signing } from './signers/signing.ts'
import { ZoneEditor } from './zone-editor.ts'
import { collidingKeys, generateKey, type ZoneKey } from './zone-key.ts'
import type { DsSpec, SignerName, ZoneKeys, ZoneSpec } from './zone-spec.ts'

/** Signers run side by side, so many of them. */
const WIDTH = 4

const SIGNERS: Readonly<Record<SignerName, (signing: Signing) => Promise<void>>> = {
  bind: signWithBind,
  ldns: signWithLdns,
  knot: signWithKnot,
}

export interface ZoneFile {
  readonly spec: ZoneSpec
  readonly path: string
  readonly keys: readonly ZoneKey[]
}

export async function makeZoneFiles(
  zones: readonly ZoneSpec[],
  folder: string,
): Promise<readonly ZoneFile[]> {
  const keyed = await mapSideBySide(zones, async (spec, index) => {
    const place = join(folder, `${index}`)
    await mkdir(place)
    const keys = await makeKeys(spec, place)
    return { spec, keys, place }
  })
  return mapSideBySide(keyed, async ({ spec, keys, place }) => {
    const children = keyed.filter((child) => parentName(child.spec.name, zones) === spec.name)
    const delegations = children.map((child) =>
      delegation(child.spec.name, dsRecords(child.spec, child.keys)),
    )
    const input = join(place, 'unsigned')
    const output = join(place, 'zone')
    const text = `${apex(spec.name)}${spec.records}${delegations.join('')}`
    await writeFile(spec.signer === null ? output : input, text)
    if (spec.signer !== null) await SIGNERS[spec.signer]({ zone: spec, keys, input, output })
    if (spec.tamper !== undefined) {
      const editor = new ZoneEditor(spec.name, await readFile(output, 'utf8'))
      spec.tamper(editor, byId(spec, keys))
      await writeFile(output, editor.toString())
    }
    return { spec, keys, path: output }
  })
}

/** The digests that the parent has, or should have. */
export function dsRecords(spec: ZoneSpec, keys: readonly ZoneKey[]): readonly DsSpec[] {
  if (spec.ds !== undefined) return spec.ds(byId(spec, keys))
  return keys.filter((key) => key.isEntryPoint && key.signs).map((key) => key.ds())
}

export function formatDs(owner: string, ds: DsSpec): string {
  const { keyTag, algorithm, digestType, digest } = ds
  return `${owner} 3600 IN DS ${keyTag} ${algorithm} ${digestType} ${formatHex(digest)}\n`
}

function byId(spec: ZoneSpec, keys: readonly ZoneKey[]): ZoneKeys {
  return (id) => {
    const key = keys.find((candidate) => candidate.spec.id === id)
    if (key === undefined) throw new Error(`${spec.name} has no key ${id}`)
    return key
  }
}

/** The closest zone above; null above the root. */
function parentName(name: string, zones: readonly ZoneSpec[]): string | null {
  if (name === '.') return null
  const above = zones.filter(
    (zone) => zone.name !== name && (zone.name === '.' || name.endsWith(`.${zone.name}`)),
  )
  return above.reduce((best, zone) => (zone.name.length > best.name.length ? zone : best)).name
}

function apex(zone: string): string {
  const host = zone === '.' ? 'ns1.' : `ns1.${zone}`
  const mailbox = zone === '.' ? 'hostmaster.' : `hostmaster.${zone}`
  return `$ORIGIN ${zone}
$TTL 3600
@ SOA ${host} ${mailbox} 1 7200 3600 1209600 300
@ NS ${host}
${host} A 192.0.2.53
`
}

function delegation(child: string, ds: readonly DsSpec[]): string {
  const host = `ns1.${child}`
  const digests = ds.map((record) => formatDs(child, record))
  return `${child} NS ${host}\n${host} A 192.0.2.53\n${digests.join('')}`
}

async function makeKeys(spec: ZoneSpec, folder: string): Promise<readonly ZoneKey[]> {
  const [first, second, ...others] = spec.keys
  if (first !== undefined && second !== undefined && spec.sameTag) {
    const made = await Promise.all(others.map((key) => generateKey(spec.name, key, folder)))
    return [...collidingKeys(spec.name, [first, second], folder), ...made]
  }
  return Promise.all(spec.keys.map((key) => generateKey(spec.name, key, folder)))
}

async function mapSideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    // One iterator for all workers: each item is taken once.
    for (const [index, item] of queue) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: WIDTH }, worker))
  return results
}
