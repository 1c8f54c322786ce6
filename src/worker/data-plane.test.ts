import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { stringify } from 'yaml'
import { createTestCa } from '../../test/support/certificates.ts'
import { TcpClient, UdpClient } from '../../test/support/clients.ts'
import { DotServer, type ServedQuery } from '../../test/support/dot-server.ts'
import { DOT_NAME } from '../../test/support/dot-upstream-options.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../../test/support/messages.ts'
import { planFrom } from '../app/plan.ts'
import { claimPort } from '../app/ports.ts'
import { allocateCache } from '../cache/answer-cache.ts'
import { loadConfig } from '../config/load.ts'
import { allocateCounters, countersText } from '../observe/counters.ts'
import { createLogger } from '../observe/log.ts'
import { DataPlane } from './data-plane.ts'
import type { DataPlan } from './plan.ts'

const HOST = '127.0.0.1'
const dir = mkdtempSync(join(tmpdir(), 'dotward-test-'))
const ca = createTestCa()
after(() => {
  ca[Symbol.dispose]()
  rmSync(dir, { recursive: true })
})
const certificate = ca.issue({ names: [DOT_NAME] })
const log = createLogger('error', () => {})
const cache = allocateCache(2 ** 20)

function planOf(server: DotServer, ports: readonly number[], settings = {}): DataPlan {
  const file = join(dir, 'dotward.yaml')
  const upstreams = [{ address: HOST, port: server.port, tlsName: DOT_NAME, ca: ca.caPath }]
  const listeners = ports.map((port) => ({ address: HOST, port }))
  writeFileSync(file, stringify({ upstreams, listeners, dnssec: { mode: 'off' }, ...settings }))
  const loaded = loadConfig({ file, environment: {} })
  assert.ok(loaded.ok)
  return planFrom(loaded.config, loaded.config.listeners, [], null)
}

async function freePorts(count: number): Promise<number[]> {
  const protocols = ['udp', 'tcp'] as const
  const ports = []
  for (let i = 0; i < count; i++) {
    ports.push((await claimPort({ address: HOST, port: 0, protocols }, log)).port)
  }
  return ports
}

/** Whether nobody listens there, not even with SO_REUSEPORT. */
async function isFree(port: number): Promise<boolean> {
  const listener = { address: HOST, port, protocols: ['udp', 'tcp'] as const }
  return claimPort(listener, log).then(
    () => true,
    () => false,
  )
}

function newPlane(counters = allocateCounters(2)): DataPlane {
  return new DataPlane({ thread: 1, counters, log, onFlush() {}, onClockDoubt() {} })
}

