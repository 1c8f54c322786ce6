// What stands before the pipeline at a UDP door for proxies: each message has a header before it
// that tells whose it is. Answers go back to the proxy, without one.

import { type AddressFamily, Handled, type Query, type QueryHandler } from '../../pipeline/query.ts'
import { ProxyHeader, ProxyVerdict } from './header.ts'
import type { ProxyRefusal } from './metrics.ts'
import type { AccessList } from '../../guard/acl.ts'

export interface ProxiedHandlerOptions {
  readonly handler: QueryHandler
  readonly proxies: AccessList
  readonly onRefused: (reason: ProxyRefusal) => void
}

/**
 * It does not foresee batches: where the questions begin is known only behind the headers.
 */
export class ProxiedHandler implements QueryHandler {
  /** May change between two messages. */
  proxies: AccessList
  readonly #handler: QueryHandler
  readonly #onRefused: (reason: ProxyRefusal) => void
  readonly #header = new ProxyHeader()

  constructor(options: ProxiedHandlerOptions) {
    this.#handler = options.handler
    this.proxies = options.proxies
    this.#onRefused = options.onRefused
  }

  handle(query: Query): number {
    const { bytes, start, length, client, clientOffset, clientFamily } = query
    if (!this.proxies.allows(client, clientOffset, clientFamily)) return this.#refuse('not-a-proxy')
    const header = this.#header
    if (header.read(bytes, start, start + length) !== ProxyVerdict.Whole) {
      return this.#refuse('proxy-header')
    }
    query.start = start + header.length
    query.length = length - header.length
    query.position = -1
    if (header.family === 0) return this.#handler.handle(query)
    query.client = header.address
    query.clientOffset = header.offset
    query.clientFamily = header.family
    try {
      return this.#handler.handle(query)
    } finally {
      // The listener sets the others before each message.
      query.client = client
    }
  }

  /** Nobody's address is known before a message has come. */
  admits(_client: Uint8Array, _offset: number, _family: AddressFamily): boolean {
    return false
  }

  #refuse(reason: ProxyRefusal): number {
    this.#onRefused(reason)
    return Handled.Dropped
  }
}
