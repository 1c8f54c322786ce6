// The list of record types in NSEC, NSEC3 and CSYNC: for each window of 256 types that has any,
// window(1) length(1) and up to 32 octets of bits, the first bit the lowest type (RFC 4034 §4.1.2).

import type { OctetReader } from './octet-reader.ts'
import type { OctetWriter } from './octet-writer.ts'

const MAX_WINDOW_LENGTH = 32

/** Reads types in ascending order; windows out of order or with zeros at their end are malformed. */
export function readTypeBitmap(reader: OctetReader): number[] {
  const types: number[] = []
  let previous = -1
  while (reader.left > 0) {
    const window = reader.uint8()
    const octets = reader.counted()
    const fits = octets.length > 0 && octets.length <= MAX_WINDOW_LENGTH && octets.at(-1) !== 0
    if (window <= previous || !fits) {
      reader.fail()
      return []
    }
    previous = window
    for (let bit = 0; bit < octets.length * 8; bit++) {
      if ((octets[bit >>> 3]! & (0x80 >>> (bit & 7))) !== 0) types.push(window * 256 + bit)
    }
  }
  return types
}

/** @param types in ascending order, each once */
export function writeTypeBitmap(writer: OctetWriter, types: readonly number[]): void {
  const octets = new Uint8Array(MAX_WINDOW_LENGTH)
  for (let i = 0; i < types.length; ) {
    const window = types[i]! >>> 8
    let last = 0
    octets.fill(0)
    for (; i < types.length && types[i]! >>> 8 === window; i++) {
      last = types[i]! & 0xff
      octets[last >>> 3]! |= 0x80 >>> (last & 7)
    }
    writer.uint8(window)
    writer.counted(octets.subarray(0, (last >>> 3) + 1))
  }
}
