// What stream listeners tell those who count. Queries and answers are counted by the pipeline.

/** Why a connection was not taken. */
export const RefuseReason = {
  /** The handler does not admit the client. */
  Unauthorised: 'unauthorised',
  /** The client has as many connections as one may have. */
  ClientFull: 'client-full',
  /** The table is full and no connection in it is idle. */
  TableFull: 'table-full',
  /** The client opens connections too fast. */
  Rate: 'rate',
  /** Its proxy sent no header in time, or a wrong one. */
  ProxyHeader: 'proxy-header',
  /** At a door for proxies: not one of them. */
  NotAProxy: 'not-a-proxy',
  /** The system could not hand the connection over: out of descriptors, or the client has gone. */
  Accept: 'accept',
} as const
export type RefuseReason = (typeof RefuseReason)[keyof typeof RefuseReason]

/** What ended a connection. */
export const CloseReason = {
  /** The client closed or reset it. */
  Client: 'client',
  /** No query for the idle time-out. */
  Idle: 'idle',
  /** Open for as long as any connection may be. */
  Lifetime: 'lifetime',
  /** A message was begun and not finished in time. */
  FrameTimeout: 'frame-timeout',
  /** A message too short to have a header. */
  ShortFrame: 'short-frame',
  /** It broke the rules of HTTP/2. */
  Protocol: 'protocol',
  /** It broke none, but did too much that leads nowhere: streams opened and reset, empty frames. */
  Nuisance: 'nuisance',
  /** The client does not read its answers. */
  Unread: 'unread',
  /** TLS handshakes begin too fast: the client's, or all together. */
  HandshakeRate: 'handshake-rate',
  /** As many TLS handshakes are under way as there may be, none of them here. */
  HandshakesFull: 'handshakes-full',
  /** It held more than any other when all together held too much. */
  Memory: 'memory',
  /** The oldest idle one when a new client came and the table was full. */
  Shed: 'shed',
  /** The handler threw. */
  Fault: 'fault',
  /** The TLS handshake failed, or took too long. */
  Handshake: 'handshake',
  HandshakeTimeout: 'handshake-timeout',
  /** Neither its address nor a certificate admits the client. */
  Unauthorised: 'unauthorised',
  /** What certificates of clients are judged by is new, and all must show theirs again. */
  Trust: 'trust',
  /** The listener is stopping. */
  Shutdown: 'shutdown',
} as const
export type CloseReason = (typeof CloseReason)[keyof typeof CloseReason]

export interface StreamMetrics {
  onOpened(): void
  onRefused(reason: RefuseReason): void
  /** Exactly once for each opened connection. */
  onClosed(reason: CloseReason): void
}
