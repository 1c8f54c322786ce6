// Frames on their way out (RFC 9113 §6). They leave at the end of the turn, together.

import {
  type ErrorCode,
  Flag,
  FRAME_HEADER_LENGTH,
  FrameType,
  MAX_FRAME_LENGTH,
} from './protocol.ts'

/** Where octets are gathered until they are written; see HttpSocket. */
export interface OctetSink {
  readonly out: Uint8Array
  /** @returns where in `out` there is room, -1 when nothing can be sent any more */
  reserve(size: number): number
  /** @param end behind the last octet written to `out` */
  commit(end: number): void
}

export class Output {
  readonly #sink: OctetSink

  constructor(sink: OctetSink) {
    this.#sink = sink
  }

  /**
   * Makes room for a field section of unknown length, and for the body behind it.
   * @returns where in `out` the section goes, to be followed by `endHeaders`; -1 for nowhere
   */
  beginHeaders(room: number): number {
    const at = this.#sink.reserve(room + 2 * FRAME_HEADER_LENGTH)
    return at === -1 ? -1 : at + FRAME_HEADER_LENGTH
  }

  get out(): Uint8Array {
    return this.#sink.out
  }

  /** @param start what `beginHeaders` returned */
  endHeaders(streamId: number, start: number, end: number): void {
    const at = start - FRAME_HEADER_LENGTH
    writeHeader(this.#sink.out, at, end - start, FrameType.Headers, Flag.EndHeaders, streamId)
    this.#sink.commit(end)
  }

  /** Octets as the body of an answer, or as a part of one, in as many frames as it takes. */
  data(streamId: number, bytes: Uint8Array, start: number, end: number, last: boolean): void {
    for (let at = start; at < end; at += MAX_FRAME_LENGTH) {
      const length = Math.min(end - at, MAX_FRAME_LENGTH)
      const flags = last && at + length === end ? Flag.EndStream : 0
      const payload = this.#frame(length, FrameType.Data, flags, streamId)
      if (payload === -1) return
      copy(bytes, at, length, this.#sink.out, payload)
      this.#sink.commit(payload + length)
    }
  }

  reset(streamId: number, code: ErrorCode): void {
    this.#number(FrameType.RstStream, streamId, code)
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#number(FrameType.WindowUpdate, streamId, increment)
  }

  /** @param settings pairs of identifier and value (§6.5.1) */
  settings(settings: readonly (readonly [id: number, value: number])[]): void {
    let at = this.#frame(6 * settings.length, FrameType.Settings, 0, 0)
    if (at === -1) return
    const { out } = this.#sink
    for (const [id, value] of settings) {
      out[at] = id >> 8
      out[at + 1] = id
      writeUint32(out, at + 2, value)
      at += 6
    }
    this.#sink.commit(at)
  }

  settingsAck(): void {
    const at = this.#frame(0, FrameType.Settings, Flag.Ack, 0)
    if (at !== -1) this.#sink.commit(at)
  }

  /** @param start where the eight octets lie that the client sent */
  pingAck(bytes: Uint8Array, start: number): void {
    const at = this.#frame(8, FrameType.Ping, Flag.Ack, 0)
    if (at === -1) return
    copy(bytes, start, 8, this.#sink.out, at)
    this.#sink.commit(at + 8)
  }

  goaway(lastStreamId: number, code: ErrorCode): void {
    const at = this.#frame(8, FrameType.Goaway, 0, 0)
    if (at === -1) return
    writeUint32(this.#sink.out, at, lastStreamId)
    writeUint32(this.#sink.out, at + 4, code)
    this.#sink.commit(at + 8)
  }

  /** A frame that is one number. */
  #number(type: FrameType, streamId: number, value: number): void {
    const at = this.#frame(4, type, 0, streamId)
    if (at === -1) return
    writeUint32(this.#sink.out, at, value)
    this.#sink.commit(at + 4)
  }

  /** @returns where its payload belongs, to be followed by `commit`; -1 for nowhere */
  #frame(length: number, type: FrameType, flags: number, streamId: number): number {
    const at = this.#sink.reserve(FRAME_HEADER_LENGTH + length)
    if (at === -1) return -1
    writeHeader(this.#sink.out, at, length, type, flags, streamId)
    return at + FRAME_HEADER_LENGTH
  }
}

function writeHeader(
  out: Uint8Array,
  at: number,
  length: number,
  type: FrameType,
  flags: number,
  streamId: number,
): void {
  out[at] = length >> 16
  out[at + 1] = length >> 8
  out[at + 2] = length
  out[at + 3] = type
  out[at + 4] = flags
  writeUint32(out, at + 5, streamId)
}

function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
}

/** Most answers are short, and a loop is cheaper for them than a view to copy from. */
const SHORT = 64

function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > SHORT) to.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
}
