// One TLS connection to an upstream, as its dialer makes it, with one question asked over it.

import { setTimeout as delay } from 'node:timers/promises'
import type { AddressSource } from '../../src/upstream/bootstrap/address-source.ts'
import type { FailureKind } from '../../src/upstream/exchange.ts'
import type { UpstreamOptions } from '../../src/upstream/options.ts'
import { queryLength, writeQuery } from '../../src/upstream/dot/query-writer.ts'
import { SessionStore } from '../../src/upstream/tls/session-store.ts'
import { TlsDialer } from '../../src/upstream/tls/tls-dialer.ts'
import { CountingMetrics } from './dot-upstream-options.ts'
import { questionFor } from './exchanges.ts'

export interface DialOutcome {
  /** Whether an answer came. */
  readonly answered: boolean
  readonly resumed: boolean
  /** What went wrong, if something did. */
  readonly kind: FailureKind | null
  readonly detail: string | null
  readonly metrics: CountingMetrics
}

/** Connects, asks when the server is known, and hangs up. */
export async function dialOnce(
  upstream: UpstreamOptions,
  { sessions = new SessionStore(), addresses }: DialSetting = {},
): Promise<DialOutcome> {
  const metrics = new CountingMetrics()
  const dialer = new TlsDialer({ upstream, sessions, metrics, ...(addresses && { addresses }) })
  const read = Promise.withResolvers<void>()
  const onread = {
    buffer: new Uint8Array(4_096),
    callback: () => {
      read.resolve()
      return true
    },
  }
  const dialled = dialer.dial(onread)
  const { socket } = dialled
  let proven = false
  try {
    const fault = await new Promise<string | null>((resolve) => {
      socket.on('error', (error) => resolve(dialled.explain(error)))
      socket.once('end', () => resolve('the upstream closed the connection'))
      socket.once('secureConnect', () => {
        const wrong = dialled.prove()
        if (wrong !== null) {
          resolve(wrong)
          return
        }
        proven = true
        socket.write(framedQuery())
        void read.promise.then(() => resolve(null))
      })
    })
    const kind = fault === null ? null : proven ? 'closed' : dialled.failureKind
    const { resumed } = dialled
    // Tickets of TLS 1.3 come after the handshake, at the latest with the answer.
    if (fault === null) await delay(20)
    return { answered: fault === null, resumed, kind, detail: fault, metrics }
  } finally {
    socket.destroy()
  }
}

export interface DialSetting {
  readonly sessions?: SessionStore
  readonly addresses?: AddressSource
}

function framedQuery(): Uint8Array {
  const question = questionFor('www.example.org')
  const length = queryLength(question)
  const out = new Uint8Array(2 + length)
  writeQuery(out, 0, 4_711, question, length)
  return out
}
