// The Huffman code of HPACK (RFC 7541 §5.2, Appendix B), decoded four bits at a time.

// The code is canonical: codes of one length are consecutive, in the order of their symbols. So the
// lengths, for each of the 256 octets and EOS, say all that Appendix B says.
export const CODE_LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
]

const EOS = 256
const LONGEST = 30

/** A step's outcome: the next node in the low octet, then what was found on the way. */
const EMITS = 0x100
const FAILS = 0x200
const SYMBOL_SHIFT = 16

/** One step for each inner node of the code's tree and each value of four bits. */
const STEPS = new Int32Array(256 * 16)

/** Nodes where a text may end: what is left of its last octet is ones, and fewer than eight (§5.2). */
const MAY_END = new Uint8Array(256)

buildSteps()

/**
 * Decodes the octets from `start` to `end` into `out` from `outStart` on, where there must be room
 * for 8 octets for each 5.
 *
 * @returns where what was written ends; -1 for a code or padding that cannot be (RFC 7541 §5.2)
 */
export function decodeHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  outStart: number,
): number {
  let node = 0
  let length = outStart
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!
    const high = STEPS[(node << 4) | (octet >> 4)]!
    if ((high & EMITS) !== 0) out[length++] = high >> SYMBOL_SHIFT
    const low = STEPS[((high & 0xff) << 4) | (octet & 15)]!
    if ((low & EMITS) !== 0) out[length++] = low >> SYMBOL_SHIFT
    if (((high | low) & FAILS) !== 0) return -1
    node = low & 0xff
  }
  return MAY_END[node] === 1 ? length : -1
}

/** A child is the number of an inner node; or, below zero, a symbol: -1 - symbol. */
function buildTree(): Int32Array {
  const children = new Int32Array(256 * 2)
  let nodes = 1
  let code = 0
  for (let length = 1; length <= LONGEST; length++) {
    code <<= 1
    for (let symbol = 0; symbol <= EOS; symbol++) {
      if (CODE_LENGTHS[symbol] !== length) continue
      let node = 0
      for (let bit = length - 1; bit > 0; bit--) {
        const child = (node << 1) | ((code >> bit) & 1)
        if (children[child] === 0) children[child] = nodes++
        node = children[child]!
      }
      children[(node << 1) | (code & 1)] = -1 - symbol
      code++
    }
  }
  return children
}

function buildSteps(): void {
  const children = buildTree()
  for (let node = 0; node < 256; node++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      STEPS[(node << 4) | nibble] = step(children, node, nibble)
    }
  }
  for (let node = 0, ones = 0; ones < 8; ones++) {
    MAY_END[node] = 1
    node = children[(node << 1) | 1]!
  }
}

/** No code is shorter than five bits, so four pass at most one symbol. */
function step(children: Int32Array, from: number, nibble: number): number {
  let node = from
  let found = 0
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[(node << 1) | ((nibble >> bit) & 1)]!
    if (child >= 0) {
      node = child
    } else {
      const symbol = -1 - child
      if (symbol === EOS) return FAILS
      found = EMITS | (symbol << SYMBOL_SHIFT)
      node = 0
    }
  }
  return found | node
}
