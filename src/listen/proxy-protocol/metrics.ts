// What doors for proxies tell those who count.

/** Why a datagram is not taken: from a stranger, or from a proxy without a right header. */
export type ProxyRefusal = 'not-a-proxy' | 'proxy-header'

export interface ProxyMetrics {
  onRefused(reason: ProxyRefusal): void
}
