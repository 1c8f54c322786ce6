// Answers by what was proven of other names (RFC 8198), by the program itself in front of signed zones:
// its upstream tells who was asked.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { stringify } from 'yaml'
import { App } from '../../src/app/app.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { formatName } from '../../src/wire/text/name-text.ts'
import { formatType } from '../../src/wire/text/type-text.ts'
import { createTestCa } from '../support/certificates.ts'
import { dig } from '../support/dig.ts'
import type { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { ConfigFile, Dotward } from '../support/dotward.ts'
import { runProgram } from '../support/processes.ts'
import { RedisServer } from '../support/redis.ts'
import { SignedUpstreams, zoneOf } from '../support/signed-upstream.ts'

const ca = createTestCa()
const certificate = ca.issue({ names: [TLS_NAME] })
const zones = new SignedUpstreams()
const files = new ConfigFile('')
after(() => {
  ca[Symbol.dispose]()
  files[Symbol.dispose]()
})
const trustAnchors = join(files.dir, 'root.key')
writeFileSync(trustAnchors, zones.anchors)

/** The same with hashed names, of a root of their own. */
function hashedZones(): SignedUpstreams {
  const nsec3 = { iterations: 0, salt: new Uint8Array(0), optOut: false }
  const text = 'www A 192.0.2.1\nwww TXT "text"\n*.wild A 192.0.2.2\n'
  const secure = zoneOf({ origin: 'secure.example.', text, nsec3 })
  const example = zoneOf({
    origin: 'example.',
    text: 'ns A 192.0.2.53\nsecure NS ns\n',
    children: [secure],
  })
  const root = zoneOf({ origin: '.', text: 'example. NS ns.example.\n', children: [example] })
  return new SignedUpstreams([root, example, secure])
}

function delvAnchors({ anchors }: SignedUpstreams): string {
  const keys = anchors.trim().split('\n')
  const lines = keys.map((line) =>
    line.replace(/^.*\sDS\s+(\d+ \d+ \d+) (.*)$/, '. static-ds $1 "$2";'),
  )
  return `trust-anchors { ${lines.join('\n')} };\n`
}

function configOf({ port }: DotServer, dnssec: object = {}) {
  return {
    upstreams: [upstreamConfig({ name: 'only', port }, ca)],
    dnssec: { mode: 'validate', trustAnchors, followRollOvers: false, ...dnssec },
  }
}

/** What the upstream was asked for in the zone, but keys and delegations, which are renewed. */
const asked: string[] = []

async function startUpstream(): Promise<DotServer> {
  asked.length = 0
  return zones.start(certificate, (message) => {
    const { name, type } = message.questions[0]!
    const text = `${formatName(name)} ${formatType(type)}`
    const isKey = type === RecordType.DS || type === RecordType.DNSKEY
    if (text.includes('secure.example.') && !isKey) asked.push(text)
    return message
  })
}

/** Whether the upstream is asked for a name that there is none of, and that nobody asked for before. */
async function asks(port: number, name: string, ...options: string[]): Promise<boolean> {
  const { status } = await dig({ host: '127.0.0.1', port }, ...options, name, 'A')
  assert.equal(status, 'NXDOMAIN', name)
  return asked.includes(`${name}. A`)
}

suite('what a zone has proven not to be there', () => {
  test('answers for other names, over UDP and TCP, and nobody is asked', async () => {
    await using upstream = await startUpstream()
    await using proxy = await Dotward.start(configOf(upstream))
    const server = { host: '127.0.0.1', port: proxy.port }
    const first = await dig(server, 'none.secure.example', 'A')
    assert.deepEqual([first.status, first.flags.includes('ad')], ['NXDOMAIN', true])
    asked.length = 0
    for (const args of [['+notcp'], ['+tcp']]) {
      for (const name of ['nine.secure.example', 'a.b.secure.example', 'example.secure.example']) {
        // oxlint-disable-next-line no-await-in-loop -- so that none is asked for by others
        const found = await dig(server, name, 'AAAA', ...args)
        assert.deepEqual([found.status, found.flags.includes('ad')], ['NXDOMAIN', true], name)
        assert.deepEqual(
          found.authority.map(({ type }) => type),
          ['SOA'],
        )
        assert.match(found.output, /EDE: 29/)
      }
    }
    const signed = await dig(server, 'nine.secure.example', 'MX', '+dnssec')
    assert.deepEqual(
      [...new Set(signed.authority.map(({ type }) => type))],
      ['SOA', 'RRSIG', 'NSEC'],
    )
    const there = await dig(server, 'www.secure.example', 'A')
    assert.deepEqual([there.status, there.answer.length], ['NOERROR', 1])
    assert.deepEqual(asked, ['www.secure.example. A'])
    const missing = await dig(server, 'www.secure.example', 'MX')
    const other = await dig(server, 'www.secure.example', 'SRV')
    assert.deepEqual([missing.status, other.status], ['NOERROR', 'NOERROR'])
    assert.deepEqual(asked, ['www.secure.example. A', 'www.secure.example. MX'])
    const count = await proxy.counters()
    assert.equal(count('dnssec_synthesized{kind="nodata"}'), 1)
    // One answer for both transports, and one with proofs.
    assert.equal(count('dnssec_synthesized{kind="nxdomain"}'), 4)
  })

  test('leaves the word to a wildcard, which answers for all of its names (RFC 8198 §5.3)', async () => {
    await using upstream = await startUpstream()
    await using proxy = await Dotward.start(configOf(upstream))
    const server = { host: '127.0.0.1', port: proxy.port }
    const first = await dig(server, 'one.wild.secure.example', 'A')
    assert.deepEqual([first.status, first.answer.length], ['NOERROR', 1])
    asked.length = 0
    for (const args of [['+notcp'], ['+tcp']]) {
      for (const name of ['two.wild.secure.example', 'a.b.wild.secure.example']) {
        // oxlint-disable-next-line no-await-in-loop -- so that none is asked for by others
        const found = await dig(server, name, 'A', ...args)
        assert.deepEqual([found.status, found.flags.includes('ad')], ['NOERROR', true], name)
        assert.deepEqual(
          found.answer.map(({ name: owner, type, data }) => `${owner} ${type} ${data}`),
          [`${name}. A 192.0.2.2`],
        )
        assert.match(found.output, /EDE: 29/)
      }
    }
    const signed = await dig(server, 'three.wild.secure.example', 'A', '+dnssec')
    assert.deepEqual(
      [signed.answer, signed.authority].map((section) => section.map(({ type }) => type)),
      [
        ['A', 'RRSIG'],
        ['NSEC', 'RRSIG'],
      ],
    )
    assert.deepEqual(asked, [])
    await dig(server, 'two.wild.secure.example', 'A', '+cdflag')
    await dig(server, 'two.wild.secure.example', 'TXT')
    assert.deepEqual(asked, ['two.wild.secure.example. A', 'two.wild.secure.example. TXT'])
    const count = await proxy.counters()
    assert.equal(count('dnssec_synthesized{kind="wildcard"}'), 3)
  })

  for (const [how, world, wildcards] of [
    ['NSEC', zones, 1],
    ['NSEC3', hashedZones(), 2],
  ] as const) {
    test(`is proof enough for those who validate it themselves (${how})`, async () => {
      await using upstream = await world.start(certificate)
      const file = join(files.dir, `${how}.key`)
      writeFileSync(file, world.anchors)
      await using proxy = await Dotward.start(configOf(upstream, { trustAnchors: file }))
      const { port } = proxy
      const server = { host: '127.0.0.1', port }
      await dig(server, 'none.secure.example', 'A')
      await dig(server, 'www.secure.example', 'MX', '+dnssec')
      await dig(server, 'one.wild.secure.example', 'A')
      const anchors = join(files.dir, `${how}.conf`)
      writeFileSync(anchors, delvAnchors(world))
      const args = ['-a', anchors, '+root=.', '@127.0.0.1', '-p', `${port}`]
      for (const [name, type, said] of [
        ['nine.secure.example', 'A', /ncache nxdomain/],
        ['www.secure.example', 'SRV', /ncache nxrrset/],
        ['two.wild.secure.example', 'A', /\sA\s+192\.0\.2\.2$/m],
        ['three.wild.secure.example', 'A', /\sA\s+192\.0\.2\.2$/m],
        ['four.wild.secure.example', 'A', /\sA\s+192\.0\.2\.2$/m],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop
        const { output } = await runProgram('delv', [...args, name, type])
        assert.match(output, said)
        assert.match(output, /fully validated/)
      }
      const count = await proxy.counters()
      assert.ok(count('dnssec_synthesized{kind="nodata"}') >= 1)
      assert.ok(count('dnssec_synthesized{kind="wildcard"}') >= wildcards)
    })
  }

  test('is asked for where it must be', async () => {
    await using upstream = await startUpstream()
    const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19) + 'Z'
    await using proxy = await Dotward.start({
      ...configOf(upstream, {
        negativeTrustAnchors: [{ domain: 'private.secure.example', until }],
      }),
      routes: [{ domains: ['corp.secure.example'], upstreams: ['default'] }],
    })
    const { port } = proxy
    assert.equal(await asks(port, 'none.secure.example'), true)
    assert.equal(await asks(port, 'nine.secure.example'), false)
    for (const [name, ...options] of [
      ['ten.secure.example', '+cdflag'],
      ['eleven.secure.example', '+ednsopt=65001:00'],
      ['www.private.secure.example'],
      ['www.corp.secure.example'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop
      assert.equal(await asks(port, name, ...options), true, name)
    }
  })

  test('is asked for each time when that is wanted', async () => {
    await using upstream = await startUpstream()
    await using proxy = await Dotward.start(configOf(upstream, { aggressive: false }))
    for (const name of ['none', 'nine', 'ten']) {
      // oxlint-disable-next-line no-await-in-loop
      assert.equal(await asks(proxy.port, `${name}.secure.example`), true)
    }
  })

  test('is not for the store that proxies share', async () => {
    await using redis = await RedisServer.start()
    await using upstream = await startUpstream()
    const url = `redis://127.0.0.1:${redis.port}`
    const store = { kind: 'redis', url, secret: 'a secret of some length' }
    await using proxy = await Dotward.start({
      ...configOf(upstream),
      cache: { size: '4MiB', store },
    })
    const { program, port } = proxy
    const server = { host: '127.0.0.1', port }
    const writes = async () => (await proxy.counters())('store_writes{event="written"}')
    let label = 0
    await program.until('it writes to the store', async () => {
      await dig(server, `n${label++}.unsigned.example`)
      return (await writes()) > 0
    })
    await program.until('all is written', async () => {
      const dropped = (await proxy.counters())('store_writes{event="dropped"}')
      return (await writes()) + dropped === label
    })
    const before = await writes()
    await asks(port, 'none.secure.example')
    await program.until('it is in the store', async () => (await writes()) === before + 1)
    assert.equal(await asks(port, 'nine.secure.example'), false)
    // What is written after it would come after it.
    await dig(server, 'www.unsigned.example')
    await program.until('it is in the store', async () => (await writes()) > before + 1)
    assert.equal(await writes(), before + 2)
  })

  test('is forgotten with a flush, and shown for what it is', async () => {
    await using upstream = await startUpstream()
    const text = stringify({
      ...configOf(upstream),
      workers: 1,
      listeners: [{ address: '127.0.0.1', port: 0 }],
      cache: { size: '4MiB' },
      log: { level: 'error' },
    })
    const opened = App.open({ load: { text, file: null, environment: {} }, sink() {} })
    assert.ok(opened.ok)
    const { app } = opened
    await app.start()
    try {
      const { port } = app.listeners[0]!
      assert.equal(await asks(port, 'none.secure.example'), true)
      assert.equal(await asks(port, 'nine.secure.example'), false)
      const listed = await app.cacheEntries({})
      assert.ok(listed.ok)
      const known = listed.entries.map(({ name, synthesized, upstream: who, extendedError }) => {
        return `${name} ${synthesized ? 'synthesized' : who} ${extendedError}`
      })
      assert.deepEqual(
        new Set(known),
        new Set(['nine.secure.example. synthesized 29', 'none.secure.example. only null']),
      )
      await app.flush({ name: 'ten.secure.example' })
      assert.equal(await asks(port, 'ten.secure.example'), true)
    } finally {
      await app.stop()
    }
  })
})
