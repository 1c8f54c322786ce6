// How many connections there may be, over all workers: exact, also when a worker dies or the
// configuration is read again. And what clients are told of it.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa } from '../support/certificates.ts'
import { TcpClient } from '../support/clients.ts'
import { DoorClient } from '../support/door-client.ts'
import { Dotward } from '../support/dotward.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { DotServer } from '../support/dot-server.ts'
import { makeQuery } from '../support/messages.ts'

const running = new AsyncDisposableStack()
after(() => running.disposeAsync())
const ca = running.use(createTestCa())
const upstream = running.use(
  await DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }) }),
)
const CRASH_WORKER = new URL('../support/crash-worker.mjs', import.meta.url).href
const QUERY = makeQuery('www.example.org')

function config(tcp: Readonly<Record<string, unknown>>) {
  const upstreams = [
    { address: '127.0.0.1', port: upstream.port, tlsName: DOT_NAME, ca: ca.caPath },
  ]
  return { workers: 4, upstreams, tcp: { idleTimeout: '1m', minIdleTimeout: '1m', ...tcp } }
}

/** Opens connections until some stay without an answer. @returns those that are served */
async function openMany(proxy: Dotward, count: number, from: string): Promise<DoorClient[]> {
  const served: DoorClient[] = []
  for (let i = 0; i < count; i++) {
    const client = await DoorClient.open({ way: 'tcp', port: proxy.port, from })
    client?.send(QUERY)
    if (client !== null && (await client.received(1))) served.push(client)
    else client?.[Symbol.dispose]()
  }
  return served
}

function close(clients: readonly DoorClient[]): void {
  for (const client of clients) client[Symbol.dispose]()
}

test('one client has no more connections than one may have, over four workers', async () => {
  await using proxy = await Dotward.start(config({ maxPerClient: 10 }))
  const first = await openMany(proxy, 30, '127.0.0.2')
  assert.equal(first.length, 10)
  const another = await openMany(proxy, 3, '127.0.0.3')
  assert.equal(another.length, 3)
  const counters = await proxy.counters()
  assert.equal(counters('connections_refused{reason="client-full"}'), 20)
  close(first.splice(0, 4))
  await delay(100)
  const later = await openMany(proxy, 10, '127.0.0.2')
  assert.equal(later.length, 4)
  close([...first, ...another, ...later])
})

test('a client is a prefix, as it is set', async () => {
  await using proxy = await Dotward.start(config({ maxPerClient: 2, ipv4Prefix: 24 }))
  const clients = [
    ...(await openMany(proxy, 2, '127.0.0.2')),
    ...(await openMany(proxy, 2, '127.0.0.3')),
    ...(await openMany(proxy, 2, '127.0.1.2')),
  ]
  assert.equal(clients.length, 4)
  close(clients)
})

test('the connections of a worker that dies are taken back', async () => {
  const flag = join(ca.dir, 'crash-now')
  const env = { NODE_OPTIONS: `--import ${CRASH_WORKER}`, CRASH_WORKER_AT: flag }
  const settings = config({ maxPerClient: 8, maxConnections: 16 })
  await using proxy = await Dotward.start(settings, { env })
  await proxy.program.printed(/4 workers/)
  for (let round = 0; round < 3; round++) {
    const clients = await openMany(proxy, 12, '127.0.0.2')
    assert.equal(clients.length, 8, `round ${round}`)
    const from = proxy.program.output.length
    writeFileSync(flag, '')
    await proxy.program.printed(/worker is back/, from)
    const dead = clients.filter((client) => client.closed)
    const instead = await openMany(proxy, 12, '127.0.0.2')
    assert.equal(instead.length, dead.length, `round ${round}, after the death`)
    close([...clients, ...instead])
    await delay(100)
  }
})

test('a reload counts on, unless it changes what is counted', async () => {
  const settings = config({ maxPerClient: 5 })
  await using proxy = await Dotward.start(settings)
  const clients = await openMany(proxy, 8, '127.0.0.2')
  assert.equal(clients.length, 5)
  proxy.reload({ ...settings, cache: { size: '8MiB' } })
  await proxy.program.printed(/reloaded|in force/)
  assert.equal((await openMany(proxy, 3, '127.0.0.2')).length, 0)
  close(clients)
})

test('clients are told the idle time in force, less as the table fills (RFC 7828 §3.3.2)', async () => {
  const settings = config({ maxConnections: 16, idleTimeout: '10s', minIdleTimeout: '2s' })
  await using proxy = await Dotward.start(settings)
  const asking = Buffer.concat([
    makeQuery('www.example.org', { opts: [{}] }),
    Buffer.of(0, 11, 0, 0),
  ])
  asking.writeUInt16BE(4, asking.length - 6)
  const told = async (client: TcpClient): Promise<number> => {
    const answer = await client.ask(asking)
    const option = answer!.indexOf(Buffer.of(0, 11, 0, 2))
    assert.notEqual(option, -1)
    return answer!.readUInt16BE(option + 4)
  }
  await using client = await TcpClient.open({ host: '127.0.0.1', port: proxy.port })
  assert.equal(await told(client), 100)
  const others = await openMany(proxy, 14, '127.0.0.2')
  assert.equal(others.length, 14)
  assert.equal(await told(client), 20)
  close(others)
})
