// Whether RDATA has the form that its type demands, so that nobody behind us meets what cannot be
// read: refused is what a reader of that type would trip over. All that is not known passes byte
// for byte: types without a row here (RFC 3597 §3), keys of SVCB, versions of LOC, gateways of
// IPSECKEY that came later; and so does what can be read but makes no sense: algorithms, digests,
// flags, a key that another one calls mandatory.

import { layouts } from './codec/rdata-layout.ts'
import {
  addressPrefixes,
  atLeast,
  hostIdentity,
  ipsecKey,
  location,
  octets,
  type Step,
  steps,
  string,
  strings,
} from './rdata-steps.ts'
import { skipName } from './name.ts'
import { RecordType } from './record-type.ts'

/**
 * @param start offset of the message's first octet
 * @param at offset of the RDATA's first octet
 * @param end offset behind the RDATA, inside the message
 */
export function checkRdata(
  bytes: Uint8Array,
  start: number,
  type: number,
  at: number,
  end: number,
): boolean {
  switch (type) {
    case RecordType.A:
      return end - at === 4
    case RecordType.AAAA:
      return end - at === 16
    case RecordType.NS:
    case RecordType.CNAME:
    case RecordType.PTR:
    case RecordType.DNAME:
      return skipName(bytes, start, at, end) === end
    case RecordType.MX:
      return end - at >= 3 && skipName(bytes, start, at + 2, end) === end
    case RecordType.SOA: {
      const mname = skipName(bytes, start, at, end)
      if (mname === -1) return false
      const rname = skipName(bytes, start, mname, end)
      return rname !== -1 && end - rname === 20
    }
    case RecordType.TXT:
      return strings(bytes, start, at, end) === end
    default:
      return type > LAST_SHAPED || checkShape(bytes, start, type, at, end)
  }
}

function checkShape(
  bytes: Uint8Array,
  start: number,
  type: number,
  from: number,
  end: number,
): boolean {
  const shape = shapes[type]
  if (shape === undefined) return true
  let at = from
  for (let i = 0; i < shape.length; i++) {
    at = shape[i]!(bytes, start, at, end)
    if (at === -1) return false
  }
  if (at !== end) return false
  switch (type) {
    // A digest of the wrong length fits no key (RFC 4034 §5.2): that is for validation to say.
    case RecordType.DS:
    case RecordType.CDS:
      return end - from > 4
    case RecordType.SSHFP:
      return fingerprintFits(bytes[from + 1]!, end - from - 2)
    default:
      return true
  }
}

/** Octets of fingerprints (RFC 4255 §3.1.2, RFC 6594 §4). */
function fingerprintFits(kind: number, length: number): boolean {
  if (kind === 1) return length === 20
  if (kind === 2) return length === 32
  return length > 0
}

/** What the last field holds is what the record is for: it must not be empty. */
const filledAtEnd: ReadonlySet<number> = new Set([
  RecordType.DS,
  RecordType.CDS,
  RecordType.SSHFP,
  RecordType.RRSIG,
  RecordType.DNSKEY,
  RecordType.CDNSKEY,
  RecordType.URI,
])

/** Types that rdata-layout.ts has no row for, as they are never shown to people field by field. */
const opaqueInText: readonly (readonly [type: number, shape: readonly Step[]])[] = [
  // RFC 1183 §3: X25 and ISDN
  [19, [string]],
  [20, [strings]],
  // RFC 1706 §5 and §6
  [22, [atLeast(1)]],
  [23, [steps.exactName]],
  // RFC 2535 §4.1 and §5.2, their names never compressed: nobody sends them any more
  [RecordType.SIG, [octets(18), steps.exactName, atLeast(1)]],
  [30, [steps.exactName, atLeast(0)]],
  [RecordType.KEY, [octets(4), atLeast(0)]],
  // RFC 1712 §3: GPOS
  [27, [string, string, string]],
  [RecordType.LOC, [location]],
  // RFC 4398 §2
  [RecordType.CERT, [octets(5), atLeast(0)]],
  [RecordType.APL, [addressPrefixes]],
  [RecordType.IPSECKEY, [ipsecKey]],
  [RecordType.HIP, [hostIdentity]],
  // RFC 6742 §2: NID, L32, L64 and LP
  [104, [octets(10)]],
  [105, [octets(6)]],
  [106, [octets(10)]],
  [107, [octets(2), steps.exactName]],
  // RFC 7043 §3 and §4
  [RecordType.EUI48, [octets(6)]],
  [RecordType.EUI64, [octets(8)]],
]

/** The largest type that has a shape. */
const LAST_SHAPED = RecordType.CAA

const shapes: readonly (readonly Step[] | undefined)[] = makeShapes()

function makeShapes(): (readonly Step[] | undefined)[] {
  const byType = new Map(opaqueInText)
  for (const [name, layout] of Object.entries(layouts)) {
    const type = RecordType[name as keyof typeof layouts]
    const shape = Object.values(layout).map((kind) => steps[kind])
    if (filledAtEnd.has(type)) shape.splice(-1, 1, atLeast(1))
    byType.set(type, shape)
  }
  return Array.from({ length: LAST_SHAPED + 1 }, (_, type) => byType.get(type))
}
