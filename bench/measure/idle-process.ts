// Clients over TLS, in a process of their own: each asks once and then keeps its connection.

import { connect as connectTcp } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'

import { serveParent } from '../lab/child.ts'
import { framed, makeQuery } from '../lab/message.ts'

export type IdleRequest =
  | { readonly connect: number; readonly port: number }
  | { readonly count: true }

export interface IdleCount {
  /** Clients that have had an answer and still are connected. */
  readonly held: number
}

/** Handshakes under way at once: the many came over minutes, not in one moment. */
const AT_ONCE = 32

/** Clients come from 250 addresses of loopback: no server takes them for one. */
const ADDRESSES = 250

/** Milliseconds for a handshake and an answer. */
const PATIENCE = 5000

const open = new Set<TLSSocket>()

async function connectAll(count: number, port: number): Promise<void> {
  let next = 0
  const connectSome = async (): Promise<void> => {
    while (next < count) await connectOne(next++, port)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, connectSome))
}

/** Until it has its answer, or has none. */
function connectOne(number: number, port: number): Promise<void> {
  return new Promise((resolve) => {
    const localAddress = `127.1.0.${1 + (number % ADDRESSES)}`
    const carrier = connectTcp({ host: '127.0.0.1', port, localAddress })
    const socket = connect({ socket: carrier, rejectUnauthorized: false })
    socket.setTimeout(PATIENCE, () => socket.destroy())
    socket.on('error', () => {})
    socket.once('close', () => {
      open.delete(socket)
      resolve()
    })
    socket.once('data', () => {
      open.add(socket)
      socket.setTimeout(0)
      resolve()
    })
    socket.write(framed(makeQuery('idle', number)))
  })
}

serveParent(async (message): Promise<IdleCount> => {
  const request = message as IdleRequest
  if ('connect' in request) await connectAll(request.connect, request.port)
  return { held: open.size }
})
