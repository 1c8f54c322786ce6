// Cookies that were found good lately, so that the next query of the same client need not be hashed:
// resolvers and stubs show one cookie for half an hour. Nothing counts on a cookie being here, and one
// takes the place of another at will: the place is told by the cookie itself.

/** A record is one cache line: state of the secrets, the hash's halves, and up to 13 words. */
const RECORD_WORDS = 16
const STATE = 0
const LOW = 1
const HIGH = 2
const MESSAGE = 3

/** States of the secrets are below. */
const COUNT_SHIFT = 16

/** 16 KiB: what stays in the processor's nearest caches beside all else. */
const RECORDS = 256

export class KnownCookies {
  readonly #records = new Int32Array(RECORDS * RECORD_WORDS)

  /**
   * Whether these very words came to this hash under the current secret of `state`. Takes the same
   * time whatever differs.
   * @param state of `CookieSecrets`, never 0
   * @param words what is hashed: `count` of them, up to 13
   */
  has(state: number, low: number, high: number, words: Int32Array, count: number): boolean {
    const records = this.#records
    const at = placeOf(low)
    let different =
      (records[at + STATE]! ^ marked(state, count)) |
      (records[at + LOW]! ^ low) |
      (records[at + HIGH]! ^ high)
    for (let i = 0; i < count; i++) different |= records[at + MESSAGE + i]! ^ words[i]!
    return different === 0
  }

  add(state: number, low: number, high: number, words: Int32Array, count: number): void {
    const records = this.#records
    const at = placeOf(low)
    records[at + STATE] = marked(state, count)
    records[at + LOW] = low
    records[at + HIGH] = high
    for (let i = 0; i < count; i++) records[at + MESSAGE + i] = words[i]!
  }
}

/** With the count, or the beginning of a cookie for an IPv6 address could pass for one of IPv4. */
function marked(state: number, count: number): number {
  return state ^ (count << COUNT_SHIFT)
}

function placeOf(low: number): number {
  return (low & (RECORDS - 1)) * RECORD_WORDS
}
