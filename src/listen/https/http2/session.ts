// DoH over HTTP/2 on one connection (RFC 8484, RFC 9113): what its frames mean for the connection as
// a whole. Requests are the business of requests.ts.
//
// A broken rule costs its stream (RST_STREAM) or the connection (GOAWAY, after which nothing more is
// read). A client that breaks none, but does what leads nowhere too often, loses the connection too:
// see patience.ts.
//
// What a session holds is bounded: one frame and one field block of 16 KiB each, the state of HPACK
// (2 KiB, and 8 KiB when paths are kept), 128 KiB of bodies, and an object of some 200 octets for
// each request under way. Answers that wait for the client count as unread.

import { CloseReason } from '../../stream/metrics.ts'
import type { HttpProtocol, HttpSocket } from '../http-socket.ts'
import { FieldBlock } from './field-block.ts'
import { FrameReader, readUint31 } from './frame-reader.ts'
import { createHpackScratch } from './hpack-decoder.ts'
import { Output } from './output.ts'
import { Cost, Patience } from './patience.ts'
import { PeerSettings, SETTING_LENGTH } from './peer-settings.ts'
import { ErrorCode, Flag, FrameType, Setting } from './protocol.ts'
import { MAX_HEADER_LIST, RequestHead } from './request-head.ts'
import { Requests } from './requests.ts'

/** What a session needs of its connection. */
export type SessionSocket = Pick<
  HttpSocket,
  | 'context'
  | 'out'
  | 'reserve'
  | 'commit'
  | 'underWay'
  | 'hasRoom'
  | 'isInTurn'
  | 'spend'
  | 'isWritable'
  | 'ask'
  | 'noteRequest'
  | 'queueFlush'
  | 'pause'
  | 'drain'
>

/** Makes the sessions of one listener, which share what is needed for one request at a time. */
export function http2Sessions(): (socket: SessionSocket) => Session {
  const head = new RequestHead()
  const scratch = createHpackScratch()
  return (socket) => new Session(socket, head, scratch)
}

/** Octets of DATA after which the client may send as many again (RFC 9113 §6.9.1). */
const CREDIT_STEP = 32_768

/** Octets of a frame take as long as a query: 512, if they are coded as badly as can be. */
const COST_SHIFT = 9

/** Octets of a dependency and its weight (§6.3). */
const PRIORITY_LENGTH = 5

/** Octets of the last stream and the error (§6.8), with or without words behind them. */
const GOAWAY_LENGTH = 8

export class Session implements HttpProtocol {
  readonly #socket: SessionSocket
  readonly #output: Output
  readonly #requests: Requests
  readonly #frames = new FrameReader()
  readonly #block = new FieldBlock()
  readonly #patience = new Patience()
  readonly #peer = new PeerSettings()
  /** Whether our SETTINGS have been sent, and the client's have come. */
  #greeted = false
  #settled = false
  /** Whether nothing more is read: GOAWAY says why, or the connection is gone. */
  #failed = false
  /** Octets of DATA that the client has not been given back. */
  #uncredited = 0

  /** @param head refilled for every request, and `scratch` for every field block */
  constructor(socket: SessionSocket, head: RequestHead, scratch: Uint8Array) {
    this.#socket = socket
    this.#output = new Output(socket)
    const patience = this.#patience
    this.#requests = new Requests({ socket, output: this.#output, patience, head, scratch })
  }

