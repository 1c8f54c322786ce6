// Answers that outlive a restart in a store on disk, with all upstreams gone.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { ConfigFile, Dotward, runDotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'

const running = new AsyncDisposableStack()
const ca = running.use(createTestCa())
const folder = mkdtempSync(join(tmpdir(), 'dotward-disk-'))
let upstream: DotServer
before(async () => {
  upstream = running.use(await DotServer.start({ certificate: ca.issue({ names: [TLS_NAME] }) }))
})
after(async () => {
  await running.disposeAsync()
  rmSync(folder, { recursive: true })
})

const NAMES = Array.from({ length: 50 }, (_, i) => `name-${i}.example.org`)

function configOf(path: string, settings: object = {}) {
  return {
    workers: 2,
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    cache: {
      size: '4MiB',
      store: { kind: 'disk', path, size: '16MiB', secret: 'a secret of some length', ...settings },
    },
  }
}

async function ask(proxy: Dotward, name: string): Promise<string[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return addressesIn(readAnswer((await client.ask(makeQuery(name)))!))
}

suite('a store on disk', () => {
  for (const [how, sealed] of [
    ['SIGTERM', false],
    ['SIGKILL', true],
  ] as const) {
    test(`after ${how} answers what was asked for before, with no upstream left`, async () => {
      const path = join(folder, how)
      const config = configOf(path, { sealed })
      {
        await using proxy = await Dotward.start(config)
        for (const name of NAMES) assert.deepEqual(await ask(proxy, name), ['192.0.2.1'])
        await proxy.program.until('all is written', async () => {
          return (await proxy.counters())('store_writes{event="written"}') >= NAMES.length
        })
        if (how === 'SIGTERM') await proxy.stop()
      }
      await using proxy = await Dotward.start({ ...config, upstreams: [NOBODY] })
      for (const name of NAMES) assert.deepEqual(await ask(proxy, name), ['192.0.2.1'])
      // On a busy machine a look-up may come after its time: it answers all the same.
      const count = await proxy.counters()
      const found = count('store_lookups{result="hit"}') + count('store_lookups{result="late"}')
      assert.equal(found, NAMES.length)
    })
  }

  test('in a folder that cannot be used is a problem that `check` and the start name', async () => {
    const inTheWay = join(folder, 'a-file')
    writeFileSync(inTheWay, '')
    for (const path of [inTheWay, join(inTheWay, 'below')]) {
      using file = new ConfigFile(configOf(path))
      for (const command of ['check', 'serve']) {
        const { code, output } = await runDotward([command, '-c', file.path]).exited
        assert.equal(code, 1, output)
        assert.match(output, /cache\.store\.path.*a-file/)
      }
    }
  })

  test('can be left for another by a reload, and is free for others then', async () => {
    const config = configOf(join(folder, 'left'))
    await using proxy = await Dotward.start(config)
    proxy.reload(configOf(join(folder, 'next')))
    await proxy.program.printed(/the new configuration is in force/)
    assert.deepEqual(await ask(proxy, 'reloaded.example.org'), ['192.0.2.1'])
    await proxy.program.until('it is in the next store', async () => {
      return (await proxy.counters())('store_writes{event="written"}') > 0
    })
    await using other = await Dotward.start(config)
    assert.deepEqual(await ask(other, 'other.example.org'), ['192.0.2.1'])
    proxy.reload(configOf(join(folder, 'left')))
    await proxy.program.printed(/left cannot be used as a store: another process uses it/)
    assert.deepEqual(await ask(proxy, 'still.example.org'), ['192.0.2.1'])
    await proxy.stop()
  })

  test('that another process uses is told of at the start', async () => {
    const config = configOf(join(folder, 'shared'))
    await using first = await Dotward.start(config)
    using file = new ConfigFile({ ...config, listeners: [{ address: '127.0.0.1', port: 0 }] })
    const { code, output } = await runDotward(['serve', '-c', file.path]).exited
    assert.notEqual(code, 0)
    assert.match(output, /shared cannot be used as a store: another process uses it/)
    assert.deepEqual(await ask(first, 'alive.example.org'), ['192.0.2.1'])
  })
})

const NOBODY = { name: 'nobody', address: '127.0.0.1', port: 9, tlsName: 'nobody.example' }
