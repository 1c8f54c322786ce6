// DNSSEC validation by the program itself, in front of upstreams that answer rightly, wrongly, or
// without signatures (RFC 4035 §5).

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import type { Message } from '../../src/wire/codec/message.ts'
import { decodeMessage } from '../../src/wire/codec/message.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { createTestCa } from '../support/certificates.ts'
import { TcpClient } from '../support/clients.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import type { DotServer } from '../support/dot-server.ts'
import { ConfigFile, Dotward } from '../support/dotward.ts'
import { makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { RedisServer } from '../support/redis.ts'
import { isDnssec, SignedUpstreams, stripped } from '../support/signed-upstream.ts'

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

const AD = 0x20
const CD = 0x10
const RD_AD = 0x0120
const RD_CD = 0x0110
const Ede = { SignatureExpired: 7, DnskeyMissing: 9, RrsigsMissing: 10 } as const

function configOf(servers: readonly DotServer[], dnssec: object = {}) {
  return {
    upstreams: servers.map(({ port }, i) => upstreamConfig({ name: `up-${i}`, port }, ca)),
    selection: { strategy: 'ordered' },
    dnssec: { mode: 'validate', trustAnchors, followRollOvers: false, ...dnssec },
  }
}

interface Asking {
  readonly type?: number
  readonly flags?: number
  readonly dnssecOk?: boolean
}

async function ask(proxy: Dotward, name: string, asking: Asking = {}) {
  const { type = RecordType.A, flags = RD_AD, dnssecOk = false } = asking
  await using client = await TcpClient.open({ host: '127.0.0.1', port: proxy.port })
  const octets = await client.ask(makeQuery(name, { type, flags, opts: [{ dnssecOk }] }))
  const message = decodeMessage(octets!) as Message
  const types = [...message.answers, ...message.authorities].map((record) => record.type)
  const texts = message.edns!.options.filter(({ code }) => code === 15)
  return {
    ...readAnswer(octets!),
    types,
    isAuthentic: (message.flags & AD) !== 0,
    isUnchecked: (message.flags & CD) !== 0,
    text: texts.map(({ data }) => data.subarray(2).toString()).join(),
  }
}

/** Asks until an answer is proven: on a busy machine the next upstream may be there late. */
async function proven(proxy: Dotward, name: string) {
  let answer = await ask(proxy, name)
  await proxy.program.until('it had an answer that is proven', async () => {
    if (!answer.isAuthentic) answer = await ask(proxy, name)
    return answer.isAuthentic
  })
  return answer
}

const writes = async (proxy: Dotward) => (await proxy.counters())('store_writes{event="written"}')

/** Asks for names until the store takes what comes, and waits until all of it is there or dropped. */
async function isConnected(proxy: Dotward, label: string): Promise<void> {
  let asked = 0
  await proxy.program.until('it writes to the store', async () => {
    await ask(proxy, `${label}-${asked++}.unsigned.example`)
    return (await writes(proxy)) > 0
  })
  await proxy.program.until('all is written', async () => {
    const count = await proxy.counters()
    return (await writes(proxy)) + count('store_writes{event="dropped"}') === asked
  })
}

suite('a validating proxy', () => {
  test('says AD of what was proven, from the upstream and from the cache, and gives signatures to those who ask', async () => {
    await using upstream = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([upstream]))
    for (const name of ['www.secure.example', 'a.b.wild.secure.example']) {
      for (let i = 0; i < 2; i++) {
        const plain = await ask(proxy, name)
        assert.deepEqual([plain.rcode, plain.isAuthentic], [Rcode.NoError, true], name)
        assert.deepEqual(plain.types, [RecordType.A])
        const signed = await ask(proxy, name, { dnssecOk: true, flags: 0x0100 })
        assert.equal(signed.isAuthentic, true)
        assert.ok(signed.types.includes(RecordType.RRSIG))
      }
    }
    const denied = await ask(proxy, 'none.secure.example', { dnssecOk: true })
    assert.deepEqual([denied.rcode, denied.isAuthentic], [Rcode.NXDomain, true])
    assert.ok(denied.types.includes(RecordType.NSEC))
    const plain = await ask(proxy, 'none.secure.example')
    assert.ok(!plain.types.some(isDnssec))
    const count = await proxy.counters()
    // Their signatures came with the answers to the other ones (RFC 8198).
    assert.equal(count('dnssec_synthesized{kind="nxdomain"}'), 1)
    assert.equal(count('dnssec_synthesized{kind="wildcard"}'), 1)
    assert.equal(count('dnssec_validations{result="secure"}'), 4)
    assert.ok(count('dnssec_questions') >= 3)
  })

  test('says no AD of what is not signed, whatever the upstream says', async () => {
    await using upstream = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([upstream]))
    for (let i = 0; i < 2; i++) {
      const answer = await ask(proxy, 'www.unsigned.example')
      assert.deepEqual([answer.rcode, answer.isAuthentic], [Rcode.NoError, false])
    }
    const count = await proxy.counters()
    assert.equal(count('dnssec_validations{result="insecure"}'), 1)
  })

  test('counts what cannot be judged apart from what is proven to be unsigned', async () => {
    await using upstream = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([upstream]))
    // Nobody signs signatures (RFC 4035 §2.2).
    const answer = await ask(proxy, 'www.secure.example', { type: RecordType.RRSIG })
    assert.deepEqual([answer.rcode, answer.isAuthentic], [Rcode.NoError, false])
    await ask(proxy, 'www.unsigned.example')
    const count = await proxy.counters()
    for (const result of ['insecure', 'indeterminate']) {
      assert.equal(count(`dnssec_validations{result="${result}"}`), 1, result)
    }
  })

  test('validates nothing below the domain of a route that says so, or a negative trust anchor (RFC 7646)', async () => {
    await using upstream = await zones.start(certificate)
    const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19) + 'Z'
    await using proxy = await Dotward.start({
      ...configOf([upstream], { negativeTrustAnchors: [{ domain: 'lame.example', until }] }),
      routes: [{ domains: ['expired.example'], upstreams: ['default'], dnssec: 'insecure' }],
    })
    for (const name of ['www.expired.example', 'www.lame.example']) {
      // oxlint-disable-next-line no-await-in-loop
      const answer = await ask(proxy, name)
      assert.deepEqual([answer.rcode, answer.isAuthentic], [Rcode.NoError, false], name)
      assert.deepEqual(answer.types, [RecordType.A])
    }
    assert.equal((await ask(proxy, 'www.secure.example')).isAuthentic, true)
    const count = await proxy.counters()
    assert.equal(count('dnssec_validations{result="insecure"}'), 2)
    assert.match(
      proxy.program.output,
      /NOT VALIDATED: names at and below expired\.example, by a route/,
    )
  })

  test('keeps bogus data from its clients and says why, now and from the cache', async () => {
    await using upstream = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([upstream]))
    for (const [name, code, said] of [
      ['www.expired.example', Ede.SignatureExpired, /expired\.example\..* expired/],
      ['www.lame.example', Ede.DnskeyMissing, /lame\.example\. /],
    ] as const) {
      for (let i = 0; i < 2; i++) {
        const answer = await ask(proxy, name)
        assert.equal(answer.rcode, Rcode.ServFail)
        assert.deepEqual(answer.extendedErrors, [code])
        assert.match(answer.text, said)
        assert.deepEqual([answer.types, answer.isAuthentic], [[], false])
      }
    }
    const count = await proxy.counters()
    assert.equal(count('dnssec_validations{result="bogus"}'), 2)
    assert.equal(count(`dnssec_bogus{info_code="${Ede.SignatureExpired}"}`), 1)
  })

  test('gives the data to those who disable checking, and keeps them apart', async () => {
    await using upstream = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([upstream]))
    for (let i = 0; i < 2; i++) {
      const unchecked = await ask(proxy, 'www.expired.example', { flags: RD_CD | AD })
      assert.deepEqual([unchecked.rcode, unchecked.types], [Rcode.NoError, [RecordType.A]])
      assert.deepEqual([unchecked.isAuthentic, unchecked.isUnchecked], [false, true])
      assert.equal((await ask(proxy, 'www.expired.example')).rcode, Rcode.ServFail)
    }
  })

  test('asks another upstream when an answer is bogus', async () => {
    const changed = (message: Message): Message => ({
      ...message,
      answers: message.answers.map((record) =>
        record.type === RecordType.A ? { ...record, rdata: Buffer.of(203, 0, 113, 1) } : record,
      ),
    })
    await using liar = await zones.start(certificate, changed)
    await using honest = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([liar, honest]))
    const answer = await proven(proxy, 'www.secure.example')
    assert.equal(answer.rcode, Rcode.NoError)
    assert.deepEqual(answer.records[0]!.rdata, Buffer.of(192, 0, 2, 1))
    const count = await proxy.counters()
    assert.ok(count('dnssec_retries') >= 1)
    assert.ok(count('upstream_failures{upstream="up-0",kind="bogus"}') >= 1)
  })

  test('names an upstream that strips signatures, and leaves it for one that does not', async () => {
    let asked = 0
    await using stripper = await zones.start(certificate, (message) => {
      if (Buffer.from(message.questions[0]!.name).includes('wild')) asked++
      return stripped(message)
    })
    await using honest = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([stripper, honest]))
    await proven(proxy, 'www.secure.example')
    await proxy.program.printed(/leaves out the signatures.*upstream=up-0/)
    for (const name of ['a.wild.secure.example', 'b.wild.secure.example']) {
      assert.equal((await ask(proxy, name)).isAuthentic, true)
    }
    assert.equal(asked, 0)
  })

  test('proves nothing where there is nobody but one that strips', async () => {
    await using stripper = await zones.start(certificate, stripped)
    await using proxy = await Dotward.start(configOf([stripper]))
    assert.equal((await ask(proxy, 'www.secure.example')).rcode, Rcode.ServFail)
    assert.equal((await ask(proxy, 'www.unsigned.example')).rcode, Rcode.ServFail)
  })

  test('gives nothing that was kept under another mode', async () => {
    await using upstream = await zones.start(certificate)
    const validating = configOf([upstream])
    await using proxy = await Dotward.start(configOf([upstream], { mode: 'passthrough' }))
    const believed = await ask(proxy, 'www.expired.example')
    assert.deepEqual([believed.rcode, believed.isAuthentic], [Rcode.NoError, true])
    proxy.reload(validating)
    await proxy.program.printed(/the new configuration is in force/)
    assert.equal((await ask(proxy, 'www.expired.example')).rcode, Rcode.ServFail)
    const from = proxy.program.output.length
    proxy.reload(configOf([upstream], { mode: 'off' }))
    await proxy.program.printed(/the new configuration is in force/, from)
    const plain = await ask(proxy, 'www.expired.example', { dnssecOk: true })
    assert.deepEqual([plain.rcode, plain.isAuthentic], [Rcode.NoError, false])
    assert.deepEqual(plain.types, [RecordType.A])
  })

  test('has what was proven after a restart, and nothing that was not', async () => {
    await using upstream = await zones.start(certificate)
    const config = {
      ...configOf([upstream]),
      cache: { size: '4MiB', snapshot: { path: join(files.dir, 'cache.snapshot') } },
    }
    await using before = await Dotward.start(config)
    assert.equal((await ask(before, 'www.secure.example')).isAuthentic, true)
    assert.equal((await ask(before, 'www.expired.example')).rcode, Rcode.ServFail)
    await before.stop()
    await using proxy = await Dotward.start(config)
    await proxy.program.printed(/answers from before the restart are back/)
    assert.equal((await ask(proxy, 'www.secure.example')).isAuthentic, true)
    assert.equal((await proxy.counters())('cache_hits'), 1)
    assert.equal((await ask(proxy, 'www.expired.example')).rcode, Rcode.ServFail)
  })

  test('takes from a shared store what another has proven, and nothing that nobody has', async () => {
    await using redis = await RedisServer.start()
    await using upstream = await zones.start(certificate)
    const url = `redis://127.0.0.1:${redis.port}`
    const store = { kind: 'redis', url, secret: 'a secret of some length', deadline: '500ms' }
    const sharing = { ...configOf([upstream]), cache: { size: '4MiB', store } }
    const careless = { ...sharing, dnssec: { mode: 'passthrough' } }
    await using one = await Dotward.start(sharing)
    await using other = await Dotward.start(sharing)
    await using third = await Dotward.start(careless)
    for (const [i, proxy] of [one, other, third].entries()) await isConnected(proxy, `p${i}`)
    const before = await writes(one)
    assert.equal((await ask(one, 'www.secure.example')).isAuthentic, true)
    await one.program.until('it is in the store', async () => (await writes(one)) > before)
    const hits = (await other.counters())('store_lookups{result="hit"}')
    assert.equal((await ask(other, 'www.secure.example')).isAuthentic, true)
    assert.equal((await other.counters())('store_lookups{result="hit"}'), hits + 1)
    assert.equal((await other.counters())('dnssec_validations{result="secure"}'), 0)
    // What the careless one leaves there is of no use to those who validate.
    const earlier = await writes(third)
    assert.equal((await ask(third, 'www.expired.example')).rcode, Rcode.NoError)
    await third.program.until('it is in the store', async () => (await writes(third)) > earlier)
    assert.equal((await ask(other, 'www.expired.example')).rcode, Rcode.ServFail)
  })

  test('answers what is under way when another plan comes in force, and when it stops', async () => {
    await using upstream = await zones.start(certificate)
    const { react } = upstream
    upstream.react = (query) => void setTimeout(react, 150, query)
    await using other = await zones.start(certificate)
    await using proxy = await Dotward.start(configOf([upstream]))
    const asked = ask(proxy, 'www.secure.example')
    await proxy.program.until('it was asked', () => upstream.queries > 0)
    proxy.reload(configOf([other]))
    assert.equal((await asked).isAuthentic, true)
    await proxy.program.printed(/the new configuration is in force/)
    const from = proxy.program.output.length
    proxy.reload(configOf([upstream]))
    await proxy.program.printed(/the new configuration is in force/, from)
    const before = upstream.queries
    const last = ask(proxy, 'a.wild.secure.example')
    await proxy.program.until('it was asked', () => upstream.queries > before)
    await proxy.stop()
    assert.equal((await last).isAuthentic, true)
  })
})
