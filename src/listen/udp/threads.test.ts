// The batch addon in worker threads, and what happens to its sockets when a thread or the process
// ends without closing them. This file is also what those threads and processes run.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parentPort, Worker } from 'node:worker_threads'
import { UdpClient } from '../../../test/support/clients.ts'
import { answerTo, Kind, message, TestListener } from './test-kit.ts'

const EXIT_WITH_OPEN_SOCKETS = 'exit-with-open-sockets'
const THIS_FILE = new URL(import.meta.url)

if (parentPort !== null) await serve(parentPort)
else if (process.argv[2] === EXIT_WITH_OPEN_SOCKETS) await exitWithOpenSockets()
else registerTests()

/** A worker: tells its port, and closes or exits when told to. */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const server = await TestListener.open({
    batch: 'addon',
    reusePort: true,
    port: await told(port),
  })
  port.on('message', (command) => {
    if (command === 'exit') process.exit(3)
    void server.listener.close().then(() => port.close())
  })
  port.postMessage(server.port)
}

async function told(port: NonNullable<typeof parentPort>): Promise<number> {
  const [value] = (await once(port, 'message')) as [number]
  return value
}

async function exitWithOpenSockets(): Promise<void> {
  const server = await TestListener.open({ batch: 'addon' })
  await TestListener.open({ batch: 'addon', address: '::1' })
  const handle = server.handler.handle.bind(server.handler)
  server.handler.handle = (query) => {
    // Within a batch: the worst moment.
    setImmediate(() => process.exit(4))
    if (query.length === 20) process.exit(5)
    return handle(query)
  }
  const client = await UdpClient.open({ host: '127.0.0.1', port: server.port })
  client.send(message(Kind.Echo, 1, Number(process.argv[3])))
}

function registerTests(): void {
  it('serves from several threads at once on one port', async () => {
    const first = await startWorker(0)
    const second = await startWorker(first.port)
    await assertAnswered(first.port, 32)
    await assertStops(first.worker, () => first.worker.postMessage('close'), 0)
    await assertAnswered(second.port, 32)
    await assertStops(second.worker, () => second.worker.postMessage('close'), 0)
  })

  it('lets a thread be terminated with open sockets, and its port be taken again', async () => {
    const { worker, port } = await startWorker(0)
    await assertAnswered(port, 1)
    await worker.terminate()
    await using next = await TestListener.open({ batch: 'addon', port })
    assert.equal(next.port, port)
  })

  it('lets a thread be terminated while queries come in', async () => {
    for (let round = 0; round < 5; round++) {
      const { worker, port } = await startWorker(0)
      await using client = await UdpClient.open({ host: '127.0.0.1', port })
      const kinds = [Kind.Echo, Kind.Late, Kind.Hold, Kind.Tick]
      for (let id = 0; id < 200; id++) client.send(message(kinds[id % 4]!, id))
      await client.ask(message(Kind.Echo, 1))
      for (let id = 0; id < 200; id++) client.send(message(kinds[id % 4]!, id))
      await worker.terminate()
    }
  })

  it('lets a thread exit with open sockets', async () => {
    const { worker, port } = await startWorker(0)
    await assertAnswered(port, 1)
    await assertStops(worker, () => worker.postMessage('exit'), 3)
  })

  for (const { when, length, status } of [
    { when: 'between batches', length: 40, status: 4 },
    { when: 'within a batch', length: 20, status: 5 },
  ]) {
    it(`lets the process exit with open sockets, ${when}`, () => {
      const file = fileURLToPath(THIS_FILE)
      const child = spawnSync(process.execPath, [file, EXIT_WITH_OPEN_SOCKETS, String(length)], {
        encoding: 'utf8',
        env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      })
      assert.deepEqual(
        { status: child.status, signal: child.signal, stderr: child.stderr },
        { status, signal: null, stderr: '' },
      )
    })
  }
}

async function startWorker(wanted: number): Promise<{ worker: Worker; port: number }> {
  const worker = new Worker(THIS_FILE)
  worker.postMessage(wanted)
  const [port] = (await once(worker, 'message')) as [number]
  return { worker, port }
}

async function assertAnswered(port: number, clients: number): Promise<void> {
  for (let i = 0; i < clients; i++) {
    await using client = await UdpClient.open({ host: '127.0.0.1', port })
    const query = message(Kind.Echo, i)
    assert.deepEqual(await client.ask(query), answerTo(query))
  }
}

async function assertStops(worker: Worker, stop: () => void, code: number): Promise<void> {
  const exit = once(worker, 'exit')
  stop()
  assert.deepEqual(await exit, [code])
}