  /** Whether something has begun that only the client can end: a frame, a field block, the preface. */
  get midRequest(): boolean {
    // Before its first octet a client has begun nothing, and is just idle.
    if (!this.#greeted || this.#failed) return false
    return this.#frames.midFrame || this.#block.streamId !== 0
  }

  get held(): number {
    const { bodies, answers } = this.#requests.streams
    return this.#frames.held + this.#block.bytes.length + bodies + answers
  }

  take(chunk: Uint8Array): void {
    if (this.#failed) return
    if (!this.#greeted) this.#greet()
    this.#frames.push(chunk)
    this.resume()
  }

  resume(): void {
    const frames = this.#frames
    while (!this.#failed) {
      // What is under way does not stop us: the client's windows may be what it waits for.
      if (!this.#socket.hasRoom || !this.#socket.isInTurn) {
        this.#socket.pause()
        break
      }
      if (!frames.next()) {
        if (frames.fault !== ErrorCode.NoError) this.#fail(frames.fault)
        break
      }
      this.#socket.spend(1 + (frames.length >> COST_SHIFT))
      const error = this.#takeFrame()
      if (error !== ErrorCode.NoError) this.#fail(error)
      else if (this.#patience.lost) this.#fail(ErrorCode.EnhanceYourCalm)
    }
    if (!this.#failed) this.#requests.noteUnderWay()
  }

  /** Takes no more requests; those that are taken will be answered (RFC 9113 §6.8). */
  drain(): void {
    if (this.#requests.closed) return
    this.#requests.closed = true
    // Nothing may come before our SETTINGS, not even the end (§3.4).
    if (!this.#greeted) this.#greet()
    this.#output.goaway(this.#requests.lastId, ErrorCode.NoError)
  }

  sweep(now: number): number {
    if (this.#failed) return Number.POSITIVE_INFINITY
    this.#patience.rest()
    const oldest = this.#requests.sweep(now)
    this.#requests.noteUnderWay()
    return oldest
  }

  gone(): void {
    this.#failed = true
    this.#forget()
  }

  /** Our preface (RFC 9113 §3.4), which leaves with the first answers. */
  #greet(): void {
    this.#greeted = true
    this.#output.settings([
      [Setting.MaxConcurrentStreams, this.#socket.context.limits.maxInFlight],
      [Setting.MaxHeaderListSize, MAX_HEADER_LIST],
      [Setting.NoPriorities, 1],
    ])
  }

  /** @returns the error that the connection must end with, or `NoError`, as all that takes frames */
  #takeFrame(): ErrorCode {
    const { type, streamId } = this.#frames
    // Nothing may come between the pieces of a field block (§4.3), nor before SETTINGS (§3.4).
    const open = this.#block.streamId
    if (open !== 0 && (type !== FrameType.Continuation || streamId !== open)) {
      return ErrorCode.ProtocolError
    }
    if (!this.#settled && type !== FrameType.Settings) return ErrorCode.ProtocolError
    switch (type) {
      case FrameType.Headers:
        return this.#takeHeaders()
      case FrameType.Data:
        return this.#takeData()
      case FrameType.WindowUpdate:
        return this.#takeWindowUpdate()
      case FrameType.Settings:
        return this.#takeSettings()
      case FrameType.RstStream:
        return this.#takeReset()
      case FrameType.Ping:
        return this.#takePing()
      case FrameType.Continuation:
        return this.#takeContinuation()
      case FrameType.Priority:
        return this.#takePriority()
      case FrameType.Goaway:
        return this.#takeGoaway()
      case FrameType.PushPromise:
        return ErrorCode.ProtocolError
      default:
        // Unknown types are extensions, and passed over (§5.5).
        this.#patience.spend(Cost.Frame)
        return ErrorCode.NoError
    }
  }

  #takeHeaders(): ErrorCode {
    const { bytes, flags, streamId } = this.#frames
    let { start } = this.#frames
    let end = start + this.#frames.length
    if ((streamId & 1) === 0) return ErrorCode.ProtocolError
    if ((flags & Flag.Padded) !== 0) {
      if (start === end) return ErrorCode.FrameSizeError
      end -= bytes[start++]!
    }
    if ((flags & Flag.Priority) !== 0) start += PRIORITY_LENGTH
    if (start > end) return ErrorCode.ProtocolError
    const ends = (flags & Flag.EndStream) !== 0
    if ((flags & Flag.EndHeaders) !== 0) {
      return this.#requests.takeBlock(streamId, ends, bytes, start, end)
    }
    this.#block.begin(streamId, ends)
    return this.#block.append(bytes, start, end) ? ErrorCode.NoError : ErrorCode.EnhanceYourCalm
  }

  #takeContinuation(): ErrorCode {
    const block = this.#block
    const { bytes, start, length, flags, streamId } = this.#frames
    if (block.streamId === 0) return ErrorCode.ProtocolError
    if (length === 0) this.#patience.spend(Cost.Empty)
    if (!block.append(bytes, start, start + length)) return ErrorCode.EnhanceYourCalm
    if ((flags & Flag.EndHeaders) === 0) return ErrorCode.NoError
    const { bytes: whole, length: wholeLength, endsStream } = block
    block.clear()
    return this.#requests.takeBlock(streamId, endsStream, whole, 0, wholeLength)
  }

  #takeData(): ErrorCode {
    const { bytes, length, flags, streamId } = this.#frames
    let { start } = this.#frames
    let end = start + length
    if (this.#isIdle(streamId)) return ErrorCode.ProtocolError
    if ((flags & Flag.Padded) !== 0) {
      if (length === 0) return ErrorCode.FrameSizeError
      end -= bytes[start++]!
      if (start > end) return ErrorCode.ProtocolError
    }
    const ends = (flags & Flag.EndStream) !== 0
    if (start === end && !ends) this.#patience.spend(Cost.Empty)
    this.#uncredited += length
    // What came is given back whatever becomes of it: bodies have a bound of their own.
    if (this.#uncredited >= CREDIT_STEP) {
      this.#output.windowUpdate(0, this.#uncredited)
      this.#uncredited = 0
    }
    this.#requests.takeData(streamId, ends, bytes, start, end, length)
    return ErrorCode.NoError
  }

  #takeReset(): ErrorCode {
    const { streamId, length } = this.#frames
    if (length !== 4) return ErrorCode.FrameSizeError
    if (this.#isIdle(streamId)) return ErrorCode.ProtocolError
    this.#patience.spend(Cost.Cancel)
    const stream = this.#requests.streams.find(streamId)
    if (stream !== null) this.#requests.giveUp(stream)
    return ErrorCode.NoError
  }

  #takeWindowUpdate(): ErrorCode {
    const { bytes, start, length, streamId } = this.#frames
    if (length !== 4) return ErrorCode.FrameSizeError
    const { answers, streams } = this.#requests
    const increment = readUint31(bytes, start)
    this.#patience.spend(Cost.Frame)
    if (streamId === 0) {
      if (increment === 0) return ErrorCode.ProtocolError
      return answers.widen(increment) ? ErrorCode.NoError : ErrorCode.FlowControlError
    }
    if (this.#isIdle(streamId)) return ErrorCode.ProtocolError
    const stream = streams.find(streamId)
    if (increment === 0) this.#requests.reset(streamId, stream, ErrorCode.ProtocolError)
    else if (stream !== null && !answers.widenStream(stream, increment)) {
      this.#requests.reset(streamId, stream, ErrorCode.FlowControlError)
    }
    return ErrorCode.NoError
  }

  #takeSettings(): ErrorCode {
    const { bytes, start, length, flags, streamId } = this.#frames
    if (streamId !== 0) return ErrorCode.ProtocolError
    if ((flags & Flag.Ack) !== 0) {
      this.#patience.spend(Cost.Frame)
      return length === 0 ? ErrorCode.NoError : ErrorCode.FrameSizeError
    }
    if (length % SETTING_LENGTH !== 0) return ErrorCode.FrameSizeError
    this.#settled = true
    this.#patience.spend(Cost.Settings)
    const error = this.#peer.apply(bytes, start, length)
    if (error !== ErrorCode.NoError) return error
    const { answers } = this.#requests
    answers.head.setTableSize(this.#peer.tableSize)
    this.#output.settingsAck()
    return answers.setInitialWindow(this.#peer.initialWindow)
      ? ErrorCode.NoError
      : ErrorCode.FlowControlError
  }

  #takePing(): ErrorCode {
    const { bytes, start, length, flags, streamId } = this.#frames
    if (streamId !== 0) return ErrorCode.ProtocolError
    if (length !== 8) return ErrorCode.FrameSizeError
    this.#patience.spend(Cost.Ping)
    if ((flags & Flag.Ack) === 0) this.#output.pingAck(bytes, start)
    return ErrorCode.NoError
  }

  /** Priorities are of the past (§5.3.2), whatever depends on what. */
  #takePriority(): ErrorCode {
    const { streamId, length } = this.#frames
    if (streamId === 0) return ErrorCode.ProtocolError
    const requests = this.#requests
    if (length === PRIORITY_LENGTH) this.#patience.spend(Cost.Frame)
    // It may come for a stream that is idle, but such a one cannot be reset (§6.4).
    else if (this.#isIdle(streamId)) return ErrorCode.FrameSizeError
    else requests.reset(streamId, requests.streams.find(streamId), ErrorCode.FrameSizeError)
    return ErrorCode.NoError
  }

  /** The client opens no more streams (§6.8): that it may say, and we need do nothing about it. */
  #takeGoaway(): ErrorCode {
    const { streamId, length } = this.#frames
    this.#patience.spend(Cost.Frame)
    if (streamId !== 0) return ErrorCode.ProtocolError
    return length < GOAWAY_LENGTH ? ErrorCode.FrameSizeError : ErrorCode.NoError
  }

  /** Whether a stream is one that the client has not opened. After GOAWAY we do not know. */
  #isIdle(id: number): boolean {
    const { lastId, closed } = this.#requests
    return (id & 1) === 0 || (id > lastId && !closed)
  }

  #fail(code: ErrorCode): void {
    if (this.#failed) return
    this.#output.goaway(this.#requests.lastId, code)
    this.#failed = true
    this.#forget()
    const calm = code === ErrorCode.EnhanceYourCalm
    this.#socket.drain(calm ? CloseReason.Nuisance : CloseReason.Protocol)
  }

  #forget(): void {
    this.#frames.clear()
    this.#block.clear()
    this.#requests.giveUpAll()
  }
}
