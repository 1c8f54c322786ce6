// DNS over TLS for clients, with the program as it runs and the clients that people use.

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { kdig } from '../support/dig.ts'
import type { DotClient } from '../support/dot-client.ts'
import { DotDoor } from '../support/dot-door.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { runProgram } from '../support/processes.ts'

const NAME = 'mixed.test.example'
const ADDRESS = '192.0.2.13'
const running = new AsyncDisposableStack()
let ca: TestCa
let upstreams: readonly unknown[]

before(async () => {
  ca = running.use(createTestCa())
  upstreams = [upstreamConfig(running.use(await startUnbound(ca)), ca)]
})
after(() => running.disposeAsync())

async function assertAnswers(client: DotClient): Promise<void> {
  const answer = await client.ask(makeQuery(NAME))
  assert.ok(answer !== null, `no answer; ${client.error ?? 'no error'}`)
  assert.deepEqual(addressesIn(readAnswer(answer)), [ADDRESS])
}

describe('a door for DNS over TLS (RFC 7858)', () => {
  let door: DotDoor
  before(async () => {
    door = await DotDoor.start({ ca, config: { upstreams, workers: 2 } })
  })
  after(() => door[Symbol.asyncDispose]())
  const server = () => ({ host: '127.0.0.1', port: door.port })

  test('kdig is answered, with its strict check of our name too', async () => {
    const loose = await kdig(server(), '+tls', NAME)
    assert.deepEqual([loose.status, loose.answer[0]?.data], ['NOERROR', ADDRESS])
    const strict = await kdig(
      server(),
      `+tls-ca=${ca.caPath}`,
      '+tls-hostname=dns.example.org',
      NAME,
    )
    assert.deepEqual([strict.status, strict.answer[0]?.data], ['NOERROR', ADDRESS])
    const wrong = await kdig(server(), `+tls-ca=${ca.caPath}`, '+tls-hostname=other.example', NAME)
    assert.equal(wrong.status, '')
  })

  test('answers those who padded in steps of 468 octets, others as they are (RFC 8467 §4.1)', async () => {
    assert.equal((await kdig(server(), '+tls', '+padding=128', NAME)).size % 468, 0)
    assert.ok((await kdig(server(), '+tls', '+nopadding', '+edns', NAME)).size < 468)
  })

  test('tells how long an idle connection stays, to those who ask (RFC 7828 §3.3.2)', async () => {
    using client = door.client()
    const query = Buffer.concat([makeQuery(NAME, { opts: [{}] }), Buffer.from([0, 11, 0, 0])])
    query.writeUInt16BE(4, query.length - 6)
    const answer = await client.ask(query)
    assert.notEqual(answer!.indexOf(Buffer.from([0, 11, 0, 2])), -1)
  })

  test('agrees on "dot" by ALPN, and serves those who name nothing (RFC 7301)', async () => {
    using dot = door.client({ ALPNProtocols: ['dot'] })
    await assertAnswers(dot)
    assert.equal(dot.socket.alpnProtocol, 'dot')
    using silent = door.client()
    await assertAnswers(silent)
    assert.equal(silent.socket.alpnProtocol, false)
    using other = door.client({ ALPNProtocols: ['h2'] })
    assert.equal(await other.opened(), false)
  })

  test('speaks TLS 1.3 and 1.2 with forward secrecy, nothing older and nothing weaker (RFC 9325)', async () => {
    using modern = door.client()
    await assertAnswers(modern)
    assert.equal(modern.socket.getProtocol(), 'TLSv1.3')
    using older = door.client({ maxVersion: 'TLSv1.2' })
    await assertAnswers(older)
    assert.equal(older.socket.getProtocol(), 'TLSv1.2')
    assert.match(older.socket.getCipher().name, /^ECDHE-ECDSA-/)
    using oldest = door.client({
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
    })
    assert.equal(await oldest.opened(), false)
    using weak = door.client({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' })
    assert.equal(await weak.opened(), false)
  })

  test('answers a thousand queries of one connection, each once', async () => {
    using client = door.client()
    const queries = Array.from({ length: 1_000 }, (_, id) => {
      const query = makeQuery(NAME)
      query.writeUInt16BE(id, 0)
      return query
    })
    client.send(...queries)
    assert.ok(await client.received(1_000))
    const ids = client.answers.map((answer) => answer.readUInt16BE(0))
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      queries.map((_, id) => id),
    )
    assert.ok(client.answers.every((one) => addressesIn(readAnswer(one))[0] === ADDRESS))
  })

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`sessions of ${version} go on with whichever worker the client meets`, async () => {
      using first = door.client({ maxVersion: version })
      await assertAnswers(first)
      const session = await first.offeredSession()
      for (let i = 0; i < 12; i++) {
        using next = door.client({ maxVersion: version, session })
        await assertAnswers(next)
        assert.ok(next.resumed, `connection ${i}`)
      }
    })
  }

  test('sessions go on over a reload', async () => {
    using first = door.client()
    await assertAnswers(first)
    const session = await first.offeredSession()
    const { output } = door.proxy.program
    door.proxy.program.signal('SIGHUP')
    await door.proxy.program.printed(/configuration/i, output.length)
    using next = door.client({ session })
    await assertAnswers(next)
    assert.ok(next.resumed)
    await assertAnswers(first)
  })

  test('renegotiation and compression are not to be had (RFC 7525 §3.5, §3.3)', async () => {
    const said = await sClient(['-tls1_2'], 'R\n')
    assert.match(said, /Compression: NONE/)
    assert.match(said, /renegotiation|no_renegotiation|handshake failure|alert/i)
    using client = door.client()
    await assertAnswers(client)
  })

  async function sClient(args: readonly string[], input: string): Promise<string> {
    const command = `printf '${input.replace('\n', '\\n')}' | timeout 10 openssl s_client -connect 127.0.0.1:${door.port} ${args.join(' ')} 2>&1; true`
    return (await runProgram('sh', ['-c', command])).output
  }
})

describe('a certificate that changes', () => {
  test('is shown to new connections without a restart; the old ones stay, and bad files change nothing', async () => {
    // Files are found to be new within ten seconds, for which connections say nothing.
    await using door = await DotDoor.start({
      ca,
      config: { upstreams, tcp: { idleTimeout: '1m' } },
      listener: { discovery: 'dns.example.org' },
    })
    using first = door.client()
    await assertAnswers(first)
    const session = await first.offeredSession()

    const renewed = ca.issue({ names: ['dns.example.org'] })
    door.install(renewed)
    const { program } = door.proxy
    await program.printed(/certificates, keys, anchors or ranges are new and in force/)
    using second = door.client({ session })
    await assertAnswers(second)
    assert.equal(second.resumed, false)
    assert.equal(second.serverSerial, new X509Certificate(renewed.cert).serialNumber)
    assert.notEqual(second.serverSerial, first.serverSerial)
    await assertAnswers(first)

    const from = program.output.length
    door.install({ cert: renewed.cert, key: ca.issue({ names: ['dns.example.org'] }).key })
    await program.printed(/of no use: the old stay in force.*(mismatch|not the key)/, from)
    using third = door.client()
    await assertAnswers(third)
    assert.equal(third.serverSerial, second.serverSerial)

    const later = program.output.length
    door.install(ca.issue({ names: ['dns.example.com'] }))
    await program.printed(/of no use: the old stay in force.*dns\.example\.org is no name/, later)
    using fourth = door.client()
    await assertAnswers(fourth)
    assert.equal(fourth.serverSerial, second.serverSerial)
  })
})
