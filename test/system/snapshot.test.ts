// What was asked for before a restart is there after it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'

const ca = createTestCa()
const certificate = ca.issue({ names: [TLS_NAME] })
const dir = mkdtempSync(join(tmpdir(), 'dotward-test-'))
after(() => {
  ca[Symbol.dispose]()
  rmSync(dir, { recursive: true })
})

const NAMES = Array.from({ length: 50 }, (_, i) => `n${i}.example.org`)

async function ask(proxy: Dotward, names: readonly string[]): Promise<string[][]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const answers = []
  for (const name of names) {
    answers.push(addressesIn(readAnswer((await client.ask(makeQuery(name)))!)))
  }
  return answers
}

suite('a snapshot', () => {
  const path = join(dir, 'cache.snapshot')
  const cache = { size: '4MiB', snapshot: { path } }
  let config: { upstreams: unknown[]; cache: typeof cache }

  test('is written when the program stops, for its user alone', async () => {
    await using upstream = await DotServer.start({ certificate })
    config = { upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)], cache }
    await using proxy = await Dotward.start(config)
    const answers = await ask(proxy, NAMES)
    assert.ok(answers.every(([address]) => address === '192.0.2.1'))
    const { output } = await proxy.stop()
    assert.match(output, /^snapshots\{event="written"\} 1$/m)
    assert.match(output, /^snapshot_entries\{event="written"\} 50$/m)
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })

  test('is read at the start: its answers are there with all upstreams dead', async () => {
    await using proxy = await Dotward.start(config)
    await proxy.program.printed(/answers from before the restart are back/)
    const answers = await ask(proxy, NAMES)
    assert.ok(answers.every(([address]) => address === '192.0.2.1'))
    const counters = await proxy.counters()
    assert.equal(counters('snapshot_entries{event="restored"}'), 50)
    assert.equal(counters('cache_hits'), 50)
  })

  test('of upstreams that are not asked any more is passed over', async () => {
    const [only] = config.upstreams as { name: string }[]
    await using proxy = await Dotward.start({ ...config, upstreams: [{ ...only, name: 'other' }] })
    await proxy.program.printed(/answers from before the restart are back/)
    const counters = await proxy.counters()
    assert.equal(counters('snapshot_entries{event="restored"}'), 0)
    assert.equal(counters('snapshot_entries{event="passed"}'), 50)
  })

  test('that is torn, or no snapshot at all, keeps nobody from starting', async () => {
    const foreign = join(dir, 'letters')
    writeFileSync(foreign, 'Dear all,')
    await using proxy = await Dotward.start({
      ...config,
      cache: { ...cache, snapshot: { path: foreign } },
    })
    await proxy.program.printed(/the snapshot of the cache is refused.*foreign/)
    const { output } = await proxy.stop()
    assert.match(output, /is no snapshot, and is not overwritten/)
  })
})
