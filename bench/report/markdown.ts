// docs/benchmarks.md, whole, from the results in its JSON: no number in it is typed by hand, and no
// sentence holds for one outcome only.

import { WARM_UP } from '../measure/load.ts'
import { Kind } from '../lab/system.ts'
import {
  cost,
  type Measured,
  type Report,
  type Results,
  type Round,
  spread,
  type SystemInfo,
  upstreamShare,
} from '../measure/results.ts'
import { CHARTS } from './charts.ts'
import { guardSection, idleSection } from './guard.ts'
import { emphasised, loadTable } from './load-table.ts'
import { percent, table } from './table.ts'
import { bestPeer, isReached, targets, type Target } from './targets.ts'

/** From this share of answers on that cost the upstream a query, "hits" need a remark. */
const REMARKABLE = 0.01

/** Charts of the other reports, by their paths relative to this one; null where there is none. */
export interface OtherCharts {
  readonly faults: string | null
  readonly floods: string | null
}

type Rounds = Readonly<Record<string, readonly Round[]>>

export function toMarkdown(report: Report, others: OtherCharts): string {
  const [latest] = report.runs
  if (latest === undefined) return '# Benchmarks\n\nNothing was measured.\n'
  const section = <Field extends Measured>(
    field: Field,
    write: (run: Results, measured: NonNullable<Results[Field]>) => string,
  ): string => {
    for (const run of report.runs) {
      const measured = run[field]
      if (measured === undefined) continue
      const text = write(run, measured)
      return run === latest ? text : `${text}\n\n${dated(run)}`
    }
    return ''
  }
  const parts = [
    '# Benchmarks',
    'Written by `npm run bench` from `benchmarks.json`; not edited by hand. Figures move from ' +
      'machine to machine, the ratios within one run hold.',
    machine(latest),
    verdicts(report.runs.flatMap(targets)),
    section('hit', hits),
    section('miss', misses),
    section('dot', (run, rounds) => door(run, rounds, 'Cache hits over DoT', CHARTS.dot.file)),
    section('doh', (run, rounds) => door(run, rounds, 'Cache hits over DoH', CHARTS.doh.file)),
    section('idle', idleSection),
    section('guard', (_, guard) => guardSection(guard)),
    section('memory', memory),
    section('scale', (_, measured) => scale(measured)),
    section('start', starts),
    elsewhere('When upstreams fail', 'Worst answer by fault and system', 'faults', others.faults),
    elsewhere('Under attack', 'Answers to good clients under attack', 'floods', others.floods),
    method(latest),
    leftOut(latest.systems),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** For what is older than the rest. */
function dated({ machine: { date }, systems, rounds, seconds }: Results): string {
  const mine = systems.find((system) => system.kind === Kind.Dotward)?.version ?? ''
  return `Measured on ${date.slice(0, 10)} with dotward ${mine}, ${rounds} rounds of ${seconds} s.`
}

function elsewhere(title: string, alt: string, name: string, chart: string | null): string {
  if (chart === null) return ''
  const where = `Table by table in [${name}.md](${name}.md), which \`npm run bench:${name}\` writes.`
  return `## ${title}\n\n![${alt}](${chart})\n\n${where}`
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

function hits(run: Results, all: Rounds): string {
  const limit = cost(all['echo'])?.median ?? null
  const remarks: string[] = []
  for (const system of run.systems) {
    const rounds = all[system.id]
    if (rounds === undefined || upstreamShare(rounds) < REMARKABLE) continue
    remarks.push(
      `${system.name} asked the upstream for ${percent(upstreamShare(rounds))} of these answers.`,
    )
  }
  return [
    '## Cache hits',
    `![CPU time per cache hit](img/${CHARTS.hit.file})`,
    loadTable(run.systems, all, limit, '× echo'),
    ...remarks,
  ].join('\n\n')
}

function misses(run: Results, all: Rounds): string {
  return [
    '## Cache misses over DoT',
    `![CPU time per cache miss](img/${CHARTS.miss.file})`,
    loadTable(run.systems, all, bestPeer(all), '× best peer'),
  ].join('\n\n')
}

function door(run: Results, all: Rounds, title: string, chart: string): string {
  return [
    `## ${title}`,
    `![CPU time](img/${chart})`,
    loadTable(run.systems, all, bestPeer(all), '× best peer'),
  ].join('\n\n')
}

function memory(run: Results, all: NonNullable<Results['memory']>): string {
  const rows = all.map((entry) => [
    run.systems.find((system) => system.id === entry.id)?.name ?? entry.id,
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

function starts(run: Results, all: NonNullable<Results['start']>): string {
  const rows = run.systems.flatMap((system) => {
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
- DoT and DoH: the same names, 16 connections with up to 25 queries each, TLS 1.3 with \
TLS_AES_256_GCM_SHA384, an ECDSA P-256 certificate. Over DoT by dnsperf, which puts each query in a \
TLS record of its own; over DoH by h2load, GET requests over HTTP/2, since dnsperf takes but one \
answer out of a record. What stands in the answers is looked at before; h2load counts by status.
- Guard: two processes of dotward on one core, asked in turns of a second; ratios are those of \
turns that followed each other.
- Idle clients: resident memory 3 s after the last of them had its answer.
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

const figure = (value: number): string =>
  Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(2)
