// docs/benchmarks.md, whole, from the results of one run: no number in it is typed by hand, and no
// sentence holds for one outcome only.

import { WARM_UP } from '../measure/load.ts'
import { Kind } from '../lab/system.ts'
import {
  badShare,
  cost,
  lostShare,
  spread,
  upstreamShare,
  type Results,
  type Round,
  type SystemInfo,
} from '../measure/results.ts'
import { bestPeerMiss, isReached, targets, type Target } from './targets.ts'

/** From this share of answers on that cost the upstream a query, "hits" need a remark. */
const REMARKABLE = 0.01

export interface Charts {
  /** Paths relative to the report. */
  readonly hit: string
  readonly miss: string
  /** Null where no faults were measured (bench/faults). */
  readonly faults: string | null
}

export function toMarkdown(results: Results, charts: Charts): string {
  const parts = [
    '# Benchmarks',
    'Written by `npm run bench` from `benchmarks.json`; not edited by hand. Figures move from ' +
      'machine to machine, the ratios within one run hold.',
    machine(results),
    verdicts(targets(results)),
  ]
  if (results.hit !== undefined) parts.push(hits(results, results.hit, charts.hit))
  if (results.miss !== undefined) parts.push(misses(results, results.miss, charts.miss))
  if (results.memory !== undefined) parts.push(memory(results, results.memory))
  if (results.scale !== undefined) parts.push(scale(results.scale))
  if (results.start !== undefined) parts.push(starts(results, results.start))
  if (charts.faults !== null) {
    parts.push(
      '## When upstreams fail',
      `![Worst answer by fault and system](${charts.faults})`,
      'Table by table in [faults.md](faults.md), which `npm run bench:faults` writes.',
    )
  }
  parts.push(method(results), leftOut(results.systems))
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function machine({ machine: it }: Results): string {
  const tools = Object.entries(it.tools).map(([name, version]) => `${name} ${version}`)
  return table(
    ['Machine', ''],
    [
      ['Processor', `${it.processor}, ${it.cores} cores, ${it.memoryGiB} GiB`],
      ['Kernel', `Linux ${it.kernel}`],
      ['Tools', tools.join(', ')],
      ['Date', it.date.slice(0, 10)],
    ],
  )
}

function verdicts(all: readonly Target[]): string {
  if (all.length === 0) return ''
  const rows = all.map((target) => {
    const { what, limit, measured, unit } = target
    const by = limit === 0 ? '' : ` by ${((measured / limit - 1) * 100).toFixed(0)} %`
    const verdict = isReached(target) ? 'reached' : `**missed${by}**`
    return [what, `≤ ${figure(limit)} ${unit}`, `${figure(measured)} ${unit}`, verdict]
  })
  return `## Targets\n\n${table(['', 'Target', 'Measured', ''], rows)}`
}

function hits(results: Results, all: Readonly<Record<string, readonly Round[]>>, chart: string) {
  const limit = cost(all['echo'])?.median ?? null
  const remarks: string[] = []
  for (const system of results.systems) {
    const rounds = all[system.id]
    if (rounds === undefined || upstreamShare(rounds) < REMARKABLE) continue
    remarks.push(
      `${system.name} asked the upstream for ${percent(upstreamShare(rounds))} of these answers.`,
    )
  }
  return [
    '## Cache hits',
    `![CPU time per cache hit](${chart})`,
    loadTable(results.systems, all, limit, '× echo'),
    ...remarks,
  ].join('\n\n')
}

function misses(results: Results, all: Readonly<Record<string, readonly Round[]>>, chart: string) {
  return [
    '## Cache misses over DoT',
    `![CPU time per cache miss](${chart})`,
    loadTable(results.systems, all, bestPeerMiss(all), '× best peer'),
  ].join('\n\n')
}

function loadTable(
  systems: readonly SystemInfo[],
  all: Readonly<Record<string, readonly Round[]>>,
  reference: number | null,
  ratio: string,
): string {
  const rows: string[][] = []
  for (const system of byCost(systems, all)) {
    const rounds = all[system.id]!
    const micros = cost(rounds)
    if (micros === null) continue
    rows.push([
      emphasised(system, system.name),
      system.version ?? '',
      emphasised(system, micros.median.toFixed(2)),
      `${micros.min.toFixed(2)}–${micros.max.toFixed(2)}`,
      reference === null ? '' : (micros.median / reference).toFixed(2),
      Math.round(spread(rounds.map((round) => round.perSecond))!.median).toLocaleString('en'),
      spread(rounds.map((round) => round.latencyMeanMs))!.median.toFixed(2),
      spread(rounds.map((round) => round.latencyMaxMs))!.max.toFixed(0),
      percent(lostShare(rounds)),
      percent(badShare(rounds)),
    ])
  }
  const head = ['System', 'Version', 'CPU µs per good answer', 'Least–most', ratio, 'Answers/s']
  head.push('Mean ms', 'Worst ms', 'Lost', 'Not NOERROR')
  return table(head, rows)
}

function memory(results: Results, all: NonNullable<Results['memory']>): string {
  const rows = all.map((entry) => [
    results.systems.find((system) => system.id === entry.id)?.name ?? entry.id,
    entry.names.toLocaleString('en'),
    entry.held.toLocaleString('en'),
    (entry.grownBytes / 1024 / 1024).toFixed(0),
    (entry.grownBytes / entry.held).toFixed(0),
  ])
  const head = ['System', 'Names asked', 'Held afterwards', 'Grown by, MiB', 'Bytes each']
  return `## Memory\n\nGrowth of resident memory while answers with one A record were cached.\n\n${table(head, rows)}`
}

function scale(it: NonNullable<Results['scale']>): string {
  const rows = [scaleRow(it.few.names, it.few.rounds), scaleRow(it.many.held, it.many.rounds)]
  const head = ['Entries in the cache', 'CPU µs per hit', 'Least–most']
  return `## Hits in a large cache\n\nAsked in scattered order over all that was cached.\n\n${table(head, rows)}`
}

function scaleRow(held: number, rounds: readonly Round[]): string[] {
  const micros = cost(rounds)
  const count = held.toLocaleString('en')
  if (micros === null) return [count, 'no good answer', '']
  return [count, micros.median.toFixed(2), `${micros.min.toFixed(2)}–${micros.max.toFixed(2)}`]
}

function starts(results: Results, all: NonNullable<Results['start']>): string {
  const rows = results.systems.flatMap((system) => {
    const times = spread(all[system.id] ?? [])
    if (times === null || system.kind === Kind.Limit) return []
    const range = `${times.min.toFixed(0)}–${times.max.toFixed(0)}`
    return [[emphasised(system, system.name), times.median.toFixed(0), range]]
  })
  const head = ['System', 'Start to first answer, ms', 'Least–most']
  return `## Start\n\n${table(head, rows)}`
}

function method({ rounds, seconds }: Results): string {
  return `## How it is measured

- Everything is on loopback. The system under measurement has one core to itself; dnsperf and the \
upstream, an Unbound that authenticates by a certificate of the run's own authority, share another.
- CPU time is what the kernel counted for all processes and threads of the system (user and \
system time in \`/proc/PID/stat\`), divided by the NOERROR answers that dnsperf counted: failures \
make a system look worse, never better.
- Rounds are interleaved (each system once, then each again), ${rounds} of them, every load \
${seconds} s long after ${WARM_UP} s of the same load unmeasured. A system is started anew for each \
round. Shown are the median and the range.
- Hits: 10,000 names, asked twice beforehand; up to 400 queries at a time from 16 clients. With a \
socket buffer of the usual size part of the first 400 is lost; that is most of what "Lost" shows.
- Misses: names that were never asked before; up to 200 at a time. Each goes to the upstream over \
TLS.
- Memory: resident memory after a million names were asked, less that of the same process warm and \
nearly empty, by the number of names that it still answered without the upstream. The budget is \
tested by the peaks of two processes with caches of different size, both overfilled; V8's young \
generation is held at one size for it.
- The echo answers every datagram with itself. It shows what the kernel takes for an answer.
- How each system is configured stands in \`bench/peers\`.`
}

function leftOut(systems: readonly SystemInfo[]): string {
  const lines = systems.flatMap((system) => {
    if (system.fault !== undefined) return [`- ${system.name}: ${system.fault}`]
    return system.version === null ? [`- ${system.name}: not installed`] : []
  })
  return lines.length === 0 ? '' : `## Not measured, or not to the end\n\n${lines.join('\n')}`
}

/** Systems with good answers, the cheapest first. */
export function byCost(
  systems: readonly SystemInfo[],
  all: Readonly<Record<string, readonly Round[]>>,
): SystemInfo[] {
  const median = (system: SystemInfo): number => cost(all[system.id])?.median ?? Infinity
  return systems.filter((system) => median(system) < Infinity).sort((a, b) => median(a) - median(b))
}

const emphasised = (system: SystemInfo, what: string): string =>
  system.kind === Kind.Dotward ? `**${what}**` : what

const figure = (value: number): string =>
  Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(2)

function percent(share: number): string {
  if (share === 0) return '0'
  const value = share * 100
  return value < 0.01 ? '< 0.01 %' : `${value.toFixed(2)} %`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
