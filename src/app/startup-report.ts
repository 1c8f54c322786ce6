// The lines that a person reads when the program starts.

import type { ListenerConfig } from '../config/config.ts'
import type { ProbeResult } from '../upstream/probe.ts'
import type { App } from './app.ts'
import { routeLines } from './forwarding-report.ts'

/** What listens where, and for whom. */
export function listeningLines(app: App, version: string): string[] {
  const { workers, cache } = app.config
  const size = `${Math.round(cache.size / 2 ** 20)} MiB`
  const threads = workers === 1 ? '1 worker' : `${workers} workers`
  return [
    `dotward ${version} on Node.js ${process.versions.node}: ${threads}, ${size} of cache`,
    ...app.listeners.map((listener) => `  listening on ${listenerText(listener)}`),
    ...routeLines(app.config),
  ]
}

/** Which upstreams answered, and how fast; or what was wrong with them. */
export function probeLines(results: readonly ProbeResult[]): string[] {
  const nameOf = (result: ProbeResult) =>
    result.answered ? result.upstream : result.failure.upstream
  const width = Math.max(...results.map((result) => nameOf(result).length))
  const lines = results.map((result) => {
    const outcome = result.answered
      ? `answered in ${result.ms.toFixed(1)} ms`
      : `no answer (${result.failure.kind}): ${result.failure.detail}`
    return `  upstream ${nameOf(result).padEnd(width)}  ${outcome}`
  })
  if (!results.some(({ answered }) => answered)) {
    lines.push('  no upstream answers: clients get SERVFAIL until one does')
  }
  return lines
}

function listenerText({ address, port, protocols }: ListenerConfig): string {
  const host = address.includes(':') ? `[${address}]` : address
  const both = address === '::' ? ' (IPv4 and IPv6)' : ''
  return `${host}:${port} ${protocols.join(' and ')}${both}`
}
