// Late answers on their way back to the clients that wait for them.

import { copyOctets } from '../wire/copy.ts'
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, RCODE_MASK, Rcode } from '../wire/header.ts'
import type { Explanation } from './explain.ts'
import { emptyAnswer, type Finish } from './finish.ts'
import type { PipelineMetrics } from './metrics.ts'
import type { Waiter } from './resolution.ts'

export interface RepliesOptions {
  readonly finish: Finish
  readonly metrics: PipelineMetrics
}

/** Octets kept free behind an answer for what `Finish` appends: OPT and its options. */
const APPENDIX = 512

const NOTHING = new Uint8Array(0)

export class Replies {
  readonly #options: RepliesOptions
  /** Where answers are cut to size that are larger than what their client takes. */
  readonly #scratch = new Uint8Array(MAX_MESSAGE_LENGTH + APPENDIX)

  constructor(options: RepliesOptions) {
    this.#options = options
  }

  /** Sends an answer as the cache keeps it. @param passing EDNS options that go on with it */
  send(
    waiter: Waiter,
    bytes: Uint8Array,
    length: number,
    extendedError: number,
    passing: Uint8Array,
  ): void {
    const { finish, metrics } = this.#options
    const { query, path, transport } = waiter
    const rcode = bytes[3]! & RCODE_MASK
    const limit = finish.limit(query, transport)
    const room = Math.min(limit, length + APPENDIX + passing.length)
    if (!path.reserve(room)) {
      path.commit(0)
      return
    }
    const { buffer, offset } = path
    const inPlace = length <= room
    const out = inPlace ? buffer : this.#scratch
    const start = inPlace ? offset : 0
    copyOctets(bytes, 0, out, start, length)
    const finished = finish.apply(
      out,
      start,
      length,
      query,
      transport,
      rcode,
      extendedError,
      NOTHING,
      passing,
    )
    if (!inPlace) copyOctets(out, 0, buffer, offset, finished)
    path.commit(finished)
    metrics.answered(rcode)
  }

  /** Sends SERVFAIL with an explanation. */
  fail(waiter: Waiter, { code, text }: Explanation): void {
    const { finish, metrics } = this.#options
    const { query, path, transport } = waiter
    if (!path.reserve(HEADER_LENGTH + query.nameLength + 4 + APPENDIX)) {
      path.commit(0)
      return
    }
    const { buffer, offset } = path
    const length = emptyAnswer(buffer, offset, query)
    path.commit(finish.apply(buffer, offset, length, query, transport, Rcode.ServFail, code, text))
    metrics.answered(Rcode.ServFail)
  }
}
