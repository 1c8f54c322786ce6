import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { suite, test } from 'node:test'
import type { ListenerConfig } from '../config/config.ts'
import { createLogger } from '../observe/log.ts'
import { claimPort, ListenError } from './ports.ts'

const HOST = '127.0.0.1'
const log = createLogger('error', () => {})

function claim(port: number, ...protocols: ListenerConfig['protocols']): Promise<ListenerConfig> {
  return claimPort({ address: HOST, port, protocols }, log)
}

/** A port that another program has, for one protocol. */
async function taken(protocol: 'udp' | 'tcp'): Promise<{ port: number } & AsyncDisposable> {
  if (protocol === 'tcp') {
    const server = createServer().listen(0, HOST)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    return { port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }
  // As workers bind, so that a second dotward could bind as well.
  const socket = createSocket({ type: 'udp4', reusePort: true }).bind(0, HOST)
  await once(socket, 'listening')
  return { port: socket.address().port, [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]() }
}

suite('a port is tried before workers take it', () => {
  for (const protocol of ['udp', 'tcp'] as const) {
    test(`one that another program has for ${protocol} is named, with what helps (EADDRINUSE)`, async () => {
      await using other = await taken(protocol)
      await assert.rejects(claim(other.port, 'udp', 'tcp'), (error) => {
        assert.ok(error instanceof ListenError)
        const [first, ...rest] = error.message.split('\n')
        assert.equal(first, `cannot listen on ${HOST} port ${other.port}: another program has it`)
        assert.match(rest.join('\n'), new RegExp(`sport = :${other.port}`))
        assert.match(rest.join('\n'), /LISTEN_PORT=/)
        return true
      })
      // The other protocol's is free.
      await claim(other.port, protocol === 'udp' ? 'tcp' : 'udp')
    })
  }

  test('an address of another machine is named (EADDRNOTAVAIL)', async () => {
    const listener = { address: '192.0.2.1', port: 0, protocols: ['udp', 'tcp'] } as const
    await assert.rejects(claimPort(listener, log), {
      name: 'ListenError',
      message: /^cannot listen on 192\.0\.2\.1 port 0: this machine has no such address\n/,
    })
  })

  test('0 becomes one that is free for all protocols, and is free again afterwards', async () => {
    const { port } = await claim(0, 'udp', 'tcp')
    assert.ok(port > 0)
    assert.deepEqual(await claim(port, 'udp', 'tcp'), {
      address: HOST,
      port,
      protocols: ['udp', 'tcp'],
    })
  })
})
