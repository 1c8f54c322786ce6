// The numbers of HTTP/2 (RFC 9113).

/** RFC 9113 §6. */
export const FrameType = {
  Data: 0,
  Headers: 1,
  Priority: 2,
  RstStream: 3,
  Settings: 4,
  PushPromise: 5,
  Ping: 6,
  Goaway: 7,
  WindowUpdate: 8,
  Continuation: 9,
} as const
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

/** Some bits mean different things in different frames. */
export const Flag = {
  EndStream: 0x01,
  Ack: 0x01,
  EndHeaders: 0x04,
  Padded: 0x08,
  Priority: 0x20,
} as const

/** RFC 9113 §7. */
export const ErrorCode = {
  NoError: 0,
  ProtocolError: 1,
  InternalError: 2,
  FlowControlError: 3,
  SettingsTimeout: 4,
  StreamClosed: 5,
  FrameSizeError: 6,
  RefusedStream: 7,
  Cancel: 8,
  CompressionError: 9,
  ConnectError: 10,
  EnhanceYourCalm: 11,
  InadequateSecurity: 12,
  Http11Required: 13,
} as const
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode]

/** RFC 9113 §6.5.2, RFC 9218 §2.1. */
export const Setting = {
  HeaderTableSize: 1,
  EnablePush: 2,
  MaxConcurrentStreams: 3,
  InitialWindowSize: 4,
  MaxFrameSize: 5,
  MaxHeaderListSize: 6,
  NoPriorities: 9,
} as const

/** Octets of a frame's header (§4.1). */
export const FRAME_HEADER_LENGTH = 9

/** The largest payload that everybody must take, and the largest that we take and send (§4.2). */
export const MAX_FRAME_LENGTH = 16_384

/** Where flow control begins, for a connection and for each of its streams (§6.9.2). */
export const INITIAL_WINDOW = 65_535

/** No window may be larger (§6.9.1). */
export const MAX_WINDOW = 0x7fff_ffff

/** The first octets from a client (§3.4). */
export const PREFACE: Uint8Array = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
