// What https doors tell those who count; connections and queries are counted elsewhere.

export interface HttpsMetrics {
  /** A request got another HTTP status than 200. */
  onRefused(status: number): void
}
