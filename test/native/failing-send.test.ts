// A kernel that does not always take what is sent: full send buffers, firewalls, interrupted calls.
// The addon is built with a sendmmsg that fails as fuzz/failing_send.h says.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { BatchUdpListener } from '../../src/listen/udp/batch.ts'
import type { BatchAddon } from '../../src/listen/udp/batch-addon.ts'
import { CountingMetrics, Kind, message, ScriptedHandler } from '../../src/listen/udp/test-kit.ts'
import { UdpClient } from '../support/clients.ts'

const COMPILER = 'cc'
const QUERIES = 2_000
const AT_ONCE = 50
const ROOT = join(import.meta.dirname, '..', '..')

describe('UDP batches that the kernel takes in part', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dotward-send-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function load(): BatchAddon {
    const headers = join(process.execPath, '..', '..', 'include', 'node')
    const fault = join(ROOT, 'fuzz', 'failing_send.h')
    const source = join(ROOT, 'native', 'udp_batch.c')
    const output = join(folder, 'failing.node')
    const flags = ['-std=c11', '-shared', '-fPIC', '-isystem', headers, '-include', fault]
    execFileSync(COMPILER, [...flags, source, '-o', output])
    return createRequire(import.meta.url)(output) as BatchAddon
  }

  it('send every answer once, or count it', async () => {
    const metrics = new CountingMetrics()
    const errors: unknown[] = []
    const options = { address: '127.0.0.1', port: 0, v6Only: false, reusePort: false }
    const listener = new BatchUdpListener(
      {
        ...options,
        receiveBuffer: 0,
        handler: new ScriptedHandler(),
        metrics,
        onError: (error) => errors.push(error),
      },
      load(),
    )
    await using client = await UdpClient.open({ host: '127.0.0.1', port: listener.address().port })
    for (let id = 0; id < QUERIES; id++) {
      client.send(message(id % 2 === 0 ? Kind.Echo : Kind.Late, id))
      const settled = () => client.answers.length + metrics.unsent >= id + 1
      while (id % AT_ONCE === AT_ONCE - 1 && !settled()) await nudge(client, metrics)
    }
    const ids = client.answers.map((answer) => answer.readUInt16BE(0)).filter((id) => id < QUERIES)
    assert.equal(new Set(ids).size, ids.length, 'no answer twice')
    assert.equal(ids.length + metrics.unsent, QUERIES, 'none forgotten')
    assert.ok(metrics.unsent > 0, 'some were refused')
    assert.ok(ids.length > QUERIES / 2, 'most were sent')
    assert.deepEqual(errors, [])
    await listener.close()
  })
})

/** Refusals are told with the next batch: asks for one without an answer. */
async function nudge(client: UdpClient, metrics: CountingMetrics): Promise<void> {
  const { received } = metrics
  client.send(message(Kind.Drop, QUERIES))
  while (metrics.received === received) await turn()
}
