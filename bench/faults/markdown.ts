// docs/faults.md, whole, from the results: no number in it is typed by hand, and no sentence holds
// for one outcome only.

import { count, milliseconds as ms, table } from '../report/table.ts'
import type { SoakResults } from '../soak/results.ts'
import { soakSection } from '../soak/report.ts'
import { Demand, type Fault } from './catalogue.ts'
import type { FaultResults, FaultSystem } from './results.ts'
import { cellAt, DOTWARD, measuredFaults, measuredSystems, measuredUpstreams } from './table.ts'
import { BACK_AFTER, type Cell, EXTRA_SHARE, KNOWN, WORST } from './verdict.ts'

/** From this lag of the load on, in milliseconds, a figure needs a remark. */
const REMARKABLE_LAG = 20

export interface Extras {
  /** Path of the chart, relative to the report. */
  readonly chart: string
  readonly soak: SoakResults | null
}

export function toMarkdown(results: FaultResults, { chart, soak }: Extras): string {
  const parts = [
    '# When upstreams fail',
    'Written by `npm run bench:faults` from `faults.json`; not edited by hand. What a cache hit or ' +
      'a miss costs stands in [benchmarks.md](benchmarks.md).',
    machineTable(results),
    `![Worst answer by fault and system](${chart})`,
    verdicts(results),
    ...measuredFaults(results).map((fault) => section(results, fault)),
    ...(soak === null ? [] : [soakSection(soak)]),
    method(results),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function machineTable({ machine: it, rate }: FaultResults): string {
  return table(
    ['Machine', ''],
    [
      ['Processor', `${it.processor}, ${it.cores} cores, ${it.memoryGiB} GiB`],
      ['Kernel', `Linux ${it.kernel}`],
      ['Upstreams', `Unbound ${it.tools['Unbound (upstream)'] ?? ''}`],
      ['Load', `${rate.toLocaleString('en')} misses a second`],
      ['Date', it.date.slice(0, 10)],
    ],
  )
}

function verdicts(results: FaultResults): string {
  const numbers = measuredUpstreams(results)
  const rows = measuredFaults(results).flatMap((fault) => {
    const cells = numbers.map((upstreams) => cellAt(results, fault, DOTWARD, upstreams))
    if (cells.every((cell) => cell === null)) return []
    return [[fault.name, demanded(fault.demand), ...cells.map(verdict)]]
  })
  if (rows.length === 0) return ''
  const head = ['Fault', 'Target', ...numbers.map((number) => `dotward, ${number} upstreams`)]
  return `## Targets\n\n${table(head, rows)}`
}

function demanded(demand: Demand): string {
  if (demand === Demand.Outage) {
    return `all answered within ${WORST[demand]} ms, good ${BACK_AFTER} ms after the return`
  }
  if (demand === Demand.Covered) {
    return `0 lost, 0 SERVFAIL, worst ≤ ${WORST[demand]} ms; p99.9 ≤ ${KNOWN} ms once it is known`
  }
  const extra = `${EXTRA_SHARE * 100} %`
  return `0 lost, 0 SERVFAIL, worst ≤ ${WORST[demand]} ms, extra ≤ ${extra}`
}

const verdict = (cell: Cell | null): string => {
  if (cell === null) return 'not measured'
  return cell.missed.length === 0 ? 'reached' : `**missed: ${cell.missed.join(', ')}**`
}

function section(results: FaultResults, fault: Fault): string {
  const numbers = measuredUpstreams(results)
  const tables = numbers.flatMap((upstreams) => {
    const rows = measuredSystems(results).flatMap((system) => {
      const cell = cellAt(results, fault, system.id, upstreams)
      return cell === null ? [] : [row(system, fault, cell)]
    })
    if (rows.length === 0) return []
    const head = ['System', 'Version', 'Sent', 'Lost', 'SERVFAIL', 'Not right']
    head.push('p50 ms', 'p99 ms', 'p99.9 ms', 'Worst ms', 'Extra queries')
    if (fault.demand === Demand.Outage) head.push('Good again after, ms')
    if (fault.demand === Demand.Covered) head.push('p99.9 in the outage, ms')
    head.push('Target')
    return [`${upstreams} upstreams:`, table(head, rows)]
  })
  return [`## ${sentence(fault.name)}`, ...tables].join('\n\n')
}

function row(system: FaultSystem, fault: Fault, cell: Cell): string[] {
  const { failure, backAfter, lag } = cell
  const name = system.id === DOTWARD ? `**${system.name}**` : system.name
  const columns = fault.demand === Demand.Outage || fault.demand === Demand.Covered ? 10 : 9
  if (failure !== null) return [name, system.version, ...Array(columns).fill(''), failure]
  const remark = lag >= REMARKABLE_LAG ? ` (load late by up to ${ms(lag)})` : ''
  const cells = [name, system.version, count(cell.sent)]
  cells.push(count(cell.lost), count(cell.servFail), count(cell.notGood))
  cells.push(ms(cell.p50), ms(cell.p99), ms(cell.p999), ms(cell.worst) + remark)
  cells.push(`${(cell.extraShare * 100).toFixed(1)} %`)
  if (fault.demand === Demand.Outage) cells.push(backAfter === null ? 'never' : ms(backAfter))
  if (cell.known !== null) cells.push(ms(cell.known))
  return [...cells, verdict(cell)]
}

function method(results: FaultResults): string {
  const rounds = Math.max(...results.runs.map((run) => run.round))
  return `## How it is measured

- Real processes, nothing mocked: the upstreams are Unbound servers that speak DoT with \
certificates of the run's own authority, the system under fault has a core to itself, load and \
upstreams share another. All of it happens on loopback in a network namespace of its own.
- Each run starts the system and its upstreams anew, warms it for a second, and asks \
${results.rate.toLocaleString('en')} names a second that were never asked before. After 4 s the \
fault begins at the first upstream; it lasts 4 s; 4 s more follow. Each was run ${rounds} times at \
most; shown are the sums of the counts and the worst of the times.
- Questions leave by a schedule that nothing delays. An answer's time counts from the moment its \
question was due, up to 1 ms before it left. After 10 s without an answer a query is lost.
- Right is NOERROR under the same ID and question, with the address that was asked for.
- Extra queries are those that the upstreams counted beyond one for each question. Below zero: \
queries on their way to a dead upstream were never counted there. Shown for all of a run's \
questions.
- Packets are dropped, or answered by a reset, by nft rules for the upstream's port, both ways. \
Late answers come through a relay that holds back what the upstream says.
- Handshakes that never finish, wrong certificates, closing after every answer, SERVFAIL and \
garbage are played by a scripted DoT server in the first upstream's place, which answers rightly \
before and after. Garbage is noise without a frame, noise in a frame, and noise after the right ID \
and question, in turn.
- Names seen before are asked for again and again while no upstream is there; nothing is kept for \
longer than a second, so that every answer is one past its time (RFC 8767). The outage counts as \
known a second after it began. Only dotward is measured there.
- Without a fault in the table, "nothing" shows what the machine does by itself.
- How each system is configured stands in \`bench/peers\`.`
}

const sentence = (text: string): string => text[0]!.toUpperCase() + text.slice(1)
