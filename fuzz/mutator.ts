// Seeded changes to octets, of the sorts that parsers stumble over.

export interface Mutator {
  /** A whole number from 0 up to, not including, `limit`. */
  readonly below: (limit: number) => number
  /** A changed copy: one to four changes. */
  readonly octets: (bytes: Uint8Array) => Uint8Array
}

/** Octets that mean something to a parser of messages or of text. */
const TELLING = [0, 1, 12, 63, 64, 127, 128, 191, 192, 255, ...Buffer.from('\n"\\;(). @$')]

export function mutator(seed: number): Mutator {
  const below = random(seed)
  return {
    below,
    octets: (bytes) => {
      let mutant = Uint8Array.from(bytes)
      for (let changes = 1 + below(4); changes > 0; changes--) mutant = change(mutant, below)
      return mutant
    },
  }
}

function change(bytes: Uint8Array<ArrayBuffer>, below: Mutator['below']): Uint8Array<ArrayBuffer> {
  const at = below(bytes.length + 1)
  const length = 1 + below(8)
  switch (below(6)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length))
    case 2:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length)))
    case 3:
      // A pointer to somewhere: forwards, backwards, to itself.
      return overwritten(bytes, at, [0xc0 | below(2), below(256)])
    case 4:
      return overwritten(bytes, at, [TELLING[below(TELLING.length)]!])
    default:
      return overwritten(bytes, at, [below(256)])
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}

function overwritten(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  octets: readonly number[],
): Uint8Array<ArrayBuffer> {
  for (const [i, octet] of octets.entries()) {
    if (at + i < bytes.length) bytes[at + i] = octet
  }
  return bytes
}

/** Marsaglia's xorshift with 32 bits of state: small, seeded, good enough to choose changes with. */
function random(seed: number): Mutator['below'] {
  let state = seed >>> 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % limit
  }
}
