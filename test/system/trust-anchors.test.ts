// The program with a root of its own whose keys roll over (RFC 5011). Time cannot be moved for a
// process: what was learnt before stands in its file instead, as if the days had passed.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { formatAnchorState, readAnchorState } from '../../src/dnssec/anchors/anchor-state.ts'
import { DAY, entryKey, revoked, zoneKey } from '../../src/dnssec/anchors/testing.ts'
import { keyId, KeyState } from '../../src/dnssec/anchors/trust-point.ts'
import { readName, ROOT } from '../../src/dnssec/name.ts'
import { SignedZone } from '../../src/dnssec/signer/signed-zone.ts'
import type { SigningKey } from '../../src/dnssec/signer/signing-key.ts'
import { encodeMessage } from '../../src/wire/codec/message-encode.ts'
import { Flag } from '../../src/wire/header.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { formatRdata } from '../../src/wire/text/rdata-text.ts'
import { parseZone } from '../../src/wire/text/zone-text.ts'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer, type ServedQuery } from '../support/dot-server.ts'
import { Dotward } from '../support/dotward.ts'
import { makeQuery } from '../support/messages.ts'

const TLS_NAME = 'dot.example.org'

const ROOT_ZONE = `
$TTL 172800
.            SOA . . 1 3600 300 360000 900
www.example. A   192.0.2.1
`

const folder = mkdtempSync(join(tmpdir(), 'dotward-anchors-'))
const state = join(folder, 'state')
let ca: TestCa
let server: DotServer
let zone: SignedZone

before(async () => {
  ca = createTestCa()
  server = await DotServer.start({ certificate: ca.issue({ names: [TLS_NAME] }), react: answer })
})

after(async () => {
  await server[Symbol.asyncDispose]()
  ca[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

function publish(...keys: readonly SigningKey[]): void {
  const now = Math.floor(Date.now() / 1_000)
  const { records } = parseZone(ROOT_ZONE)
  zone = new SignedZone({ records, keys, inception: now - DAY, expiration: now + 20 * DAY })
}

function answer(query: ServedQuery): void {
  const { id, question, connection } = query
  const type = question.readUInt16BE(question.length - 4)
  const found = zone.answer(readName(question, 0, 0), type)
  const message = encodeMessage({
    id,
    flags: Flag.QR | Flag.RD | Flag.RA | Flag.CD,
    opcode: 0,
    rcode: found.rcode,
    questions: [{ name: question.subarray(0, -4), type, class: 1 }],
    answers: found.answer,
    authorities: found.authority,
    additionals: [],
    edns: { udpSize: 1232, version: 0, flags: 0x8000, options: [] },
  })
  connection.sendMessage(message)
}

function anchor(...keys: readonly SigningKey[]): string {
  const file = join(folder, 'anchors.txt')
  const lines = keys.map((key) => `. DS ${formatRdata(RecordType.DS, key.ds(ROOT))}\n`)
  writeFileSync(file, lines.join(''))
  return file
}

function start(trustAnchors: string): Promise<Dotward> {
  const address = '127.0.0.1'
  return Dotward.start({
    upstreams: [{ address, port: server.port, tlsName: TLS_NAME, ca: ca.caPath }],
    dnssec: { mode: 'validate', trustAnchors, anchorState: state },
  })
}

/** The state of each key of the root, by its key tag. */
function states(): Record<string, string> {
  const lines = readFileSync(state, 'utf8').matchAll(/^([a-z]+) .* tag (\d+) DNSKEY/gm)
  return Object.fromEntries(Array.from(lines, ([, key, tag]) => [tag!, key!]))
}

async function assertAnswers(proxy: Dotward): Promise<void> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const bytes = await client.ask(makeQuery('www.example', { flags: 0x0120 }), 3_000)
  assert.ok(bytes !== null)
  assert.equal(bytes[3]! & 0x0f, 0, 'NOERROR')
}

suite('trust anchors of a running program (RFC 5011)', () => {
  const [first, second, third, zsk] = [entryKey(), entryKey(), entryKey(), zoneKey()]

  test('are written down when they are seen', async () => {
    publish(first, second, zsk)
    await using proxy = await start(anchor(first))
    await proxy.program.printed(/a trust anchor is among the keys .*key=\d+/)
    await proxy.program.printed(/a new key of a zone with trust anchors.* zone=\. key=\d+/)
    await assertAnswers(proxy)
    await proxy.stop()
    assert.deepEqual(states(), { [first.tag]: 'valid', [second.tag]: 'pending' })
  })

  test('are those that have been there for 30 days: workers get them without a restart', async () => {
    const known = readAnchorState(readFileSync(state, 'utf8'))
    assert.ok(typeof known !== 'string')
    const aged = known.get(ROOT)!.map((key) => ({
      ...key,
      seen: key.seen - DAY,
      holdDown: key.holdDown && { ...key.holdDown, held: 30 * DAY - 60 },
    }))
    assert.deepEqual(aged.find(({ holdDown }) => holdDown !== null)?.holdDown?.vouchers, [
      keyId(first.rdata),
    ])
    writeFileSync(state, formatAnchorState(new Map([[ROOT, aged]])))
    await using proxy = await start(anchor(first))
    await proxy.program.printed(/was there for 30 days: it is a trust anchor from now on/)
    await proxy.program.printed(/trust anchors are new and in force/)
    // From here on the new key alone signs the others.
    publish(second, zsk)
    await assertAnswers(proxy)
    await proxy.stop()
    assert.deepEqual(states(), { [first.tag]: 'valid', [second.tag]: KeyState.Valid })
  })

  test('are not those that their owners have revoked', async () => {
    publish(revoked(first), second, zsk)
    await using proxy = await start(anchor(first))
    await proxy.program.printed(/a trust anchor was revoked by its owner: .* zone=\. key=\d+/)
    await proxy.program.printed(/trust anchors are new and in force/)
    await assertAnswers(proxy)
    await proxy.stop()
    assert.deepEqual(states(), { [first.tag]: 'revoked', [second.tag]: 'valid' })
  })

  test('are those configured when the file of what was learnt is damaged', async () => {
    writeFileSync(state, readFileSync(state, 'utf8').replace('revoked', 'valid'))
    publish(third, zsk)
    await using proxy = await start(anchor(third))
    await proxy.program.printed(/is refused: those configured .*: its checksum is wrong/)
    await proxy.program.printed(/a trust anchor is among the keys/)
    await assertAnswers(proxy)
    await proxy.stop()
    assert.deepEqual(states(), { [third.tag]: 'valid' })
    assert.ok(existsSync(`${state}.refused`))
  })

  test('come from their file again when it changes; a fault there leaves those from before', async () => {
    publish(third, zsk)
    const file = anchor(third)
    await using proxy = await start(file)
    await assertAnswers(proxy)
    writeFileSync(file, '. DS 1 8 2 00\n')
    proxy.program.signal('SIGHUP')
    await proxy.program.printed(/anchors.txt:1:1: a digest of type 2 has 32 octets, not 1/)
    anchor(first)
    await proxy.program.printed(/certificates, keys, anchors or ranges are new and in force/)
    await proxy.stop()
  })
})
