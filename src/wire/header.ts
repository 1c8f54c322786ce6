// The fixed 12-octet header of a DNS message (RFC 1035 §4.1.1).
// ID(2) flags(2) QDCOUNT(2) ANCOUNT(2) NSCOUNT(2) ARCOUNT(2), all big-endian.

export const HEADER_LENGTH = 12

/** The largest DNS message: what the 16-bit length of a stream frame can announce (RFC 7766 §8). */
export const MAX_MESSAGE_LENGTH = 65_535

/** Bits of the second 16-bit word (RFC 1035 §4.1.1, RFC 4035 §3.1.6 for AD, §3.2.2 for CD). */
export const Flag = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const

export const OPCODE_MASK = 0x7800
export const RCODE_MASK = 0x000f

export const Opcode = { Query: 0, IQuery: 1, Status: 2, Notify: 4, Update: 5, Dso: 6 } as const

/** Response codes (IANA DNS parameters); those above 15 need an OPT record to carry them. */
export const Rcode = {
  NoError: 0,
  FormErr: 1,
  ServFail: 2,
  NXDomain: 3,
  NotImp: 4,
  Refused: 5,
  YXDomain: 6,
  YXRRSet: 7,
  NXRRSet: 8,
  NotAuth: 9,
  NotZone: 10,
  DsoTypeNI: 11,
  BadVers: 16,
  BadCookie: 23,
} as const

/** Reads a big-endian 16-bit number. The caller must know that both octets are there. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!
}

/** Reads a big-endian unsigned 32-bit number. The caller must know that all four octets are there. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) |
      (bytes[offset + 1]! << 16) |
      (bytes[offset + 2]! << 8) |
      bytes[offset + 3]!) >>>
    0
  )
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8
  bytes[offset + 1] = value
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}
