// The parts of the report that tell of the guard's cost and of idle clients.

import {
  type CookieKind,
  cost,
  type GuardCost,
  type GuardStream,
  type Results,
  type Round,
  type Spread,
  spread,
} from '../measure/results.ts'
import { emphasised } from './load-table.ts'
import { count, table } from './table.ts'

const MB = 1e6

export const GUARD_STREAMS: Readonly<Record<CookieKind, string>> = {
  none: 'without EDNS',
  client: 'with a cookie of the client alone',
  good: 'with the cookie that the server gave',
}

export function guardSection({ ranges, streams }: GuardCost): string {
  const rows = streams.map((stream) => {
    const ratio = guardRatio(stream)
    return [
      GUARD_STREAMS[stream.cookie],
      microseconds(stream.off),
      microseconds(stream.on),
      ratio === null ? '' : `${ratio.median.toFixed(3)} (${range(ratio, 3)})`,
    ]
  })
  const head = ['Queries', 'Guard off, CPU µs per hit', 'Guard on', 'On × off (least–most)']
  return `## What the guard costs

On: ${count(ranges)} ranges of addresses, limits for each client, listener and in all, limits of \
equal answers, cookies, minimal answers to ANY, and the amplification cap. The limits are higher \
than the load, so that every query passes and takes its tokens. Off: none of these.

${table(head, rows)}`
}

/** Of the rounds that followed each other. */
export function guardRatio({ off, on }: GuardStream): Spread | null {
  const median = (round: Round | undefined): number =>
    (round === undefined ? null : cost([round])?.median) ?? Number.NaN
  const ratios = on.map((round, i) => median(round) / median(off[i]))
  return spread(ratios.filter((ratio) => !Number.isNaN(ratio)))
}

export function idleSection({ systems, idle = [] }: Results): string {
  const rows = idle.flatMap((it) => {
    const system = systems.find(({ id }) => id === it.id)
    if (system === undefined) return []
    const each =
      it.held === 0 ? '' : ((it.residentBytes - it.freshBytes) / it.held / 1000).toFixed(1)
    return [
      [
        emphasised(system, system.name),
        count(it.clients),
        count(it.held),
        (it.freshBytes / MB).toFixed(0),
        emphasised(system, (it.residentBytes / MB).toFixed(0)),
        each,
        it.handshakeMicros.toFixed(0),
      ],
    ]
  })
  const head = ['System', 'Clients came', 'Held', 'Resident before, MB', 'Resident then, MB']
  head.push('kB each', 'CPU µs for a handshake and an answer')
  return `## Idle clients over DoT

Each client asked once and kept its connection. They came from 250 addresses.

${table(head, rows)}`
}

function microseconds(rounds: readonly Round[]): string {
  const micros = cost(rounds)
  return micros === null ? 'no good answer' : `${micros.median.toFixed(2)} (${range(micros, 2)})`
}

const range = ({ min, max }: Spread, digits: number): string =>
  `${min.toFixed(digits)}–${max.toFixed(digits)}`
