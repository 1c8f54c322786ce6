// How soon one proxy has what was asked of the other: each name is asked of the first, and as soon as
// its answer is there, of the second.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { now } from '../lab/clock.ts'
import { makeQuery } from '../lab/message.ts'
import type { Handover } from './results.ts'

const NAMES = 500

/** Milliseconds. */
const PATIENCE = 5_000

/** @param upstreamQueries how many queries upstreams have had so far */
export async function measureHandover(
  [first, second]: readonly [number, number],
  upstreamQueries: () => Promise<number>,
): Promise<Handover> {
  using one = await Client.open(first)
  using other = await Client.open(second)
  const before = await upstreamQueries()
  const times: number[] = []
  for (let i = 0; i < NAMES; i++) {
    const query = makeQuery(`handed-over-${i}`, i)
    await one.ask(query)
    const since = now()
    await other.ask(query)
    times.push(now() - since)
  }
  times.sort((a, b) => a - b)
  const quantile = (share: number): number => times[Math.floor(share * (NAMES - 1))]!
  return {
    names: NAMES,
    p50: quantile(0.5),
    p99: quantile(0.99),
    worst: quantile(1),
    upstreamQueries: (await upstreamQueries()) - before,
  }
}

class Client implements Disposable {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(port: number): Promise<Client> {
    const socket = createSocket('udp4')
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Client(socket)
  }

  async ask(query: Uint8Array): Promise<void> {
    const answered = once(this.#socket, 'message', { signal: AbortSignal.timeout(PATIENCE) })
    this.#socket.send(query)
    await answered
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}
