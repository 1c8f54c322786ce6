/** Up to here a loop beats TypedArray.set, which needs a view of the source and a call out of JS. */
const LOOP_LENGTH = 192

/** Copies octets between two arrays; nothing is allocated for the short messages that DNS is made of. */
export function copyOctets(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  if (length <= LOOP_LENGTH) {
    for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i]!
  } else {
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset)
  }
}
