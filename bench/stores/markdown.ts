// docs/stores.md, whole, from the results: no number in it is typed by hand, and no sentence holds
// for one outcome only.

import { count, milliseconds as ms, table } from '../report/table.ts'
import { storeFaults } from './catalogue.ts'
import { DEAD_AFTER } from './redis.ts'
import type { Handover, StoreResults } from './results.ts'
import { AFTER, BEFORE, LENGTH } from './run-fault.ts'
import {
  BACK_AFTER,
  cellOf,
  HANDED_OVER,
  missedByHandover,
  PER_NAME,
  type StoreCell,
  WORST,
} from './verdict.ts'

/** From this lag of the load on, in milliseconds, a figure needs a remark. */
const REMARKABLE_LAG = 20

/** @param chart its path, relative to the report */
export function toMarkdown(results: StoreResults, chart: string): string {
  const parts = [
    '# When the shared store fails',
    'Written by `npm run bench:stores` from `stores.json`; not edited by hand. How to set a store ' +
      'up stands in [configuration.md](configuration.md).',
    machineTable(results),
    `![Worst answer by fault of the store](${chart})`,
    `Target under every fault: 0 lost, 0 SERVFAIL, no answer after more than ${WORST} ms, and the \
store used again within ${BACK_AFTER / 1000} s of its return, with nothing restarted.`,
    faultTable(results),
    handoverSection(results.handover),
    method(results),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function machineTable({ machine: it, version, redis, rate }: StoreResults): string {
  return table(
    ['Machine', ''],
    [
      ['Processor', `${it.processor}, ${it.cores} cores, ${it.memoryGiB} GiB`],
      ['Kernel', `Linux ${it.kernel}`],
      ['dotward', version],
      ['Store', `Redis ${redis}`],
      ['Load', `${count(rate)} queries a second`],
      ['Date', it.date.slice(0, 10)],
    ],
  )
}

function faultTable({ runs }: StoreResults): string {
  const head = ['The store', 'Sent', 'Lost', 'SERVFAIL', 'Not right', 'p50 ms', 'p99 ms']
  head.push('Worst ms', 'Store hits before, during, after', 'Used again after, ms')
  head.push('Upstream queries', 'Target')
  const rows = storeFaults.flatMap((fault) => {
    const own = runs.filter((run) => run.fault === fault.id)
    return own.length === 0 ? [] : [[fault.name, ...cells(cellOf(own), head.length - 1)]]
  })
  return table(head, rows)
}

function cells(cell: StoreCell, columns: number): string[] {
  const { failure, backAfter, lag } = cell
  if (failure !== null) return [...Array<string>(columns - 1).fill(''), failure]
  const remark = lag >= REMARKABLE_LAG ? ` (load late by up to ${ms(lag)})` : ''
  return [
    count(cell.sent),
    count(cell.lost),
    count(cell.servFail),
    count(cell.notGood),
    ms(cell.p50),
    ms(cell.p99),
    ms(cell.worst) + remark,
    cell.hits.map(count).join(', '),
    backAfter === null ? 'never' : ms(backAfter),
    count(cell.upstreamQueries),
    verdict(cell.missed),
  ]
}

const verdict = (missed: readonly string[]): string =>
  missed.length === 0 ? 'reached' : `**missed: ${missed.join(', ')}**`

function handoverSection(handover: Handover | null): string {
  if (handover === null) return ''
  const { names, p50, p99, worst, upstreamQueries } = handover
  const rows = [
    [count(names), ms(p50), ms(p99), ms(worst), count(upstreamQueries)],
    ['', '', `≤ ${HANDED_OVER}`, '', `≤ ${count(Math.floor(names * PER_NAME))}`],
  ]
  const head = ['Names', 'p50 ms', 'p99 ms', 'Worst ms', 'Upstream queries']
  return `## Two proxies and one store

Each name is asked of one proxy and, as soon as its answer is there, of the other. The times are \
those that the other needs to answer: ${verdict(missedByHandover(handover))}.

${table(head, rows)}`
}

function method({ rate, runs }: StoreResults): string {
  const rounds = Math.max(1, ...runs.map((run) => run.round))
  const seconds = (length: number): string => `${length / 1000} s`
  return `## How it is measured

- Real processes: two proxies of one worker each on one core; load, upstreams and store on another; \
everything on loopback in a network namespace of its own. The upstreams are two scripted DoT servers \
that answer at once, so that what is slow here is slow for the store's sake.
- ${count(rate)} questions a second go to the two in turn. Half of them are for names never asked \
before, a quarter for names that the same proxy was asked 0.2 s ago, a quarter for names that the \
other was asked then.
- After ${seconds(BEFORE)} the fault begins; ${seconds(LENGTH)} later it is taken back; \
${seconds(AFTER)} more follow. Each was run ${rounds} times at most; shown are the sums of the counts \
and the worst of the times.
- Questions leave by a schedule that nothing delays. An answer's time counts from the moment its \
question was due, up to 1 ms before it left. After 10 s without an answer a query is lost.
- Right is NOERROR under the same ID and question, with the address that was asked for.
- The store is used again when both proxies have had another answer of it; counters are looked at \
ten times a second.
- Slow is a relay that holds back what the server says. Garbage is a relay that answers in the \
server's place, in turns of half a second: noise; a reply that is announced and never comes; a \
well-formed reply that means nothing to every request. Full is \`maxmemory 1\` with \`noeviction\`.
- The cluster has three masters, each with a replica; there is one replica behind three Sentinels. \
Both take a server for dead after ${DEAD_AFTER / 1000} s. Killed masters come back at the fault's end. \
A third of a master's slots are moved by \`redis-cli --cluster reshard\`.
- Without a fault in the table, "nothing" shows what the machine does by itself.`
}
