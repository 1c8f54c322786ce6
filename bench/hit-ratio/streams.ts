// Streams of queries as clients make them: few names often, many names seldom.

/** Numbers from 0 to below 1, the same each time (Marsaglia 2003, xorshift). */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/**
 * Names by Zipf's law: the name of rank r comes 1/r^exponent as often as the first.
 * @returns ranks from 0
 */
export function zipfStream(queries: number, names: number, exponent: number): Uint32Array {
  const sums = new Float64Array(names)
  let sum = 0
  for (let rank = 0; rank < names; rank++) {
    sum += 1 / (rank + 1) ** exponent
    sums[rank] = sum
  }
  const random = dice(0x2545f491)
  return new Uint32Array(queries).map(() => firstAbove(sums, random() * sum))
}

/**
 * The same with scans in it: now and then somebody asks for a long row of names that nobody asks
 * for again.
 * @param share of all queries that belong to scans
 * @param names in the stream; those of scans have higher numbers
 */
export function withScans(
  stream: Uint32Array,
  names: number,
  share: number,
  length: number,
): Uint32Array {
  const scanned = new Uint32Array(Math.floor(stream.length / (1 - share)))
  const period = Math.floor(length / share)
  let from = 0
  let fresh = names
  for (let at = 0; at < scanned.length; at++) {
    const inScan = at % period >= period - length
    scanned[at] = inScan ? fresh++ : stream[from++ % stream.length]!
  }
  return scanned
}

function firstAbove(sums: Float64Array, value: number): number {
  let low = 0
  let high = sums.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sums[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
