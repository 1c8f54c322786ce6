import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, mock, suite, test } from 'node:test'
import { SnapshotFolder, TestCache } from '../cache/snapshot/testing.ts'
import { sharedSecondsClock } from '../cache/seconds.ts'
import type { Config } from '../config/config.ts'
import { parseConfig } from '../config/load.ts'
import { createLogger, type LogRecord } from '../observe/log.ts'
import { CacheControl } from './cache-control.ts'
import { Snapshots } from './snapshots.ts'

const HOUR = 3_600_000

let folder: SnapshotFolder
let log: LogRecord[]
let counts: Map<string, number>
beforeEach(() => {
  folder = new SnapshotFolder()
  log = []
  counts = new Map()
})
afterEach(() => {
  mock.timers.reset()
  folder[Symbol.dispose]()
})

function configOf(snapshot: string): Config {
  const upstream = '{ name: one, address: 192.0.2.1, tlsName: one.example.org }'
  const text = `upstreams: [${upstream}]\ncache: { snapshot: ${snapshot} }`
  const loaded = parseConfig({ text, file: null, environment: {} })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.config
}

/** A process, as far as snapshots are concerned. */
class Process {
  readonly cache = new TestCache(8 * 1024 * 1024)
  readonly control: CacheControl
  readonly snapshots: Snapshots
  readonly now = sharedSecondsClock().seconds()

  constructor() {
    const upstreams = ['one']
    const logger = createLogger('info', (record) => log.push(record))
    const count = (name: string, by: number) => counts.set(name, (counts.get(name) ?? 0) + by)
    this.control = new CacheControl({
      memory: this.cache.memory,
      log: logger,
      upstreams,
      flushShared: () => Promise.resolve(false),
    })
    this.snapshots = new Snapshots({
      control: this.control,
      log: logger,
      upstreams,
      metrics: {
        snapshot: (event) => count(event, 1),
        entries: (event, entries) => count(`${event} entries`, entries),
      },
    })
  }

  put(count: number): void {
    for (let i = 0; i < count; i++) this.cache.put(`n${i}.example.org`, i, { at: this.now })
  }

  get entries(): number {
    return this.cache.cache.state().entries
  }
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100_000; turns++) {
    if (is()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.fail(`never: ${what}\n${JSON.stringify(log)}`)
}

const counted = (name: string): number => counts.get(name) ?? 0
const logged = (message: string): number =>
  log.filter((record) => record.message.includes(message)).length

/** Leaves a snapshot of so many entries behind. */
async function leave(entries: number): Promise<void> {
  const before = new Process()
  before.put(entries)
  before.snapshots.follow(configOf(`{ path: ${folder.path} }`))
  await before.snapshots.stop()
}

suite('snapshots', () => {
  test('are written at every interval, and at the end', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    const one = new Process()
    one.snapshots.follow(configOf(`{ path: ${folder.path}, interval: 1h }`))
    for (let round = 1; round <= 3; round++) {
      one.put(round * 10)
      mock.timers.tick(HOUR)
      await until('it is written', () => counted('written') === round)
    }
    assert.equal(counted('written entries'), 10 + 20 + 30)
    one.put(40)
    await one.snapshots.stop()
    assert.equal(counted('written entries'), 10 + 20 + 30 + 40)
    const next = new Process()
    next.snapshots.follow(configOf(`{ path: ${folder.path} }`))
    await until('it is back', () => counted('read') === 1)
    assert.equal(next.entries, 40)
    await next.snapshots.stop()
  })

  test('are not written again while nothing new is stored', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    const one = new Process()
    one.snapshots.follow(configOf(`{ path: ${folder.path}, interval: 1h }`))
    one.put(10)
    mock.timers.tick(HOUR)
    await until('it is written', () => counted('written') === 1)
    mock.timers.tick(3 * HOUR)
    await one.snapshots.stop()
    assert.equal(counted('written'), 2)
  })

  test('are not written without a path', async () => {
    const one = new Process()
    one.put(10)
    one.snapshots.follow(configOf('{}'))
    await one.snapshots.stop()
    assert.equal(counts.size, 0)
  })

  test('follow a reload to another file, which is not read then', async () => {
    await leave(10)
    const one = new Process()
    one.snapshots.follow(configOf('{}'))
    one.snapshots.follow(configOf(`{ path: ${folder.path} }`))
    one.put(3)
    await one.snapshots.stop()
    assert.equal(counted('read'), 0)
    assert.equal(counted('written entries'), 10 + 3)
  })

  test('that cannot be written are told of once, and again when they can', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    const path = `${folder.dir}/later/snapshot`
    const one = new Process()
    one.snapshots.follow(configOf(`{ path: ${path}, interval: 1h }`))
    for (let round = 1; round <= 3; round++) {
      mock.timers.tick(HOUR)
      await until('it has failed', () => counted('failed') === round)
    }
    assert.equal(logged('cannot be written'), 1)
    mkdirSync(dirname(path))
    await one.snapshots.stop()
    assert.equal(logged('can be written again'), 1)
    assert.ok(existsSync(path))
  })

  test('are not overwritten by one who stops before all was read, reloaded or not', async () => {
    await leave(5_000)
    const octets = folder.octets()
    const one = new Process()
    one.snapshots.follow(configOf(`{ path: ${folder.path} }`))
    one.snapshots.follow(configOf(`{ path: ${folder.path} }`))
    await one.snapshots.stop()
    assert.ok(one.entries < 5_000)
    assert.deepEqual(folder.octets(), octets)
  })

  test('bring nothing back that was flushed meanwhile', async () => {
    await leave(5_000)
    const one = new Process()
    one.snapshots.follow(configOf(`{ path: ${folder.path} }`))
    await until('some are back', () => one.entries > 0)
    assert.ok(one.entries < 5_000)
    await one.control.flush({ name: '.', subtree: true })
    await until('it is read', () => counted('read') === 1)
    assert.equal(one.entries, 0)
    await one.snapshots.stop()
  })

  test('that anybody may write are refused, and replaced', async () => {
    await leave(10)
    chmodSync(folder.path, 0o666)
    const one = new Process()
    one.snapshots.follow(configOf(`{ path: ${folder.path} }`))
    await until('it is refused', () => counted('refused') === 1)
    assert.equal(logged('is refused'), 1)
    one.put(1)
    await one.snapshots.stop()
    const next = new Process()
    next.snapshots.follow(configOf(`{ path: ${folder.path} }`))
    await until('it is read', () => counted('read') === 1)
    assert.equal(next.entries, 1)
    await next.snapshots.stop()
  })
})
