// The load on everything but DoH: dnsperf.

import { type Load, type LoadResult, runLoad } from './load.ts'
import type { Transport } from './system.ts'

/** Of the option for cookies (RFC 7873 §4). */
const COOKIE = 10

export async function dnsperf(load: Load, transport: Transport): Promise<LoadResult> {
  const args = ['-m', transport, '-s', '127.0.0.1', '-p', String(load.port), '-d', load.questions]
  args.push('-c', String(load.clients), '-q', String(load.outstanding))
  if (load.seconds !== undefined) args.push('-l', String(load.seconds))
  if (load.timeout !== undefined) args.push('-t', String(load.timeout))
  if (load.passes !== undefined) args.push('-n', String(load.passes))
  if (load.rate !== undefined) args.push('-Q', String(load.rate))
  const { cookie = null } = load
  if (cookie !== null) args.push('-E', `${COOKIE}:${cookie.toString('hex')}`)
  return parseStatistics(await runLoad(load.core, 'dnsperf', args))
}

export function parseStatistics(output: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0)
  if (!output.includes('Statistics:')) throw new Error(`dnsperf printed no statistics: ${output}`)
  const rcodes: Record<string, number> = {}
  const listed = /Response codes:\s+(.*)/.exec(output)?.[1] ?? ''
  for (const [, name, count] of listed.matchAll(/(\w+) (\d+) \(/g)) rcodes[name!] = Number(count)
  return {
    sent: number(/Queries sent:\s+(\d+)/),
    lost: number(/Queries lost:\s+(\d+)/),
    rcodes,
    seconds: number(/Run time \(s\):\s+([\d.]+)/),
    perSecond: number(/Queries per second:\s+([\d.]+)/),
    latencyMeanMs: number(/Average Latency \(s\):\s+([\d.]+)/) * 1000,
    latencyMaxMs: number(/Average Latency \(s\):.*max ([\d.]+)/) * 1000,
    answerOctets: number(/Average packet size:.*response (\d+)/),
  }
}
