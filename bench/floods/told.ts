// A run in a few lines, for who watches.

import { milliseconds as ms } from '../report/table.ts'
import type { FloodRun } from './results.ts'
import { badness, missedBy } from './verdict.ts'

const mb = (octets: number): string => (octets / 1e6).toFixed(0)

export function told(run: FloodRun): string {
  const { scenario, failure, fared, memory, flood, attack, cpuSeconds } = run
  if (failure !== null) return `${scenario}: ${failure}`
  const lines = fared.map(
    (it) =>
      `  ${it.kind.padEnd(6)} ${it.sent} sent, ${badness(it).join(', ') || 'all good'}, ` +
      `p50 ${ms(it.p50)}, p99 ${ms(it.p99)}, worst ${ms(it.worst)} ms, late ${ms(it.lag)} ms, ` +
      `${it.cameBack} came back, ${it.reconnected} reconnected`,
  )
  if (memory !== null) {
    const { before, peak, after } = memory
    lines.push(
      `  memory ${mb(before)}, ${mb(peak)}, ${mb(after)} MB; CPU ${cpuSeconds.toFixed(1)} s`,
    )
  }
  if (flood !== null) lines.push(`  flood ${JSON.stringify(flood)}`)
  if (attack !== null) lines.push(`  attack ${JSON.stringify(attack)}`)
  const missed = missedBy(run)
  return [`${scenario}: ${missed.length === 0 ? 'reached' : missed.join('; ')}`, ...lines].join(
    '\n',
  )
}
