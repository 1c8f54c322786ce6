// docs/floods.md, whole, from the results: no number in it is typed by hand, and no sentence holds
// for one outcome only.

import { count, milliseconds as ms, table } from '../report/table.ts'
import { AFTER, ATTACK_NOTES, BEFORE, scenarios } from './catalogue.ts'
import { CLIENT_NAMES } from './chart.ts'
import type { Fared, FloodResults, FloodRun } from './results.ts'
import { SETTINGS } from './settings.ts'
import { GROWTH, missedBy, missedFor, P99, REMARKABLE_LAG } from './verdict.ts'

/** @param chart path relative to the report */
export function toMarkdown(results: FloodResults, chart: string): string {
  const { runs } = results
  const parts = [
    '# Under attack',
    'Written by `npm run bench:floods` from `floods.json`; not edited by hand. What the guard ' +
      'costs when nobody attacks stands in [benchmarks.md](benchmarks.md).',
    machine(results),
    `![Answers to good clients under attack](${chart})`,
    '## Targets',
    `Good clients lose no answer, and 99 of 100 come within ${P99} ms; resident memory grows by no ` +
      `more than ${mb(GROWTH)} MB.`,
    table(
      ['Attack', 'Length, s', ''],
      runs.map((run) => [nameOf(run), `${run.seconds}`, verdict(run)]),
    ),
    '## Memory',
    table(
      ['Attack', 'Before, MB', 'Peak', 'After', 'Connections made', 'Held at most', 'Ended by us'],
      runs.filter(({ memory }) => memory !== null).map(memoryRow),
    ),
    ...floods(runs),
    '## Good clients',
    table(
      [
        'Attack',
        'Client',
        'Sent',
        'Lost',
        'Wrong',
        'SERVFAIL or refused',
        'p50 ms',
        'p99 ms',
        'Worst ms',
        'Asked again over TCP',
        'Reconnected',
      ],
      runs.flatMap((run) => run.fared.map((one) => clientRow(run, one))),
    ),
    method(results),
  ]
  return `${parts.join('\n\n')}\n`
}

function machine({ machine: it, version, rate }: FloodResults): string {
  return table(
    ['Machine', ''],
    [
      ['Processor', `${it.processor}, ${it.cores} cores, ${it.memoryGiB} GiB`],
      ['Kernel', `Linux ${it.kernel}`],
      ['dotward', `${version}, one worker`],
      ['Good clients', `8 of each kind, ${count(rate)} queries a second for each kind`],
      ['Date', it.date.slice(0, 10)],
    ],
  )
}

function verdict(run: FloodRun): string {
  const missed = missedBy(run)
  return missed.length === 0 ? 'reached' : `**missed: ${missed.join('; ')}**`
}

function memoryRow(run: FloodRun): string[] {
  const { memory, attack } = run
  const made = attack === null ? ['', '', ''] : Object.values(connections(attack))
  return [nameOf(run), mb(memory!.before), mb(memory!.peak), mb(memory!.after), ...made]
}

const connections = ({ opened, mostHeld, ended }: NonNullable<FloodRun['attack']>) => ({
  opened: count(opened),
  mostHeld: count(mostHeld),
  ended: count(ended),
})

function floods(runs: readonly FloodRun[]): string[] {
  const rows = runs.flatMap((run) => {
    const { flood, seconds } = run
    if (flood === null) return []
    const each = (value: number): string => count(Math.round(value / seconds))
    const ratio = (flood.answerOctets / Math.max(1, flood.octets)).toFixed(2)
    return [[nameOf(run), each(flood.queries), each(flood.answers), ratio]]
  })
  if (rows.length === 0) return []
  const head = ['Flood', 'Queries a second', 'Answers a second', 'Octets out for one in']
  return ['## Floods', table(head, rows)]
}

function clientRow(run: FloodRun, one: Fared): string[] {
  const { sent, lost, wrong, servFail, refused } = one
  const { p50, p99, worst, lag, cameBack, reconnected } = one
  const remark = lag >= REMARKABLE_LAG ? ` (asked late by up to ${ms(lag)})` : ''
  const bad = missedFor(one).length > 0
  const name = bad ? `**${CLIENT_NAMES[one.kind]}**` : CLIENT_NAMES[one.kind]
  const counts = [sent, lost, wrong, servFail + refused].map(count)
  const times = [ms(p50), ms(p99), ms(worst) + remark]
  return [nameOf(run), name, ...counts, ...times, count(cameBack), count(reconnected)]
}

function method({ runs }: FloodResults): string {
  const notes = ATTACK_NOTES.map((note) => `- ${note}`).join('\n')
  const measured = `${runs.length} of ${scenarios.length} attacks were run, each once.`
  return `## How it is measured

- Two network namespaces that the command makes, joined by a cable (veth); addresses are those for \
documentation. dotward has a core to itself; attackers, good clients and the upstream, an Unbound \
over DoT, share the other, good clients before all others, attackers last. A flood is as fast as \
its share of that core allows, which is nearly all of it; the cable's work is done on that core.
- dotward has one worker, ways in over UDP, TCP, DoT and DoH, and these settings beside those that \
come with it:

\`\`\`yaml
${SETTINGS.trimEnd()}
\`\`\`

- Good clients ask for cached names by a schedule that nothing delays; an answer's time counts from \
the moment its question was due. They ask once: what is lost is lost. A truncated answer is asked \
for again over TCP, on a connection that ended all open questions are asked again, and the time of \
it counts. They ask for ${BEFORE} s before the attack and ${AFTER} s after it too; figures are of all that time.
- Memory is resident memory, looked at ten times a second; "after" is ${AFTER} s after the attack's end.
${notes}
- ${measured}`
}

const nameOf = (run: FloodRun): string =>
  scenarios.find(({ id }) => id === run.scenario)?.name ?? run.scenario

const mb = (octets: number): string => (octets / 1e6).toFixed(0)
