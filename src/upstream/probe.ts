// Asks an upstream once, to see whether it answers and how fast.

import type { AnswerScan } from '../wire/answer-scan.ts'
import type { Clock } from './clock.ts'
import { FailureKind, type UpstreamFailure } from './exchange.ts'
import { LIFE_SIGN } from './dot/life-sign.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'
import type { TimerWheel } from './timer-wheel.ts'

export type ProbeResult =
  | { readonly answered: true; readonly upstream: string; readonly ms: number }
  | {
      readonly answered: false
      readonly failure: Pick<UpstreamFailure, 'kind' | 'upstream' | 'detail'>
    }

interface Probed {
  readonly upstream: { readonly name: string }
  submit(pending: PendingQuery): void
  cancel(pending: PendingQuery): void
}

/** @param timeout in milliseconds. The promise never rejects. */
export function probeUpstream(
  pool: Probed,
  tools: { readonly clock: Clock; readonly wheel: TimerWheel },
  timeout: number,
): Promise<ProbeResult> {
  const { clock, wheel } = tools
  const { name } = pool.upstream
  const begun = clock.now()
  return new Promise((resolve) => {
    const fail = (kind: FailureKind, detail: string): void => {
      resolve({ answered: false, failure: { kind, upstream: name, detail } })
    }
    const owner: PendingOwner = {
      onPendingAnswer(pending: PendingQuery, _answer: AnswerScan) {
        wheel.cancel(pending)
        resolve({ answered: true, upstream: name, ms: clock.now() - begun })
      },
      onPendingFailure(pending, kind, detail) {
        wheel.cancel(pending)
        fail(kind, detail)
      },
      onPendingExpired(pending) {
        pool.cancel(pending)
        fail(FailureKind.Timeout, `no answer within ${timeout} ms`)
      },
    }
    const pending = new PendingQuery(owner, LIFE_SIGN)
    wheel.schedule(pending, begun + timeout)
    pool.submit(pending)
  })
}
