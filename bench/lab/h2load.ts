// The load on DoH. It is h2load's: dnsperf takes but one answer out of a TLS record and waits for
// the others in vain when a server sends several in one.

import { type Load, type LoadResult, runLoad } from './load.ts'

/** Answers are good by their status: what is in them is looked at before (see doh-probe.ts). */
export async function h2load(load: Load): Promise<LoadResult> {
  const { clients, outstanding, seconds = 1, questions } = load
  const args = ['-c', String(clients), '-m', String(Math.ceil(outstanding / clients))]
  // The cipher that the other load generator and its servers agree on.
  args.push('-t', '1', '-D', String(seconds), '--tls13-ciphers=TLS_AES_256_GCM_SHA384')
  args.push('-H', 'accept: application/dns-message', '-i', questions)
  return parseH2load(await runLoad(load.core, 'h2load', args))
}

export function parseH2load(output: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0)
  const done = /requests: \d+ total, (\d+) started, (\d+) done/.exec(output)
  if (done === null) throw new Error(`h2load printed no statistics: ${output}`)
  if (!output.includes('TLSv1.3')) throw new Error('h2load got no TLS 1.3')
  const rcodes: Record<string, number> = {}
  const good = number(/status codes: (\d+) 2xx/)
  const bad = Number(done[2]) - good
  if (good > 0) rcodes['NOERROR'] = good
  if (bad > 0) rcodes['HTTP'] = bad
  const [, , most = '0 ms', mean = '0 ms'] =
    /time for request:\s+(\S+)\s+(\S+)\s+(\S+)/.exec(output) ?? []
  return {
    // Those that were under way when the time was up are nobody's fault.
    sent: Number(done[2]),
    lost: number(/, (\d+) timeout/),
    rcodes,
    seconds: number(/finished in ([\d.]+)s/),
    perSecond: number(/([\d.]+) req\/s/),
    latencyMeanMs: milliseconds(mean),
    latencyMaxMs: milliseconds(most),
    answerOctets: number(/\((\d+)\) data/) / Math.max(1, Number(done[2])),
  }
}

/** "428us", "8.48ms" or "1.02s". */
function milliseconds(text: string): number {
  const value = Number.parseFloat(text)
  return text.endsWith('us') ? value / 1000 : text.endsWith('ms') ? value : value * 1000
}
