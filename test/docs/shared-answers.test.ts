// Whether the examples of shared answers reach real servers, with the rights that the page names.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { storePlan } from '../../src/app/store-plan.ts'
import type { RedisStoreOptions } from '../../src/cache/stores/redis.ts'
import { parseConfig } from '../../src/config/load.ts'
import { nodesOf, RedisProbe } from '../stores/redis-probe.ts'
import { writeDocumentedFiles } from '../support/documented-files.ts'
import { RedisCluster, RedisServer, RedisSet } from '../support/redis.ts'

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
const section = /^## Shared answers\n[^]*?(?=^## )/m.exec(page)![0]

const folder = mkdtempSync(join(tmpdir(), 'dotward-docs-'))
after(() => rmSync(folder, { recursive: true }))
writeDocumentedFiles(folder)
const passwordIn = (file: string) => readFileSync(join(folder, file), 'utf8').trim()

const tls = {
  caPath: join(folder, 'redis-ca.crt'),
  server: { certPath: join(folder, 'redis.crt'), keyPath: join(folder, 'redis.key') },
  client: { certPath: join(folder, 'proxy.crt'), keyPath: join(folder, 'proxy.key') },
}

type Example = Omit<RedisStoreOptions, 'onLost' | 'onConnected'>

/** What the one example that says so makes of a store. */
function exampleWith(pattern: RegExp): Example {
  const blocks = [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text!)
  const [text, ...others] = blocks.filter((block) => pattern.test(block))
  assert.deepEqual(others, [])
  const loaded = parseConfig({ text: text!, file: join(folder, 'dotward.yaml'), environment: {} })
  assert.ok(loaded.ok)
  const engine = storePlan(loaded.config.cache, null)?.engine
  assert.ok(engine?.kind === 'redis')
  return engine.options
}

suite('an example of shared answers', () => {
  test('reaches a server alone', async () => {
    await using server = await RedisServer.start()
    const example = exampleWith(/redis:\/\/192\.0\.2\.10:6379/)
    await using probe = new RedisProbe({ ...example, nodes: nodesOf([server]) })
    await probe.works()
  })

  test('reaches one over TLS, as a user with the rights that are named', async () => {
    await using server = await RedisServer.start([], tls)
    const [command] = /ACL SETUSER .*/.exec(section)!
    const words = command.replace('PASSWORD', passwordIn('redis.password')).split(/ (?!horse)/)
    assert.equal(await server.command(...words, '+select'), 'OK')
    const example = exampleWith(/rediss:\/\/proxy@/)
    const { host } = example.nodes[0]!
    await using probe = new RedisProbe({
      ...example,
      nodes: nodesOf([server]),
      tls: { ...example.tls!, serverName: host },
    })
    await probe.works()
    assert.equal(example.database, 2)
  })

  test('reaches one behind Sentinels', async () => {
    await using set = await RedisSet.start({
      servers: passwordIn('redis.password'),
      sentinels: passwordIn('sentinel.password'),
    })
    const example = exampleWith(/mode: sentinel/)
    assert.equal(example.nodes.length, set.sentinels.length)
    await using probe = new RedisProbe({ ...example, nodes: nodesOf(set.sentinels) })
    await probe.works()
  })

  test('reaches a cluster', async () => {
    await using cluster = await RedisCluster.start({ settings: ['tls-auth-clients no'], tls })
    const example = exampleWith(/mode: cluster/)
    await using probe = new RedisProbe({ ...example, nodes: nodesOf(cluster.servers.slice(0, 2)) })
    await probe.works()
  })
})
