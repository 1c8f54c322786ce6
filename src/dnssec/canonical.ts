// RDATA in canonical form (RFC 4034 §6.2, RFC 6840 §5.1), straight from a message: names of the
// older types lose their compression and their upper case, and everything else is as it stands.

import { lowerCaseOctet, skipName } from '../wire/name.ts'
import { RecordType } from '../wire/record-type.ts'

/** RDATA as long as a message, and two names that a few octets stood for. */
const scratch = new Uint8Array(65_535 + 2 * 255)

/** Octets before the names, and how many names there are: what a type's canonical form hangs on. */
interface Shape {
  readonly skip: number
  readonly names: number
}

const ONE: Shape = { skip: 0, names: 1 }
const TWO: Shape = { skip: 0, names: 2 }
const PREFERENCE: Shape = { skip: 2, names: 1 }
const SIGNATURE: Shape = { skip: 18, names: 1 }
/** What they skip depends on the RDATA. */
const NAPTR: Shape = { skip: 4, names: 1 }
const A6: Shape = { skip: 1, names: 1 }

/** Types that only RFC 4034 remembers (RFC 2535 §5.2, RFC 6563). */
const NXT_TYPE = 30
const A6_TYPE = 38

/**
 * All types of RFC 4034 §6.2 that have names in them. NSEC is none of them (RFC 6840 §5.1), nor is
 * any type that came later (RFC 3597 §7).
 */
const shapes: readonly (Shape | undefined)[] = byType([
  [RecordType.NS, ONE],
  [RecordType.MD, ONE],
  [RecordType.MF, ONE],
  [RecordType.CNAME, ONE],
  [RecordType.SOA, TWO],
  [RecordType.MB, ONE],
  [RecordType.MG, ONE],
  [RecordType.MR, ONE],
  [RecordType.PTR, ONE],
  [RecordType.MINFO, TWO],
  [RecordType.MX, PREFERENCE],
  [RecordType.RP, TWO],
  [RecordType.AFSDB, PREFERENCE],
  [RecordType.RT, PREFERENCE],
  [RecordType.SIG, SIGNATURE],
  [RecordType.PX, { skip: 2, names: 2 }],
  [NXT_TYPE, ONE],
  [RecordType.SRV, { skip: 6, names: 1 }],
  [RecordType.NAPTR, NAPTR],
  [RecordType.KX, PREFERENCE],
  [A6_TYPE, A6],
  [RecordType.DNAME, ONE],
  [RecordType.RRSIG, SIGNATURE],
])

function byType(rows: readonly (readonly [type: number, shape: Shape])[]): (Shape | undefined)[] {
  const known = new Map(rows)
  return Array.from({ length: RecordType.RRSIG + 1 }, (_, type) => known.get(type))
}

/**
 * RDATA of a message in canonical form.
 *
 * @param start offset of the message's first octet
 * @param at offset of the RDATA's first octet
 * @param end offset behind it; the RDATA must have been checked by `checkRdata`
 * @returns null when it is canonical as it stands, which most of it is
 */
export function canonicalForm(
  type: number,
  bytes: Uint8Array,
  start: number,
  at: number,
  end: number,
): Uint8Array | null {
  if (type > RecordType.RRSIG) return null
  const shape = shapes[type]
  if (shape === undefined) return null
  const names = namesStart(shape, bytes, start, at, end)
  if (names === -1 || isCanonical(bytes, names, shape.names)) return null

  let to = 0
  let from = at
  while (from < names) scratch[to++] = bytes[from++]!
  for (let left = shape.names; left > 0; left--) {
    to = writeName(bytes, start, from, to)
    from = nameEnd(bytes, from)
  }
  while (from < end) scratch[to++] = bytes[from++]!
  return scratch.slice(0, to)
}

/** Where the names begin; -1 without any. */
function namesStart(
  shape: Shape,
  bytes: Uint8Array,
  start: number,
  at: number,
  end: number,
): number {
  if (shape === NAPTR) {
    let names = at + shape.skip
    for (let strings = 3; strings > 0; strings--) names += bytes[names]! + 1
    return names
  }
  if (shape === A6) return a6NameStart(bytes, start, at, end)
  return at + shape.skip
}

/** prefix length(1) suffix(as many octets as 128 bits less the prefix need) name (RFC 2874 §3.1.1). */
function a6NameStart(bytes: Uint8Array, start: number, at: number, end: number): number {
  const prefix = at < end ? bytes[at]! : 0
  if (prefix === 0 || prefix > 128) return -1
  const name = at + 1 + ((128 - prefix + 7) >> 3)
  // Nobody checked the RDATA of this type.
  return name < end && skipName(bytes, start, name, end) === end ? name : -1
}

/** Whether names stand uncompressed and in lower case. */
function isCanonical(bytes: Uint8Array, from: number, names: number): boolean {
  let at = from
  for (let left = names; left > 0; at++) {
    const length = bytes[at]!
    if (length >= 0xc0) return false
    if (length === 0) left--
    for (const end = at + length; at < end; ) {
      const octet = bytes[++at]!
      if (octet >= 0x41 && octet <= 0x5a) return false
    }
  }
  return true
}

function writeName(bytes: Uint8Array, start: number, from: number, into: number): number {
  let at = from
  let to = into
  for (;;) {
    const length = bytes[at]!
    if (length >= 0xc0) {
      at = start + (((length & 0x3f) << 8) | bytes[at + 1]!)
      continue
    }
    scratch[to++] = length
    if (length === 0) return to
    for (const end = at + length; at < end; ) scratch[to++] = lowerCaseOctet(bytes[++at]!)
    at++
  }
}

/** Offset behind a name that may be compressed. */
function nameEnd(bytes: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    const length = bytes[at]!
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    at += length + 1
  }
}

/** The canonical order of RDATA (RFC 4034 §6.3): below 0 when `a` comes first, 0 when they are equal. */
export function compareRdata(a: Uint8Array, b: Uint8Array): number {
  const shorter = a.length < b.length ? a.length : b.length
  for (let i = 0; i < shorter; i++) {
    const order = a[i]! - b[i]!
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Brings records into canonical order where they stand, and takes out what is there twice. */
export function sortRecords(records: Uint8Array[]): void {
  if (records.length < 2) return
  records.sort(compareRdata)
  let kept = 1
  for (let i = 1; i < records.length; i++) {
    const record = records[i]!
    if (compareRdata(record, records[kept - 1]!) !== 0) records[kept++] = record
  }
  records.length = kept
}
