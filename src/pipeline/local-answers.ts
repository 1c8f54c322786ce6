import type { QueryScan } from '../wire/query-scan.ts'

/**
 * Names that this program answers itself and never forwards, such as resolver.arpa (RFC 9462 §6.1).
 * Asked about what the cache does not have, so that it costs a cached query nothing.
 */
export interface LocalAnswers {
  /**
   * Writes a whole answer, header and question first, without OPT: `Finish` adds that, the ID and
   * the header's other bits. Its response code is the header's own.
   *
   * @param outStart where in `out` it goes; there is room for `MAX_LOCAL_ANSWER` octets
   * @returns octets of the answer; 0 when the name is none of ours
   */
  answer(query: QueryScan, out: Uint8Array, outStart: number): number
}

/** Octets of a local answer at the most: what a listener of any transport has room for. */
export const MAX_LOCAL_ANSWER = 1_232
