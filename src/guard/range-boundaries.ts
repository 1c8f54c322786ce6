// Nested prefixes flattened: the addresses at which the verdict of the longest prefix flips.

import type { Prefix } from '../wire/text/prefix.ts'

export interface Range extends Prefix {
  readonly allow: boolean
}

interface Span {
  readonly start: bigint
  /** The address behind the last one. */
  readonly end: bigint
  readonly allow: boolean
}

/**
 * All boundaries in rising order, each as `width` words of 32 bits, the upper first. The first is
 * address 0, where the verdict is "denied"; each further one flips it. So two boundaries at 0 stand
 * for "allowed from the start".
 */
export function boundariesOf(
  ranges: readonly Range[],
  width: number,
  fallback: boolean,
): readonly number[] {
  const whole: Span = { start: 0n, end: 1n << BigInt(32 * width), allow: fallback }
  const flips = new Flips(whole.end)
  flips.set(0n, fallback)
  // The spans that hold the current address, the longest prefix on top.
  const open = [whole]
  const leave = () => {
    const left = open.pop()!
    if (open.length > 0) flips.set(left.end, open.at(-1)!.allow)
  }
  for (const span of spansOf(ranges, width)) {
    while (open.at(-1)!.end <= span.start) leave()
    flips.set(span.start, span.allow)
    open.push(span)
  }
  while (open.length > 0) leave()
  return flips.starts.flatMap((start) => wordsOf(start, width))
}

/** Outer spans before inner ones; of equal ones the denying last, so that it wins. */
function spansOf(ranges: readonly Range[], width: number): Span[] {
  return ranges
    .map(({ address, bits, allow }) => {
      const start = BigInt(`0x${Buffer.from(address).toString('hex')}`)
      return { start, end: start + (1n << BigInt(32 * width - bits)), allow }
    })
    .sort(
      (a, b) => order(a.start, b.start) || order(b.end, a.end) || Number(b.allow) - Number(a.allow),
    )
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function wordsOf(address: bigint, width: number): number[] {
  const words: number[] = []
  for (let index = width - 1; index >= 0; index--) {
    words.push(Number(BigInt.asUintN(32, address >> BigInt(32 * index))))
  }
  return words
}

class Flips {
  readonly starts = [0n]
  readonly #end: bigint

  constructor(end: bigint) {
    this.#end = end
  }

  /** Gives the verdict from an address on; addresses never fall. */
  set(from: bigint, allow: boolean): void {
    const current = this.starts.length % 2 === 0
    if (allow === current || from === this.#end) return
    // Two flips at one address are none.
    if (this.starts.length > 1 && this.starts.at(-1) === from) this.starts.pop()
    else this.starts.push(from)
  }
}
