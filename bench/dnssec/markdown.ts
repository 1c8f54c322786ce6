// docs/dnssec-speed.md, whole, from the results: no number in it is typed by hand, and no sentence holds
// for one outcome only.

import { Kind } from '../lab/system.ts'
import {
  answered,
  cost,
  lostShare,
  type Round,
  type Spread,
  spread,
  type SystemInfo,
  upstreamShare,
} from '../measure/results.ts'
import { emphasised } from '../report/load-table.ts'
import { count, milliseconds, percent, table } from '../report/table.ts'
import { AnswerKind, type DnssecResults, RCODES, type Times } from './results.ts'
import { HIT_RATE, SECONDS, TRAP_RATE } from './traps.ts'
import { bestPeer, hitRatio, LIMITS, missRatio, trapMedian, trapRatio } from './verdict.ts'
import { Algorithm, NAMES } from './zones.ts'

const TITLES: Readonly<Record<Algorithm, string>> = {
  ECDSAP256SHA256: 'ECDSA P-256',
  RSASHA256: 'RSA-2048',
}

const KINDS: Readonly<Record<AnswerKind, string>> = {
  positive: 'an address',
  nxdomain: 'NXDOMAIN',
}

export function toMarkdown(results: DnssecResults): string {
  const parts = [
    '# What validation costs',
    'Written by `npm run bench:dnssec` from `dnssec-speed.json`; not edited by hand. Figures move from ' +
      'machine to machine, the ratios within one run hold. What is validated, and how answers look, ' +
      'stands in [dnssec.md](dnssec.md).',
    machine(results),
    verdicts(results),
    ...Object.values(Algorithm).flatMap((algorithm) =>
      Object.values(AnswerKind).map((kind) => missSection(results, algorithm, kind)),
    ),
    hitSection(results),
    trapSection(results),
    method(results),
    leftOut(results.systems),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function machine({ machine: it, systems }: DnssecResults): string {
  const mine = systems.find(({ kind }) => kind === Kind.Dotward)?.version ?? ''
  return table(
    ['Machine', ''],
    [
      ['Processor', `${it.processor}, ${it.cores} cores, ${it.memoryGiB} GiB`],
      ['Kernel', `Linux ${it.kernel}`],
      ['dotward', mine],
      ['Date', it.date.slice(0, 10)],
    ],
  )
}

function verdicts(results: DnssecResults): string {
  const rows: string[][] = []
  const add = (what: string, limit: number, measured: number | null, digits: number): void => {
    if (measured === null || Number.isNaN(measured)) return
    const verdict = measured <= limit ? 'reached' : '**missed**'
    rows.push([what, `≤ ${limit.toFixed(digits)}`, measured.toFixed(digits), verdict])
  }
  for (const algorithm of Object.values(Algorithm)) {
    for (const kind of Object.values(AnswerKind)) {
      const what = `Validated miss, ${TITLES[algorithm]}, ${KINDS[kind]}: × best peer`
      add(what, LIMITS.miss, missRatio(results, algorithm, kind), 2)
    }
  }
  const { hits, traps } = results
  const ratio = hits === null ? null : hitRatio(hits)
  add('Hit, × one without validation', LIMITS.hit, ratio?.median ?? null, 3)
  const mine = traps.filter(({ system }) => system === 'dotward')
  add('p99 of hits under a flood of traps, × idle', LIMITS.trap, trapRatio(mine), 2)
  return rows.length === 0 ? '' : `## Targets\n\n${table(['', 'Target', 'Measured', ''], rows)}`
}

function missSection(results: DnssecResults, algorithm: Algorithm, kind: AnswerKind): string {
  const reference = bestPeer(results, algorithm, kind)
  const rows = results.systems
    .map((system) => ({ system, rounds: roundsOf(results, system, algorithm, kind) }))
    .flatMap(({ system, rounds }) => {
      const micros = cost(rounds, RCODES[kind])
      return micros === null ? [] : [{ system, rounds, micros }]
    })
    .toSorted((a, b) => a.micros.median - b.micros.median)
    .map(({ system, rounds, micros }) => [
      emphasised(system, system.name),
      system.version ?? '',
      emphasised(system, micros.median.toFixed(1)),
      range(micros, 1),
      reference === null ? '' : (micros.median / reference).toFixed(2),
      count(Math.round(spread(rounds.map(({ perSecond }) => perSecond))!.median)),
      spread(rounds.map(({ latencyMeanMs }) => latencyMeanMs))!.median.toFixed(2),
      percent(lostShare(rounds)),
      percent(wrongShare(rounds, RCODES[kind])),
      upstreamShare(rounds).toFixed(2),
    ])
  if (rows.length === 0) return ''
  const head = ['System', 'Version', 'CPU µs per good answer', 'Least–most', '× best peer']
  head.push('Answers/s', 'Mean ms', 'Lost', `Not ${RCODES[kind]}`, 'Upstream queries each')
  return `## Misses in a zone signed with ${TITLES[algorithm]}: ${KINDS[kind]}\n\n${table(head, rows)}`
}

const roundsOf = (
  { misses }: DnssecResults,
  { id }: SystemInfo,
  algorithm: Algorithm,
  kind: AnswerKind,
): readonly Round[] =>
  misses.find((it) => it.system === id && it.algorithm === algorithm && it.kind === kind)?.rounds ??
  []

function wrongShare(rounds: readonly Round[], rcode: string): number {
  const [all, good] = [answered, (round: Round) => round.rcodes[rcode] ?? 0].map((of) =>
    rounds.reduce((sum, round) => sum + of(round), 0),
  )
  return all === 0 ? 0 : 1 - good! / all!
}

function hitSection({ hits }: DnssecResults): string {
  if (hits === null) return ''
  const [off, on, ratio] = [cost(hits.off), cost(hits.on), hitRatio(hits)]
  if (off === null || on === null || ratio === null) return ''
  const told = (it: Spread, digits: number): string =>
    `${it.median.toFixed(digits)} (${range(it, digits)})`
  const head = ['Not validating, CPU µs per hit', 'Validating', 'On × off (least–most)']
  return `## Hits\n\n${table(head, [[told(off, 2), told(on, 2), told(ratio, 3)]])}`
}

function trapSection({ traps, systems }: DnssecResults): string {
  const rows = systems.flatMap((system) => {
    const runs = traps.filter((run) => run.system === system.id)
    if (runs.length === 0) return []
    const p = (of: (times: Times) => number): string[] =>
      [
        trapMedian(runs, ({ idle }) => of(idle)),
        trapMedian(runs, ({ flooded }) => of(flooded)),
      ].map(milliseconds2)
    return [
      [
        emphasised(system, system.name),
        ...p(({ p50 }) => p50),
        ...p(({ p99 }) => p99),
        trapRatio(runs).toFixed(2),
        milliseconds(Math.max(...runs.map(({ flooded }) => flooded.worst))),
        count(runs.reduce((sum, { flooded }) => sum + flooded.lost, 0)),
        percent(
          runs.reduce((sum, run) => sum + run.traps.answered, 0) /
            runs.reduce((sum, run) => sum + run.traps.asked, 0),
        ),
      ],
    ]
  })
  if (rows.length === 0) return ''
  const head = ['System', 'p50 idle, ms', 'flooded', 'p99 idle, ms', 'flooded', '×']
  head.push('Worst flooded', 'Hits lost', 'Traps answered')
  return `## Hits under a flood of KeyTrap answers\n\n${table(head, rows)}`
}

const milliseconds2 = (value: number): string => value.toFixed(2)

function method({ rounds }: DnssecResults): string {
  return `## How it is measured

- The room is that of [benchmarks.md](benchmarks.md): loopback, the system under measurement on a core \
of its own; dnsperf and the DoT upstream, an Unbound that serves the zones, on another. CPU time is what \
the kernel counted for all threads, divided by the answers with the right RCODE. ${rounds} rounds in \
turns, each with systems started anew; shown are medians and ranges.
- All zones are signed down from a root of the bench's own, by \`dnssec-signzone\`, with two keys each and \
NSEC; its DS is the only trust anchor. The two that are asked for have ${count(NAMES)} names.
- Each question is for a name of its own, the zone's keys known by then, and up to 200 are under way. A \
third of the names is asked unmeasured before. Clients set neither DO nor AD; of the answers, 50 are asked \
for again with AD, and must have it.
- NXDOMAIN: no two of the names lie between the same names of the zone, so that no proof answers for \
another (RFC 8198).
- Hits: 10,000 signed names, two processes of dotward on one core, asked in turns of a second.
- The flood asks ${count(TRAP_RATE)} times a second for names in a zone with 8 keys of one key tag, each \
with 16 signatures of that tag, of which none holds (CVE-2023-50387). Meanwhile others ask for 1,000 \
names in the cache, ${count(HIT_RATE)} times a second; their times count from the moment that a question \
leaves, ${SECONDS} s without the flood and ${SECONDS} s with it. What "not validating" has of it is the \
price of as many answers of any kind.`
}

function leftOut(systems: readonly SystemInfo[]): string {
  const lines = systems.flatMap(({ name, fault, version }) => {
    if (fault !== undefined) return [`- ${name}: ${fault}`]
    return version === null ? [`- ${name}: not installed`] : []
  })
  return lines.length === 0 ? '' : `## Not measured, or not to the end\n\n${lines.join('\n')}`
}

const range = ({ min, max }: Spread, digits: number): string =>
  `${min.toFixed(digits)}–${max.toFixed(digits)}`
