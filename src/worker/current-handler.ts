import type { AddressFamily, Batch, Query, QueryHandler } from '../pipeline/query.ts'

/** What listeners call, so that a reload can change the pipeline behind them between two queries. */
export class CurrentHandler implements QueryHandler {
  current: QueryHandler | null = null

  handle(query: Query): number {
    return this.current === null ? 0 : this.current.handle(query)
  }

  foresee(batch: Batch, count: number): void {
    this.current?.foresee?.(batch, count)
  }

  get admitsCertificates(): boolean {
    return this.current?.admitsCertificates ?? false
  }

  admits(client: Uint8Array, offset: number, family: AddressFamily): boolean {
    return this.current?.admits(client, offset, family) ?? false
  }
}
