// Signed zones down from a root of the bench's own, made with BIND's tools. Signing 80,000 names with
// RSA takes half a minute, so that the files are kept and used again until their signatures run out.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { run } from '../lab/tool.ts'
import { ZONE } from '../lab/upstream.ts'
import { addTraps, collidingKeys, TRAP_ZONE } from './keytrap.ts'

export const Algorithm = { Ecdsa: 'ECDSAP256SHA256', Rsa: 'RSASHA256' } as const
export type Algorithm = (typeof Algorithm)[keyof typeof Algorithm]

/** Zones of equal content. The first is the one that systems are asked for to see whether they run. */
export const ZONES: Readonly<Record<Algorithm, string>> = {
  [Algorithm.Ecdsa]: ZONE,
  [Algorithm.Rsa]: 'rsa.example',
}

/** Names in each zone, `nameIn` says which; all have the address that the bench takes for right. */
export const NAMES = 60_000

const PARENT = 'example'
const RSA_BITS = 2048
const ADDRESS = '192.0.2.1'

/** Raised when what is in the zones changes: files of another edition are made anew. */
const EDITION = 1

/** Days for which signatures are good, and those of them in which the files are used. */
const SIGNED_DAYS = 30
const USED_DAYS = 20

export interface SignedZones {
  /** DS of the root's key: what a validator must trust. */
  readonly anchors: string
  /** Zone files by the name of the zone, the root's ".". */
  readonly files: ReadonlyMap<string, string>
}

/** First label of the name with that number. */
export const nameIn = (number: number): string => number.toString(36).padStart(5, '0')

/** First label of a name that is not there: between it and any other such one, one is. */
export const noNameIn = (number: number): string => `${nameIn(number)}-`

/** @param dir for the files, kept from run to run */
export function signedZones(dir: string): SignedZones {
  const made = join(dir, 'made.json')
  const zones = [...Object.values(ZONES), TRAP_ZONE, PARENT, '.']
  const found: SignedZones = {
    anchors: join(dir, 'dsset-.'),
    files: new Map(zones.map((zone) => [zone, signedFile(dir, zone)])),
  }
  if (existsSync(made) && isGood(JSON.parse(readFileSync(made, 'utf8')) as Made)) return found
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const names = Array.from({ length: NAMES }, (_, i) => `${nameIn(i)} A ${ADDRESS}`)
  sign(dir, ZONES.ECDSAP256SHA256, Algorithm.Ecdsa, [...names, `ready A ${ADDRESS}`])
  sign(dir, ZONES.RSASHA256, Algorithm.Rsa, names)
  const keys = collidingKeys()
  sign(dir, TRAP_ZONE, Algorithm.Ecdsa, keys.records)
  addTraps(signedFile(dir, TRAP_ZONE), keys)
  const children = [...Object.values(ZONES), TRAP_ZONE]
  sign(dir, PARENT, Algorithm.Ecdsa, delegations(dir, children))
  sign(dir, '.', Algorithm.Ecdsa, delegations(dir, [PARENT]))
  writeFileSync(made, JSON.stringify({ edition: EDITION, at: Date.now() } satisfies Made))
  return found
}

interface Made {
  readonly edition: number
  /** Milliseconds since 1970. */
  readonly at: number
}

const isGood = ({ edition, at }: Made): boolean =>
  edition === EDITION && Date.now() < at + USED_DAYS * 86_400_000

const fileName = (zone: string): string => (zone === '.' ? 'root' : zone)

const signedFile = (dir: string, zone: string): string => join(dir, `${fileName(zone)}.signed`)

/** Two keys, one that signs keys and one that signs all else, and NSEC, as most zones have it. */
function sign(dir: string, zone: string, algorithm: Algorithm, records: readonly string[]): void {
  const origin = zone === '.' ? '.' : `${zone}.`
  const size = algorithm === Algorithm.Rsa ? ['-b', String(RSA_BITS)] : []
  const newKey = (...flags: string[]): string =>
    run('dnssec-keygen', ['-q', '-a', algorithm, ...size, ...flags, origin], dir).trim()
  const [keyKey, zoneKey] = [newKey('-f', 'KSK'), newKey()]
  const included = [keyKey, zoneKey].map((key) => readFileSync(join(dir, `${key}.key`), 'utf8'))
  const head = [
    `$ORIGIN ${origin}`,
    '$TTL 3600',
    '@ SOA ns hostmaster 1 7200 900 1209600 3600',
    '@ NS ns',
    `ns A ${ADDRESS}`,
  ]
  const unsigned = join(dir, fileName(zone))
  writeFileSync(unsigned, [...head, ...records, ...included, ''].join('\n'))
  const lines = ['-O', 'full', '-f', signedFile(dir, zone), '-e', `now+${SIGNED_DAYS}d`]
  const fast = ['-P', '-n', '2', '-x']
  const args = [...fast, ...lines, '-o', origin, '-k', keyKey, unsigned, zoneKey]
  run('dnssec-signzone', args, dir)
}

/** NS and DS records in a parent zone. */
const delegations = (dir: string, children: readonly string[]): string[] =>
  children.flatMap((child) => [
    `${child}. NS ns.${child}.`,
    `ns.${child}. A ${ADDRESS}`,
    readFileSync(join(dir, `dsset-${child}.`), 'utf8').trim(),
  ])
