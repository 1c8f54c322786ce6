// A configuration on one screen, for `dotward check`.

import type { Config, UpstreamConfig } from './config.ts'
import { listenerId } from './sections/listeners.ts'
import { formatDuration, formatSize } from './units.ts'

/** Lists are cut where they would fill the screen. */
const SHOWN = 8

export function summarize(config: Config): string[] {
  const { workers, listeners, upstreams, timeouts, cache, access } = config
  const heads = ['workers', 'listen', 'ask', 'cache', 'allow', 'deny', 'answer within']
  const width = Math.max(...heads.map((head) => head.length)) + 2
  const row = (head: string, rows: readonly string[]) =>
    rows.map((text, i) => `${(i === 0 ? head : '').padEnd(width)}${text}`)
  return [
    ...row('workers', [String(workers)]),
    ...row('listen', cut(listeners.map((one) => `${listenerId(one)} ${one.protocols.join(' ')}`))),
    ...row('ask', cut(upstreams.map(describeUpstream))),
    ...row('answer within', [formatDuration(timeouts.query)]),
    ...row('cache', [
      `${formatSize(cache.size)}, TTL ${formatDuration(cache.minTtl)} to ${formatDuration(cache.maxTtl)}`,
    ]),
    ...row('allow', [ranges(access.allow)]),
    ...row('deny', [`${ranges(access.deny)}; others are ${DENIED[access.onDeny]}`]),
  ]
}

const DENIED = { drop: 'dropped', refuse: 'refused' } as const

function describeUpstream({ name, address, port, tlsName, pins, ca }: UpstreamConfig): string {
  const proof = [
    `certificate for ${tlsName ?? address}`,
    ...(pins.length === 0 ? [] : [`${pins.length} pinned`]),
    ...(ca === null ? [] : [`signed by ${ca}`]),
  ]
  return `${name}: ${address} port ${port}, ${proof.join(', ')}`
}

function ranges(all: readonly string[]): string {
  return all.length === 0 ? 'none' : cut(all).join(' ')
}

function cut(all: readonly string[]): string[] {
  return all.length <= SHOWN ? [...all] : [...all.slice(0, SHOWN), `and ${all.length - SHOWN} more`]
}
