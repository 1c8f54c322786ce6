// What all connections of a worker share.

import { AnswerScan } from '../../wire/answer-scan.ts'
import { type Clock, systemClock } from '../clock.ts'
import { RandomIds } from './in-flight.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { Traffic } from './traffic.ts'

export interface ConnectionTools {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly ids: RandomIds
  readonly scan: AnswerScan
  readonly traffic: Traffic
}

export function connectionTools(clock: Clock = systemClock): ConnectionTools {
  return {
    clock,
    wheel: new TimerWheel({ clock }),
    ids: new RandomIds(),
    scan: new AnswerScan(),
    traffic: new Traffic(),
  }
}
