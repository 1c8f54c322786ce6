// Asks one upstream and no other: to find out something about the upstream itself.

import type { AnswerScan } from '../wire/answer-scan.ts'
import type { Clock } from './clock.ts'
import type { UpstreamQuestion } from './exchange.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'
import type { TimerWheel } from './timer-wheel.ts'
import type { UpstreamTransport } from './transport.ts'

/**
 * @param timeout in milliseconds
 * @param read takes from the answer what is needed: it is valid until this returns
 * @returns null when there was no answer; never rejects
 */
export function askOne<Found>(
  transport: Pick<UpstreamTransport, 'submit' | 'cancel'>,
  question: UpstreamQuestion,
  tools: { readonly clock: Clock; readonly wheel: TimerWheel },
  timeout: number,
  read: (answer: AnswerScan) => Found,
): Promise<Found | null> {
  const { clock, wheel } = tools
  return new Promise((resolve) => {
    const owner: PendingOwner = {
      onPendingAnswer(pending, answer) {
        wheel.cancel(pending)
        resolve(read(answer))
      },
      onPendingFailure(pending) {
        wheel.cancel(pending)
        resolve(null)
      },
      onPendingExpired(pending) {
        transport.cancel(pending)
        resolve(null)
      },
    }
    const pending = new PendingQuery(owner, question)
    wheel.schedule(pending, clock.now() + timeout)
    transport.submit(pending)
  })
}
