// What a soak with validation brought, as a part of docs/dnssec-speed.md.

import type { Machine } from '../measure/results.ts'
import { trendTable } from '../soak/report.ts'
import type { Sample } from '../soak/results.ts'

export interface ValidatedSoak {
  readonly machine: Machine
  readonly version: string
  readonly minutes: number
  /** Questions a second. */
  readonly rate: number
  /** Changes of the configuration, after each of which every chain is looked for anew. */
  readonly reloads: number
  readonly asked: number
  /** Answers as they must be, by what was asked for. */
  readonly right: Readonly<Record<string, number>>
  /** SERVFAIL where an answer was due. */
  readonly failed: number
  readonly wrong: number
  readonly lost: number
  /** Milliseconds, by what was asked for. */
  readonly worst: Readonly<Record<string, number>>
  readonly samples: readonly Sample[]
}

export function validatedSoakSection(soak: ValidatedSoak): string {
  const { minutes, version, machine, rate, reloads, asked, right, failed, wrong, lost, worst } =
    soak
  const count = (value: number): string => value.toLocaleString('en')
  const kinds = Object.entries(right).map(
    ([kind, number]) => `${count(number)} ${kind}, after ${worst[kind]!.toFixed(0)} ms at the most`,
  )
  return `## Soak

${minutes} minutes of dotward ${version} on ${machine.date.slice(0, 10)}: ${rate} questions a second, \
${reloads} reloads with other settings for validation. Of ${count(asked)} questions ${count(lost)} were \
lost, ${count(failed)} got SERVFAIL where an answer was due, and ${count(wrong)} another answer than is \
right. The others: ${kinds.join('; ')}. Growth is that of the regression line from a third of the time on.

${trendTable(soak)}`
}
