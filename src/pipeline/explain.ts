// What a client is told of a question that nobody answered: an extended error (RFC 8914).

import { FailureKind, type UpstreamFailure } from '../upstream/exchange.ts'
import { ExtendedError } from '../wire/edns.ts'

export interface Explanation {
  readonly code: number
  /** UTF-8. */
  readonly text: Uint8Array
}

/** Octets of a text at the most: an answer over UDP has to hold it. */
export const MAX_TEXT = 200

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function explanation(code: number, text: string): Explanation {
  return { code, text: encoder.encode(text) }
}

const UNANSWERED = explanation(ExtendedError.NoReachableAuthority, 'no upstream answered in time')
const NETWORK = explanation(ExtendedError.NetworkError, 'the connection to the upstream failed')
const STOPPING = explanation(ExtendedError.NotReady, 'the proxy is stopping')
const OVERLOAD = explanation(ExtendedError.NotReady, 'too many queries are waiting')
const INVALID = explanation(ExtendedError.InvalidData, 'the upstream sent a malformed answer')
const BOGUS = explanation(ExtendedError.DnssecBogus, 'the answer does not validate')
const LOOP = explanation(ExtendedError.Other, 'the upstream sends its queries back to this server')

/** More than a client may ask. */
export const TOO_MANY = explanation(ExtendedError.Other, 'too many queries')

/** A fault in the program itself. */
export const FAULT = explanation(ExtendedError.Other, 'a fault in the proxy')

const BY_KIND: Readonly<Record<FailureKind, Explanation>> = {
  [FailureKind.Timeout]: UNANSWERED,
  [FailureKind.Stalled]: UNANSWERED,
  [FailureKind.Refused]: UNANSWERED,
  [FailureKind.Overload]: OVERLOAD,
  [FailureKind.Shutdown]: STOPPING,
  [FailureKind.Loop]: LOOP,
  [FailureKind.Bogus]: BOGUS,
  [FailureKind.Malformed]: INVALID,
  [FailureKind.Resolve]: NETWORK,
  [FailureKind.Connect]: NETWORK,
  [FailureKind.Tls]: NETWORK,
  [FailureKind.Closed]: NETWORK,
}

/** @param whole whether the client may learn of our upstreams: their names, and what went wrong */
export function explain(failure: UpstreamFailure, whole: boolean): Explanation {
  const { upstream, phase, detail, ms, tried, fault } = failure
  // What is wrong with the data is the client's business, whoever it came from.
  if (fault !== undefined) return { code: fault.code, text: cut(encoder.encode(fault.text)) }
  const known = BY_KIND[failure.kind]
  if (!whole) return known
  const who = upstream === '' ? 'no upstream' : upstream
  const others = tried.filter((name) => name !== upstream)
  const also = others.length === 0 ? '' : `; also asked ${others.join(', ')}`
  const text = encoder.encode(`${who}, ${phase}: ${detail} (${Math.round(ms)} ms)${also}`)
  return { code: known.code, text: cut(text) }
}

/** The same in few words that tell nothing of our upstreams. */
export function reasonOf({ kind }: UpstreamFailure): string {
  return decoder.decode(BY_KIND[kind].text)
}

/** Cuts between characters of UTF-8. */
function cut(text: Uint8Array): Uint8Array {
  let end = Math.min(text.length, MAX_TEXT)
  while (end < text.length && (text[end]! & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}
