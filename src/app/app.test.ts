// The main thread's side, over real worker threads. What stands behind the upstreams does not
// matter here: an opcode that is not implemented is answered by any worker that lives.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, suite, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { stringify } from 'yaml'
import { UdpClient } from '../../test/support/clients.ts'
import { makeQuery, Rcode, readAnswer } from '../../test/support/messages.ts'
import type { LogRecord } from '../observe/log.ts'
import { App } from './app.ts'

const HOST = '127.0.0.1'
const STATUS_QUERY = makeQuery('example.org', { flags: 0x1000 })
const dir = mkdtempSync(join(tmpdir(), 'dotward-test-'))
after(() => rmSync(dir, { recursive: true }))
const file = join(dir, 'dotward.yaml')

/** Threads in the order of their birth. */
const threads: Worker[] = []
const onWorker = (worker: Worker): number => threads.push(worker)
let apps: App[] = []
let log: LogRecord[] = []

beforeEach(() => {
  threads.length = 0
  apps = []
  log = []
  process.on('worker', onWorker)
})
afterEach(async () => {
  process.off('worker', onWorker)
  await Promise.all(apps.map((app) => app.stop()))
})

type Settings = Readonly<Record<string, unknown>>

function configure(settings: Settings = {}): void {
  const upstreams = ['192.0.2.1#dot.example.org']
  const listeners = [{ address: HOST, port: 0 }]
  const cache = { size: '1MiB' }
  const timeouts = { query: '1s', shutdown: '1s' }
  const config = { workers: 1, upstreams, listeners, cache, timeouts, ...settings }
  writeFileSync(file, stringify(config))
}

