// TLS at a stream listener under test, with a certificate made for it; and its clients' side.

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect, createSecureContext, TLSSocket } from 'node:tls'
import type { Handshaker } from '../../src/listen/stream/door.ts'
import { createTestCa } from './certificates.ts'

export function createTestHandshaker(): Handshaker {
  using ca = createTestCa()
  const { cert, key } = ca.issue({ names: ['dns.example.org'] })
  const secureContext = createSecureContext({ cert, key })
  return {
    asksForCertificates: true,
    begin: (raw, _client, done) => {
      const socket = new TLSSocket(raw, { isServer: true, secureContext })
      socket.once('secure', () => done({ socket, identity: null, alpn: null }))
      socket.once('error', () => done(null))
    },
  }
}

/** Makes a connection a TLS one that trusts anybody. */
export async function upgrade(raw: Socket): Promise<TLSSocket> {
  const socket = connect({ socket: raw, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}
