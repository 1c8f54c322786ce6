import type { AddressFamily, Query, QueryHandler } from '../pipeline/query.ts'

/** What listeners call, so that a reload can change the pipeline behind them between two queries. */
export class CurrentHandler implements QueryHandler {
  current: QueryHandler | null = null

  handle(query: Query): number {
    return this.current === null ? 0 : this.current.handle(query)
  }

  foresee(bytes: Uint8Array, stride: number, lengths: Int32Array, count: number): void {
    this.current?.foresee?.(bytes, stride, lengths, count)
  }

  get admitsCertificates(): boolean {
    return this.current?.admitsCertificates ?? false
  }

  admits(client: Uint8Array, offset: number, family: AddressFamily): boolean {
    return this.current?.admits(client, offset, family) ?? false
  }
}