async function start(settings: Settings = {}): Promise<App> {
  configure(settings)
  const opened = App.open({ load: { file, environment: {} }, sink: (record) => log.push(record) })
  assert.ok(opened.ok)
  apps.push(opened.app)
  await opened.app.start()
  return opened.app
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (is()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.fail(`never: ${what}\n${JSON.stringify(log)}`)
}

const logged = (message: string): number =>
  log.filter((record) => record.message === message).length

/**
 * The response code that one of many clients gets, which the kernel spreads over workers. It asks
 * again as stub resolvers do: what waits at a worker's socket goes when the worker dies.
 */
async function rcodeAt(port: number, query = STATUS_QUERY): Promise<number | null> {
  await using client = await UdpClient.open({ host: HOST, port })
  for (let tries = 0; tries < 5; tries++) {
    const answer = await client.ask(query, 1_000)
    if (answer !== null) return readAnswer(answer).rcode
  }
  return null
}

async function rcodesAt(port: number, query = STATUS_QUERY): Promise<(number | null)[]> {
  return Promise.all(Array.from({ length: 12 }, () => rcodeAt(port, query)))
}

const all = (rcode: number): number[] => Array.from({ length: 12 }, () => rcode)
const portOf = (app: App): number => app.listeners[0]!.port

suite('workers', () => {
  test('one that dies is replaced, and the others go on', async () => {
    const app = await start({ workers: 2 })
    assert.equal(threads.length, 2)
    for (let death = 1; death <= 3; death++) {
      const dead = threads.at(-1)!
      await dead.terminate()
      await until('it is back', () => logged('the worker is back') === death)
      assert.equal(threads.length, 2 + death)
      assert.deepEqual(await rcodesAt(portOf(app)), all(Rcode.NotImp))
    }
    assert.equal(logged('a worker died and is replaced'), 3)
  })

  test('one that dies again and again is replaced later each time', async () => {
    await start({ workers: 1 })
    for (let death = 1; death <= 4; death++) {
      await threads.at(-1)!.terminate()
      await until('it is back', () => logged('the worker is back') === death)
    }
    const delays = log
      .filter(({ fields }) => 'after' in fields)
      .map(({ fields }) => fields['after'])
    assert.deepEqual(delays, [10, 20, 40, 80])
  })

  test('a death does not stand in the way of a reload, which the replacement follows', async () => {
    const app = await start({ workers: 2 })
    const deny = { allow: ['10.0.0.0/8'], onDeny: 'refuse' }
    configure({ workers: 2, access: deny })
    const [dead] = threads as [Worker]
    const reloaded = once(dead, 'exit').then(() => app.reload())
    await dead.terminate()
    assert.deepEqual(await reloaded, { ok: true })
    await until('it is back', () => logged('the worker is back') === 1)
    assert.deepEqual(await rcodesAt(portOf(app)), all(Rcode.Refused))
  })

  test('that were only being made when everything stops end as well', async () => {
    const app = await start({ workers: 1 })
    configure({ workers: 4 })
    const reloading = app.reload()
    await until('they are being made', () => threads.length === 4)
    await Promise.all([app.stop(), reloading])
    assert.deepEqual(
      threads.map(({ threadId }) => threadId),
      [-1, -1, -1, -1],
    )
  })
})

suite('a reload', () => {
  test('puts more or fewer workers to work', async () => {
    const app = await start({ workers: 1 })
    const count = () => threads.filter(({ threadId }) => threadId !== -1).length
    for (const workers of [3, 1, 2]) {
      configure({ workers })
      assert.deepEqual(await app.reload(), { ok: true })
      assert.equal(count(), workers)
      assert.equal(app.config.workers, workers)
      assert.deepEqual(await rcodesAt(portOf(app)), all(Rcode.NotImp))
    }
  })

  test('changes the level of the log, in the workers too', async () => {
    const app = await start({ log: { level: 'error' } })
    const query = (name: string) => rcodeAt(portOf(app), makeQuery(name))
    assert.equal(await query('one.example.org'), Rcode.ServFail)
    assert.deepEqual(log, [])
    // Another upstream, for one failure of a kind is told at once and the next after a while.
    configure({ log: { level: 'debug' }, upstreams: ['192.0.2.2#dot.example.org'] })
    assert.deepEqual(await app.reload(), { ok: true })
    app.log.debug('from the main thread')
    assert.equal(logged('from the main thread'), 1)
    assert.equal(await query('two.example.org'), Rcode.ServFail)
    await until('a worker tells of it', () => log.length > 1)
  })

  test('with an invalid configuration changes nothing', async () => {
    const app = await start()
    const before = app.config
    writeFileSync(file, 'workers: 0\naccess: { allow: [nobody] }\n')
    const reloaded = await app.reload()
    assert.ok(!reloaded.ok)
    assert.equal(reloaded.problems.length, 2)
    assert.equal(app.config, before)
    assert.equal(await rcodeAt(portOf(app)), Rcode.NotImp)
  })

  test('with a file that became empty changes nothing: it may be half written', async () => {
    const app = await start()
    const before = app.config
    writeFileSync(file, '# nothing\n')
    assert.deepEqual(await app.reload(), { ok: false, problems: [`${file}: is empty`] })
    assert.equal(app.config, before)
  })

  test('with a port that is taken changes nothing, not even what could be had', async () => {
    const app = await start()
    const [listeners, config] = [app.listeners, app.config]
    const other = createServer().listen(0, HOST)
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const access = { allow: ['10.0.0.0/8'], onDeny: 'refuse' }
    const wanted = [
      { address: HOST, port: 0 },
      { address: '127.0.0.9', port: 0 },
      { address: HOST, port },
    ]
    configure({ access, listeners: wanted, workers: 2, cache: { size: '2MiB' } })
    const reloaded = await app.reload()
    other.close()
    assert.ok(!reloaded.ok)
    assert.match(reloaded.problems[0]!, /another program has it/)
    assert.deepEqual([app.listeners, app.config], [listeners, config])
    assert.equal(await rcodeAt(portOf(app)), Rcode.NotImp)
    assert.equal(threads.length, 1)
  })

  test('that a worker cannot follow changes nothing', async () => {
    const app = await start()
    const { config } = app
    writeFileSync(
      join(dir, 'ca.pem'),
      'not a certificate\n-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
    )
    const upstream = { address: '192.0.2.1', tlsName: 'dot.example.org', ca: 'ca.pem' }
    configure({ upstreams: [upstream], workers: 2 })
    const reloaded = await app.reload()
    assert.ok(!reloaded.ok)
    assert.equal(app.config, config)
    assert.equal(await rcodeAt(portOf(app)), Rcode.NotImp)
    assert.equal(threads.filter(({ threadId }) => threadId !== -1).length, 1)
  })

  test('waits for the one before it, and for the start', async () => {
    configure()
    const opened = App.open({ load: { file, environment: {} }, sink: (record) => log.push(record) })
    assert.ok(opened.ok)
    const { app } = opened
    apps.push(app)
    const started = app.start()
    const reloads = [2, 3, 1].map((workers) => {
      configure({ workers })
      return app.reload()
    })
    await started
    for (const reloaded of await Promise.all(reloads)) assert.deepEqual(reloaded, { ok: true })
    assert.equal(app.config.workers, 1)
    assert.equal(app.listeners.length, 1)
    assert.deepEqual(await rcodesAt(portOf(app)), all(Rcode.NotImp))
  })

  test('goes to other addresses and ports and back, with answers under way', async () => {
    const app = await start()
    const port = portOf(app)
    await using client = await UdpClient.open({ host: HOST, port })
    const answer = client.ask(makeQuery('slow.example.org'), 5_000)
    assert.deepEqual(await rcodesAt(port), all(Rcode.NotImp))
    for (const listener of [
      { address: HOST, port: 0 },
      { address: HOST, port },
      { address: '::', port },
      { address: HOST, port },
    ]) {
      configure({ listeners: [listener] })
      assert.deepEqual(await app.reload(), { ok: true })
      assert.deepEqual(await rcodesAt(portOf(app)), all(Rcode.NotImp))
    }
    assert.equal(readAnswer((await answer)!).rcode, Rcode.ServFail)
  })

  test('keeps the port that the system chose, and opens another beside it', async () => {
    const two = [
      { address: HOST, port: 0 },
      { address: HOST, port: 0 },
    ]
    const app = await start({ listeners: two })
    const ports = app.listeners.map(({ port }) => port)
    assert.equal(new Set(ports).size, 2)
    assert.deepEqual(await app.reload(), { ok: true })
    assert.deepEqual(
      app.listeners.map(({ port }) => port),
      ports,
    )
    for (const port of ports) assert.equal(await rcodeAt(port), Rcode.NotImp)
  })
})

test('counters are those of all workers, and outlive them', async () => {
  const app = await start({ workers: 2 })
  await rcodesAt(portOf(app))
  await Promise.all(threads.slice().map((thread) => thread.terminate()))
  const text = app.countersText()
  const [, queries] = /^queries\{transport="udp"\} (\d+)$/m.exec(text)!
  assert.ok(Number(queries) >= 12)
  assert.ok(text.includes(`\nrejected{reason="not-implemented"} ${queries}\n`))
  assert.match(app.countersText(), /^cache_size_bytes \d+$/m)
})
