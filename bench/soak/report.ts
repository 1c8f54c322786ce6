// The part of docs/faults.md that tells of the soak.

import { type Series, type SoakResults, type Trend, trendOf } from './results.ts'

const MIB = 1024 * 1024

const ROWS: readonly { series: Series; name: string; show: (value: number) => string }[] = [
  { series: 'residentBytes', name: 'Resident memory, MiB', show: (it) => (it / MIB).toFixed(1) },
  {
    series: 'heapBytes',
    name: 'JavaScript heap after a collection, MiB',
    show: (it) => (it / MIB).toFixed(2),
  },
  { series: 'fileDescriptors', name: 'Open files and sockets', show: (it) => it.toFixed(1) },
  { series: 'handles', name: 'Timers, sockets and other handles', show: (it) => it.toFixed(1) },
]

/** Growth is that of the regression line from a third of the time on. */
export function trendTable(soak: Pick<SoakResults, 'samples'>): string {
  const rows = ROWS.flatMap(({ series, name, show }) => {
    const trend = trendOf(soak, series)
    if (trend === null) return []
    const cells = [name, show(trend.least), show(trend.most), show(trend.growth)]
    return [`| ${[...cells, verdictOf(trend)].join(' | ')} |`]
  })
  return ['| | Least | Most | Growth | |', '| --- | ---: | ---: | ---: | ---: |', ...rows].join(
    '\n',
  )
}

export function soakSection(soak: SoakResults): string {
  const { minutes, rate, faults, clientConnections, sent, lost, notGood, version } = soak
  const worsts = Object.entries(soak.worstDuring).map(
    ([id, worst]) => `${id} ${worst.toFixed(0)} ms`,
  )
  const count = (value: number): string => value.toLocaleString('en')
  return `## Soak

${minutes} minutes of dotward ${version} on ${soak.machine.date.slice(0, 10)}: ${rate} misses a \
second, ${count(faults)} faults of three upstreams one after the other, \
${count(clientConnections)} TCP connections of clients. Of ${count(sent)} queries ${count(lost)} \
were lost and ${count(notGood)} got no right answer; the worst answer took \
${soak.worst.toFixed(0)} ms. Growth is that of the regression line from a third of the time on.

${trendTable(soak)}

Worst answer by fault: ${worsts.join(', ')}.`
}

const verdictOf = ({ level }: Trend): string => (level ? 'level' : '**grows**')
