// Trust that a reload changes: what was judged before is not served for what it was.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RecordType } from '../../src/wire/record-type.ts'
import { formatRecord } from '../../src/wire/text/message-text.ts'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import type { DotServer } from '../support/dot-server.ts'
import { type Config, Dotward } from '../support/dotward.ts'
import { makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { SignedUpstreams, zoneOf } from '../support/signed-upstream.ts'

const TLS_NAME = 'dns.example.net'
const RD_AD = 0x0120
const AD = 0x0020

const ca = createTestCa()
const folder = mkdtempSync(join(tmpdir(), 'dotward-trust-'))
after(() => {
  ca[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

// Signed, and its parent does not say so.
const island = zoneOf({ origin: 'island.example.', text: 'www A 192.0.2.1\n' })
const example = zoneOf({ origin: 'example.', text: 'ns A 192.0.2.53\nisland NS ns\n' })
const root = zoneOf({ origin: '.', text: 'example. NS ns.example.\n', children: [example] })
const zones = new SignedUpstreams([root, example, island])
const ofIsland = island.ds().map(formatRecord).join('\n')

async function isAuthentic(proxy: Dotward): Promise<boolean> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const answer = await client.ask(makeQuery('www.island.example', { flags: RD_AD }), 5_000)
  const { rcode, flags } = readAnswer(answer!)
  assert.equal(rcode, Rcode.NoError)
  return (flags & AD) !== 0
}

function configsFor({ port }: DotServer): { without: Config; withIsland: Config } {
  const configured = (name: string, records: string) => {
    const trustAnchors = join(folder, name)
    writeFileSync(trustAnchors, records)
    return {
      upstreams: [{ address: '127.0.0.1', port, tlsName: TLS_NAME, ca: ca.caPath }],
      dnssec: { mode: 'validate', trustAnchors },
    }
  }
  return {
    without: configured('root.txt', zones.anchors),
    withIsland: configured('both.txt', `${zones.anchors}${ofIsland}\n`),
  }
}

test('an island of trust that a reload brings, or takes away, is one at once', async () => {
  await using upstream = await zones.start(ca.issue({ names: [TLS_NAME] }))
  const { without, withIsland } = configsFor(upstream)
  await using proxy = await Dotward.start(without)
  assert.equal(await isAuthentic(proxy), false)
  for (const [config, expected] of [
    [withIsland, true],
    [without, false],
  ] as const) {
    const from = proxy.program.output.length
    proxy.reload(config)
    // oxlint-disable-next-line no-await-in-loop
    await proxy.program.printed(/the new configuration is in force/, from)
    // oxlint-disable-next-line no-await-in-loop
    await proxy.program.until('it was judged anew', async () => {
      return (await isAuthentic(proxy)) === expected
    })
  }
})

test('what was under way meanwhile is not kept', async () => {
  await using upstream = await zones.start(ca.issue({ names: [TLS_NAME] }))
  const { without, withIsland } = configsFor(upstream)
  await using proxy = await Dotward.start(without)
  const { react } = upstream
  const held: (() => void)[] = []
  upstream.react = (query) => {
    const isAddress = query.question.readUInt16BE(query.question.length - 4) === RecordType.A
    if (isAddress) held.push(() => react(query))
    else react(query)
  }
  const late = isAuthentic(proxy)
  await proxy.program.until('it was asked', () => held.length > 0)
  proxy.reload(withIsland)
  await proxy.program.printed(/the new configuration is in force/)
  upstream.react = react
  for (const answer of held) answer()
  assert.equal(await late, false)
  await proxy.program.until('it was judged anew', () => isAuthentic(proxy))
})
