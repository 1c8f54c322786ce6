// DNS cookies (RFC 7873) as interoperable servers make them (RFC 9018): a client that shows a cookie
// which we once sent to its address is no forger. Nothing is kept for any client.
//
// The option's data: client cookie(8), then our server cookie(16): version(1) = 1, reserved(3),
// seconds since 1970(4), SipHash-2-4(8) over client cookie, version, reserved, seconds and address.

import { copyOctets } from '../wire/copy.ts'
import { SipHash } from '../wire/sip-hash.ts'
import type { CookieSecrets } from './cookie-secrets.ts'
import { KnownCookies } from './known-cookies.ts'

export const CookieState = {
  /** The query had none. */
  None: 0,
  /** It had a client cookie: this client has none of ours yet. */
  ClientOnly: 1,
  /** One that we made for this address not long ago. */
  Good: 2,
  /** Good as well, but the client gets a new one in its place. */
  Renewed: 3,
  /** A server cookie that we did not make, or not for this client, or too long ago. */
  Bad: 4,
  /** Of no length that the option may have (RFC 7873 §5.2.2). */
  Malformed: 5,
} as const
export type CookieState = (typeof CookieState)[keyof typeof CookieState]

const CLIENT_COOKIE_LENGTH = 8
const MIN_COOKIE_LENGTH = 16
const MAX_COOKIE_LENGTH = 40

/** Octets of a whole option's data as we write it. */
export const COOKIE_LENGTH = 24

const VERSION = 1

/** Seconds that a cookie is good for, renewed after, and may come from the future (RFC 9018 §4.3). */
const LIFETIME = 3_600
const RENEW_AFTER = 1_800
const MAX_SKEW = 300

/** What is hashed: client cookie, version and reserved, seconds; then the address. */
const FIXED_WORDS = 4
const VERSION_WORD = 2
const SECONDS_WORD = 3

export class Cookies {
  /** The option's data for the answer to the query checked last, unless that was good or malformed. */
  readonly fresh = new Uint8Array(COOKIE_LENGTH)
  readonly #secrets: CookieSecrets
  readonly #hash = new SipHash()
  readonly #known = new KnownCookies()
  readonly #words = new Int32Array(FIXED_WORDS + 6)
  readonly #octets = new Uint8Array(this.#words.buffer)
  /** Words of the message as it is hashed: of two lengths, one for each family. */
  #count = 0

  constructor(secrets: CookieSecrets) {
    this.#secrets = secrets
  }

  /**
   * Judges the COOKIE option of a query, and makes that of its answer: a good one goes back as it
   * came, any other has `fresh` in its place. Allocates nothing.
   *
   * @param bytes hold the option's data: `length` octets at `start`, at least one
   * @param client holds the client's address, 4 or 16 octets at `clientOffset`
   * @param now seconds since 1970
   */
  check(
    bytes: Uint8Array,
    start: number,
    length: number,
    client: Uint8Array,
    clientOffset: number,
    family: 4 | 6,
    now: number,
  ): CookieState {
    if (length !== CLIENT_COOKIE_LENGTH && length < MIN_COOKIE_LENGTH) return CookieState.Malformed
    if (length > MAX_COOKIE_LENGTH) return CookieState.Malformed
    this.#prepare(bytes, start, client, clientOffset, family)
    const state = this.#secrets.state()
    let verdict: CookieState = CookieState.ClientOnly
    if (length > CLIENT_COOKIE_LENGTH) verdict = this.#verify(bytes, start, length, state, now)
    if (verdict !== CookieState.Good) this.#make(state, now)
    return verdict
  }

  #prepare(
    bytes: Uint8Array,
    start: number,
    client: Uint8Array,
    clientOffset: number,
    family: 4 | 6,
  ): void {
    const words = this.#words
    words[0] = readWord(bytes, start)
    words[1] = readWord(bytes, start + 4)
    words[FIXED_WORDS] = readWord(client, clientOffset)
    let end = FIXED_WORDS + 1
    if (family === 6) {
      words[end] = readWord(client, clientOffset + 4)
      words[end + 1] = readWord(client, clientOffset + 8)
      words[end + 2] = readWord(client, clientOffset + 12)
      // The message fills its words, so that its length stands in two more.
      words[end + 3] = 0
      end += 4
    }
    words[end] = (family === 4 ? 20 : 32) << 24
    this.#count = end + 1
  }

  #verify(
    bytes: Uint8Array,
    start: number,
    length: number,
    state: number,
    now: number,
  ): CookieState {
    const server = start + CLIENT_COOKIE_LENGTH
    if (length !== COOKIE_LENGTH || bytes[server] !== VERSION) return CookieState.Bad
    const written = readWord(bytes, server + 4)
    // Serial number arithmetic (RFC 1982 §3.2), for 32 bits come to their end in 2106.
    const age = (now - swapOctets(written)) | 0
    if (age > LIFETIME || age < -MAX_SKEW) return CookieState.Bad
    // The reserved octets count as they came (RFC 9018 §4.2).
    this.#words[VERSION_WORD] = readWord(bytes, server)
    this.#words[SECONDS_WORD] = written
    const low = readWord(bytes, server + 8)
    const high = readWord(bytes, server + 12)
    const known = this.#known
    // No secret comes back to a state while a cookie made with another one there is young enough.
    if (known.has(state, low, high, this.#words, this.#count)) return goodAt(age)
    const secrets = this.#secrets
    const hash = this.#hash
    const count = secrets.countOf(state)
    for (let past = 0; past < count; past++) {
      hash.take(this.#words, this.#count, secrets.words, secrets.keyAt(state, past))
      // Both halves in one comparison: how long it takes does not tell which was wrong.
      if (((hash.low ^ low) | (hash.high ^ high)) !== 0) continue
      if (past !== 0) return CookieState.Renewed
      known.add(state, low, high, this.#words, this.#count)
      return goodAt(age)
    }
    return CookieState.Bad
  }

  #make(state: number, now: number): void {
    const words = this.#words
    const { fresh } = this
    const secrets = this.#secrets
    const hash = this.#hash
    words[VERSION_WORD] = VERSION
    words[SECONDS_WORD] = swapOctets(now)
    hash.take(words, this.#count, secrets.words, secrets.keyAt(state, 0))
    copyOctets(this.#octets, 0, fresh, 0, COOKIE_LENGTH - 8)
    writeWord(fresh, COOKIE_LENGTH - 8, hash.low)
    writeWord(fresh, COOKIE_LENGTH - 4, hash.high)
  }
}

/** @param age seconds since a cookie was made with the current secret */
function goodAt(age: number): CookieState {
  return age <= RENEW_AFTER ? CookieState.Good : CookieState.Renewed
}

/** Four octets as SipHash takes them: the first is the lowest. */
function readWord(bytes: Uint8Array, offset: number): number {
  return (
    bytes[offset]! |
    (bytes[offset + 1]! << 8) |
    (bytes[offset + 2]! << 16) |
    (bytes[offset + 3]! << 24)
  )
}

/** Turns a number in network order into a word, and back. */
function swapOctets(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

function writeWord(bytes: Uint8Array, offset: number, word: number): void {
  bytes[offset] = word
  bytes[offset + 1] = word >>> 8
  bytes[offset + 2] = word >>> 16
  bytes[offset + 3] = word >>> 24
}
