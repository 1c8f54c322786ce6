// Whether RDATA has the shape that its type demands, for the types whose RDATA may hold compressed
// names (RFC 3597 §4) or has a fixed length. All others are opaque here: they pass byte for byte.

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
    case RecordType.SRV:
      return end - at >= 7 && skipName(bytes, start, at + 6, end) === end
    case RecordType.SOA: {
      const mname = skipName(bytes, start, at, end)
      if (mname === -1) return false
      const rname = skipName(bytes, start, mname, end)
      return rname !== -1 && end - rname === 20
    }
    case RecordType.TXT:
      return checkCharacterStrings(bytes, at, end)
    default:
      return true
  }
}

/** One or more length-prefixed strings that fill the RDATA exactly (RFC 1035 §3.3.14). */
function checkCharacterStrings(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from
  do {
    if (at >= end) return false
    at += bytes[at]! + 1
  } while (at < end)
  return at === end
}
