// Options of upstreams under test: in-process servers on 127.0.0.1, known as dot.example.org.

import { DEFAULT_HEDGING } from '../../src/upstream/selection/hedging.ts'
import type { UpstreamMetrics } from '../../src/upstream/metrics.ts'
import { DEFAULT_UPSTREAM_LIMITS, type UpstreamOptions } from '../../src/upstream/options.ts'

export const DOT_NAME = 'dot.example.org'

/** One upstream after the other, and nothing extra: tests know who is asked. */
export const IN_ORDER = {
  selection: { strategy: 'ordered', fastestOf: 2 },
  hedging: { ...DEFAULT_HEDGING, budget: 0 },
} as const

/** Short enough for a test to see every time-out, long enough for a busy machine. */
export const QUICK_LIMITS = {
  ...DEFAULT_UPSTREAM_LIMITS,
  connectTimeout: 1_500,
  raceAfter: 300,
  stallTimeout: 400,
  // Tests that count connections count those that queries need.
  spareConnections: 0,
}

export function upstreamAt(
  server: { readonly port: number },
  ca: { readonly caPem: string },
  changes: Partial<UpstreamOptions> = {},
): UpstreamOptions {
  return {
    name: `upstream-${server.port}`,
    address: '127.0.0.1',
    port: server.port,
    tlsName: DOT_NAME,
    pins: [],
    ca: ca.caPem,
    clientCertificate: null,
    clientKey: null,
    ...changes,
  }
}

/** Counts what an upstream tells, by method. */
export class CountingMetrics implements UpstreamMetrics {
  readonly counts: Record<string, number> = {}
  /** Why servers were not authenticated. */
  readonly faults: string[] = []

  querySent(): void {
    this.#count('querySent')
  }

  answered(): void {
    this.#count('answered')
  }

  failed(kind: string): void {
    this.#count(`failed ${kind}`)
  }

  answerUnmatched(): void {
    this.#count('answerUnmatched')
  }

  queryResent(): void {
    this.#count('queryResent')
  }

  connectionOpened(resumed: boolean): void {
    this.#count(resumed ? 'connectionResumed' : 'connectionOpened')
  }

  connectionFailed(kind: string): void {
    this.#count(`connectionFailed ${kind}`)
  }

  connectionClosed(): void {
    this.#count('connectionClosed')
  }

  unauthenticatedOpened(fault: string): void {
    this.#count('unauthenticatedOpened')
    this.faults.push(fault)
  }

  unauthenticatedClosed(): void {
    this.#count('unauthenticatedClosed')
  }

  retried(): void {
    this.#count('retried')
  }

  hedged(): void {
    this.#count('hedged')
  }

  hedgeWon(): void {
    this.#count('hedgeWon')
  }

  hedgeDenied(): void {
    this.#count('hedgeDenied')
  }

  subnetRefused(): void {
    this.#count('subnetRefused')
  }

  circuitOpened(): void {
    this.#count('circuitOpened')
  }

  circuitClosed(): void {
    this.#count('circuitClosed')
  }

  probeSent(): void {
    this.#count('probeSent')
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}