suite('a data plane', () => {
  test('loses no query between its first socket and the word to begin', async () => {
    await using server = await DotServer.start({ certificate })
    const counters = allocateCounters(2)
    const plane = newPlane(counters)
    const [port] = (await freePorts(1)) as [number]
    await plane.prepare(planOf(server, [port]), cache)
    await using udp = await UdpClient.open({ host: HOST, port })
    const answer = await udp.ask(makeQuery('a.example.org'))
    plane.commit()
    assert.deepEqual(addressesIn(readAnswer(answer!)), ['192.0.2.1'])
    assert.equal(await plane.stop(1_000), 0)
    assert.match(countersText(counters, []), /^cache_misses 1$/m)
    assert.ok(await isFree(port))
  })

  test('answers those who asked a listener that a new plan does not have', async () => {
    const held: ServedQuery[] = []
    await using server = await DotServer.start({ certificate, react: (query) => held.push(query) })
    const plane = newPlane()
    const [port, other] = (await freePorts(2)) as [number, number]
    await plane.prepare(planOf(server, [port]), cache)
    plane.commit()
    await using udp = await UdpClient.open({ host: HOST, port })
    const answer = udp.ask(makeQuery('replaced.example.org'))
    while (held.length === 0) await new Promise(setImmediate)
    await plane.prepare(planOf(server, [other]), cache)
    plane.commit()
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    held[0]!.answer()
    assert.deepEqual(addressesIn(readAnswer((await answer)!)), ['192.0.2.1'])
    assert.equal(await plane.stop(1_000), 0)
  })

  test('answers what is under way when it stops, and what an earlier plan left under way', async () => {
    const held: ServedQuery[] = []
    await using server = await DotServer.start({ certificate, react: (query) => held.push(query) })
    const plane = newPlane()
    const [port] = (await freePorts(1)) as [number]
    await plane.prepare(planOf(server, [port]), cache)
    plane.commit()
    await using udp = await UdpClient.open({ host: HOST, port })
    await using tcp = await TcpClient.open({ host: HOST, port })
    const answers = []
    for (const [i, client] of [udp, tcp].entries()) {
      answers.push(client.ask(makeQuery(`held${i}.example.org`)))
      while (held.length <= i) await new Promise(setImmediate)
      // The same listeners and upstreams under another plan.
      await plane.prepare(planOf(server, [port], { cache: { maxTtl: `${i + 10}s` } }), cache)
      plane.commit()
    }
    const stopped = plane.stop(5_000)
    for (const query of held) query.answer()
    assert.equal(await stopped, 0)
    for (const answer of await Promise.all(answers)) {
      assert.deepEqual(addressesIn(readAnswer(answer!)), ['192.0.2.1'])
    }
  })

  test('keeps its UDP sockets under a plan with other buffers, with the answers that they owe', async () => {
    const held: ServedQuery[] = []
    await using server = await DotServer.start({ certificate, react: (query) => held.push(query) })
    const plane = newPlane()
    const [port] = (await freePorts(1)) as [number]
    await plane.prepare(planOf(server, [port]), cache)
    plane.commit()
    await using udp = await UdpClient.open({ host: HOST, port })
    const answer = udp.ask(makeQuery('owed.example.org'))
    while (held.length === 0) await new Promise(setImmediate)
    await plane.prepare(planOf(server, [port], { udp: { receiveBuffer: '64KiB' } }), cache)
    plane.commit()
    await new Promise(setImmediate)
    held[0]!.answer()
    assert.deepEqual(addressesIn(readAnswer((await answer)!)), ['192.0.2.1'])
    await plane.stop(1_000)
  })

  test('tells how many questions it left when its time was up', async () => {
    const held: ServedQuery[] = []
    await using server = await DotServer.start({ certificate, react: (query) => held.push(query) })
    const plane = newPlane()
    const [port] = (await freePorts(1)) as [number]
    await plane.prepare(planOf(server, [port]), cache)
    plane.commit()
    await using tcp = await TcpClient.open({ host: HOST, port })
    const answer = tcp.ask(makeQuery('never.example.org'))
    while (held.length === 0) await new Promise(setImmediate)
    assert.equal(await plane.stop(50), 1)
    assert.equal(readAnswer((await answer)!).rcode, Rcode.ServFail)
  })

  test('is as it was when a plan cannot be prepared, and nothing of that plan stays open', async () => {
    await using server = await DotServer.start({ certificate })
    const plane = newPlane()
    const [port, fresh, taken] = (await freePorts(3)) as [number, number, number]
    await plane.prepare(planOf(server, [port]), cache)
    plane.commit()
    await using blocker = await DotServer.start({ certificate, port: taken })
    await assert.rejects(plane.prepare(planOf(server, [fresh, blocker.port]), cache), {
      code: 'EADDRINUSE',
    })
    plane.commit()
    assert.ok(await isFree(fresh))
    await using udp = await UdpClient.open({ host: HOST, port })
    assert.notEqual(await udp.ask(makeQuery('b.example.org')), null)
    await plane.stop(1_000)
  })

  test('drops what was prepared when that is aborted, or another plan is prepared', async () => {
    await using server = await DotServer.start({ certificate })
    const plane = newPlane()
    const [port, first, second] = (await freePorts(3)) as [number, number, number]
    await plane.prepare(planOf(server, [first]), cache)
    await plane.prepare(planOf(server, [second]), cache)
    assert.ok(await isFree(first))
    await plane.abort()
    assert.ok(await isFree(second))
    await plane.prepare(planOf(server, [port]), cache)
    plane.commit()
    await using udp = await UdpClient.open({ host: HOST, port })
    assert.notEqual(await udp.ask(makeQuery('c.example.org')), null)
    await plane.prepare(planOf(server, [first]), cache)
    await plane.stop(1_000)
    assert.deepEqual([await isFree(port), await isFree(first)], [true, true])
  })
})
