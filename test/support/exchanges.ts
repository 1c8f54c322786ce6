// Questions put to a forwarder, and what came of them as a promise.

import type { Exchange, UpstreamFailure, UpstreamQuestion } from '../../src/upstream/exchange.ts'
import type { Forwarder } from '../../src/upstream/forwarder.ts'

export interface Outcome {
  /** How often the exchange was told of its end. */
  calls: number
  answer: { readonly message: Buffer; readonly upstream: string; readonly rcode: number } | null
  failure: UpstreamFailure | null
}

export function questionFor(name: string, type = 1): UpstreamQuestion {
  const labels = name.split('.').filter((label) => label !== '')
  const octets = labels.flatMap((label) => [label.length, ...Buffer.from(label)])
  return {
    question: Uint8Array.from([...octets, 0, 0, type, 0, 1]),
    dnssecOk: false,
    checkingDisabled: false,
    options: null,
    subnet: null,
  }
}

/** Asks, and resolves once the forwarder has answered or given up. */
export function ask(
  forwarder: Forwarder,
  name: string,
  { timeout = 5_000, question = questionFor(name) } = {},
): Promise<Outcome> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const outcome: Outcome = { calls: 0, answer: null, failure: null }
    const exchange: Exchange = {
      question,
      startedAt,
      deadline: startedAt + timeout,
      onAnswer(scan, upstream) {
        outcome.calls++
        const message = Buffer.from(scan.bytes.slice(scan.start, scan.start + scan.length))
        outcome.answer = { message, upstream, rcode: scan.rcode }
        resolve(outcome)
      },
      onFailure(failure) {
        outcome.calls++
        outcome.failure = failure
        resolve(outcome)
      },
    }
    forwarder.forward(exchange)
  })
}
