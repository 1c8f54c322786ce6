// A request's header fields as far as they matter here, gathered one by one in the order in which they
// come, and the rules for them (RFC 9113 §8.2, §8.3). One instance serves all connections.

import { Method } from '../doh.ts'
import { BAD_VALUE, Field } from './field.ts'

/** What is taken of a field section, as `SETTINGS_MAX_HEADER_LIST_SIZE` counts it (§6.5.2). */
export const MAX_HEADER_LIST = 16_384

const NONE = new Uint8Array(0)

export class RequestHead {
  /** Octets of names and values and 32 for each field. */
  listSize = 0
  /** Whether the rules are broken; then nothing else counts. */
  malformed = false
  method: Method = Method.Other
  /** Path and query lie in `path` from `pathStart` to `pathEnd`. */
  path: Uint8Array = NONE
  pathStart = 0
  pathEnd = 0
  /** Whether `content-type` names DNS messages. */
  dnsMessage = false
  /** What `content-length` says; -1 without one. */
  contentLength = -1
  /** One bit for each kind of field that has come. */
  #seen = 0

  /** Whether there is more than we take. */
  get tooLarge(): boolean {
    return this.listSize > MAX_HEADER_LIST
  }

  clear(): void {
    this.listSize = 0
    this.malformed = false
    this.method = Method.Other
    this.path = NONE
    this.pathStart = 0
    this.pathEnd = 0
    this.dnsMessage = false
    this.contentLength = -1
    this.#seen = 0
  }

  /**
   * Takes one field.
   * @param meaning see `meaningOf`
   * @param size octets of name and value, with overhead
   * @param bytes holds the value from `start` to `end`, for a path only
   */
  add(
    field: Field,
    meaning: number,
    size: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.listSize += size
    const seen = this.#seen
    if (field === Field.Forbidden || meaning === BAD_VALUE) this.malformed = true
    if (field === Field.Other) {
      this.#seen = seen | REGULAR_SEEN
      return
    }
    const bit = 1 << field
    const pseudo = field <= Field.Authority
    // Each at most once, and none with a colon behind one without (§8.3).
    if ((seen & (pseudo ? bit | REGULAR_SEEN : bit & ~TE)) !== 0) this.malformed = true
    this.#seen = seen | (pseudo ? bit : bit | REGULAR_SEEN)
    if (field === Field.Path) {
      this.path = bytes
      this.pathStart = start
      this.pathEnd = end
    } else if (field === Field.Method) this.method = meaning as Method
    else if (field === Field.ContentType) this.dnsMessage = meaning === 1
    else if (field === Field.ContentLength) this.contentLength = meaning
  }

  /** Whether this can be a request: the three fields are there that each must have (§8.3.1). */
  get isRequest(): boolean {
    return !this.malformed && (this.#seen & NEEDED) === NEEDED
  }

  /** Whether this can be what follows a body: nothing with a colon in it (§8.1). */
  get isTrailers(): boolean {
    return !this.malformed && (this.#seen & PSEUDO) === 0
  }
}

const TE = 1 << Field.Te
const NEEDED = (1 << Field.Method) | (1 << Field.Path) | (1 << Field.Scheme)
const PSEUDO = NEEDED | (1 << Field.Authority)
const REGULAR_SEEN = 1 << 16
