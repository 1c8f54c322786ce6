// A zone that is delegated without signatures, and whose own servers a route names: they say nothing of
// that, for its parent does (RFC 4035 §3.1.4.1).

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RecordType } from '../../src/wire/record-type.ts'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { PlainServer } from '../support/plain-server.ts'
import { SignedUpstreams } from '../support/signed-upstream.ts'

const ca = createTestCa()
const folder = mkdtempSync(join(tmpdir(), 'dotward-routed-'))
after(() => {
  ca[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

test('a route to an unsigned zone needs no negative anchor where its parent delegates it', async () => {
  const zones = new SignedUpstreams()
  const trustAnchors = join(folder, 'root.key')
  writeFileSync(trustAnchors, zones.anchors)
  await using open = await zones.start(ca.issue({ names: [TLS_NAME] }))
  const asked = new Set<number>()
  await using inside = await PlainServer.start({
    onUdp: (query) => {
      asked.add(query.served.question.readUInt16BE(query.served.question.length - 4))
      query.answer({ address: [192, 0, 2, 20] })
    },
  })
  const upstreams = [
    upstreamConfig({ name: 'open', port: open.port }, ca),
    { name: 'inside', address: '127.0.0.1', port: inside.port, protocol: 'plain' },
  ]
  const routes = [{ domains: ['unsigned.example'], upstreams: ['inside'] }]
  const dnssec = { mode: 'validate', trustAnchors, followRollOvers: false }
  await using proxy = await Dotward.start({ upstreams, routes, dnssec })
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const answer = readAnswer((await client.ask(makeQuery('www.unsigned.example'), 5_000))!)
  assert.equal(answer.rcode, Rcode.NoError)
  assert.deepEqual(addressesIn(answer), ['192.0.2.20'])
  assert.ok(asked.has(RecordType.A))
  assert.ok(!asked.has(RecordType.DS))
})
