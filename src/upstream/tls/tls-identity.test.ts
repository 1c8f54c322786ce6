import assert from 'node:assert/strict'
import { randomBytes, X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createTestCa, type TestCa } from '../../../test/support/certificates.ts'
import { type DialOutcome, dialOnce } from '../../../test/support/dialled.ts'
import { DotServer, type DotServerOptions } from '../../../test/support/dot-server.ts'
import { DOT_NAME, upstreamAt } from '../../../test/support/dot-upstream-options.ts'
import type { UpstreamOptions } from '../options.ts'
import { SessionStore } from './session-store.ts'
import { upstreamContext } from './tls-context.ts'

let ca: TestCa
before(() => {
  ca = createTestCa()
})
after(() => ca[Symbol.dispose]())

const good = () => ca.issue({ names: [DOT_NAME], ips: ['127.0.0.1'] })

/** One question over one connection, and what came of it. */
function tryOnce(
  server: DotServer,
  changes: Partial<UpstreamOptions> = {},
  sessions = new SessionStore(),
): Promise<DialOutcome> {
  return dialOnce(upstreamAt(server, ca, changes), { sessions })
}

async function expectRefusal(
  options: DotServerOptions,
  changes: Partial<UpstreamOptions>,
  detail: RegExp,
): Promise<void> {
  await using server = await DotServer.start(options)
  const outcome = await tryOnce(server, changes)
  assert.equal(outcome.kind, 'tls')
  assert.match(outcome.detail ?? '', detail)
  assert.equal(server.queries, 0, 'a query left before the server was known')
}

test('takes a certificate whose subjectAltName is the authentication name (RFC 8310 §8.1)', async () => {
  await using server = await DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }) })
  assert.ok((await tryOnce(server)).answered)
})

test('without an authentication name takes a certificate for the address', async () => {
  await using server = await DotServer.start({ certificate: ca.issue({ ips: ['127.0.0.1'] }) })
  assert.ok((await tryOnce(server, { tlsName: null })).answered)
})

test('refuses a certificate for another name, and tells both', () =>
  expectRefusal(
    { certificate: ca.issue({ names: ['dot.example.com'] }) },
    {},
    /is for dot\.example\.com, not for dot\.example\.org; .*tlsName/,
  ))

test('refuses a certificate that has the name only as common name (RFC 9525 §2)', () =>
  expectRefusal(
    { certificate: ca.issue({ ips: ['127.0.0.1'] }) },
    { tlsName: 'leaf-1.example' },
    /is for 127\.0\.0\.1, not for leaf-1\.example/,
  ))

test('refuses a certificate without the address when no name is configured', () =>
  expectRefusal(
    { certificate: ca.issue({ names: [DOT_NAME] }) },
    { tlsName: null },
    /not for 127\.0\.0\.1/,
  ))

test('refuses an expired certificate, and tells since when', () =>
  expectRefusal(
    { certificate: ca.issue({ names: [DOT_NAME], expired: true }) },
    {},
    /for dot\.example\.org expired on 2021-01-01 00:00 UTC; it must be renewed/,
  ))

test('refuses a certificate that is not valid yet, and tells until when', () =>
  expectRefusal(
    { certificate: ca.issue({ names: [DOT_NAME], notYetValid: true }) },
    {},
    /not valid before 2048-01-01 00:00 UTC; .*clock/,
  ))

test('refuses a certificate that is for TLS clients (RFC 5280 §4.2.1.12)', () =>
  expectRefusal(
    { certificate: ca.issue({ names: [DOT_NAME], clientAuth: true }) },
    {},
    /not for TLS servers/,
  ))

test('refuses a certificate that is signed by itself, unless that is given as ca', async () => {
  const certificate = ca.issue({ names: [DOT_NAME], selfSigned: true })
  await expectRefusal({ certificate }, {}, /signed by itself/)
  await using server = await DotServer.start({ certificate })
  assert.ok((await tryOnce(server, { ca: certificate.cert })).answered)
})

test('takes every authority of a file, also between others', async () => {
  using other = createTestCa()
  await using server = await DotServer.start({ certificate: good() })
  assert.ok((await tryOnce(server, { ca: `${other.caPem}\n${ca.caPem}` })).answered)
})

test('refuses a server that speaks another protocol over TLS (RFC 7301 §3.2)', () =>
  expectRefusal({ certificate: good(), tls: { ALPNProtocols: ['h2'] } }, {}, /ALPN dot/))

test('refuses a server below the lowest version that is allowed', () =>
  expectRefusal(
    { certificate: good(), tls: { maxVersion: 'TLSv1.2' } },
    { minVersion: 'TLSv1.3' },
    /no version of TLS/,
  ))

test('speaks only with AEAD and ephemeral keys, unless told to use fewer still (RFC 9325 §4.2)', async () => {
  const tls = (ciphers: string) => ({ maxVersion: 'TLSv1.2', ciphers }) as const
  const certificate = good()
  const cbc = { certificate, tls: tls('ECDHE-ECDSA-AES128-SHA') }
  await expectRefusal(cbc, {}, /no cipher suite in common/)
  const chacha = { certificate, tls: tls('ECDHE-ECDSA-CHACHA20-POLY1305') }
  await expectRefusal(chacha, { ciphers: ['ECDHE-ECDSA-AES128-GCM-SHA256'] }, /no cipher suite/)
  await using server = await DotServer.start(chacha)
  assert.ok((await tryOnce(server)).answered)
})

test('asks a server that proves nothing only when told to, over TLS, and tells why (RFC 8310 §5)', async () => {
  const certificates = [
    { certificate: ca.issue({ names: ['dot.example.com'] }), fault: /not for dot\.example\.org/ },
    { certificate: ca.issue({ names: [DOT_NAME], expired: true }), fault: /expired/ },
    { certificate: ca.issue({ names: [DOT_NAME], selfSigned: true }), fault: /signed by itself/ },
  ]
  for (const { certificate, fault } of certificates) {
    await using server = await DotServer.start({ certificate })
    const { answered, metrics } = await tryOnce(server, { profile: 'opportunistic' })
    assert.ok(answered)
    assert.equal(metrics.counts['unauthenticatedOpened'], 1)
    assert.match(metrics.faults[0] ?? '', fault)
  }
})

test('a server that proves itself counts as authenticated under any profile', async () => {
  await using server = await DotServer.start({ certificate: good() })
  const { answered, metrics } = await tryOnce(server, { profile: 'opportunistic' })
  assert.ok(answered)
  assert.deepEqual(metrics.counts, {})
})

test('never asks in plain text, whatever the profile', () =>
  expectRefusal(
    { certificate: good(), plain: true, greeting: '220 mail.example.org\r\n' },
    { profile: 'opportunistic' },
    /does not speak TLS/,
  ))

test('holds on to pins whatever the profile', () =>
  expectRefusal(
    { certificate: good() },
    { profile: 'opportunistic', pins: [good().spkiPin] },
    /pinned/,
  ))

test('takes no session of an opportunistic connection for a strict one', async () => {
  await using server = await DotServer.start({
    certificate: ca.issue({ names: ['dot.example.com'] }),
  })
  const sessions = new SessionStore()
  assert.ok((await tryOnce(server, { profile: 'opportunistic' }, sessions)).answered)
  assert.ok((await tryOnce(server, { profile: 'opportunistic' }, sessions)).resumed)
  const { kind, resumed } = await tryOnce(server, {}, sessions)
  assert.equal(kind, 'tls')
  assert.ok(!resumed)
})

test('a server with a new key is refused where the old one is pinned, session or not', async () => {
  const old = good()
  const tls = { ticketKeys: randomBytes(48) }
  const pins = [old.spkiPin, good().spkiPin]
  const sessions = new SessionStore()
  let port: number
  {
    await using server = await DotServer.start({ certificate: old, tls })
    port = server.port
    assert.ok((await tryOnce(server, { pins }, sessions)).answered)
  }
  // It forgot its tickets: the offered session leads to a full handshake, which shows the new key.
  await using server = await DotServer.start({ certificate: good(), port })
  const { kind, detail, resumed } = await tryOnce(server, { pins }, sessions)
  assert.equal(kind, 'tls')
  assert.match(detail ?? '', /pinned/)
  assert.ok(!resumed)
  assert.equal(server.queries, 0)
})

test('a session is judged by the key that it began with, not by one that came later', async () => {
  const [old, fresh] = [good(), good()]
  const tls = { ticketKeys: randomBytes(48) }
  const sessions = new SessionStore()
  let port: number
  {
    await using server = await DotServer.start({ certificate: old, tls })
    port = server.port
    assert.ok((await tryOnce(server, { pins: [old.spkiPin] }, sessions)).answered)
  }
  await using server = await DotServer.start({ certificate: fresh, port, tls })
  assert.ok((await tryOnce(server, { pins: [old.spkiPin] }, sessions)).resumed)
  // The pin of the new key has no session: a full handshake proves it.
  const outcome = await tryOnce(server, { pins: [fresh.spkiPin] }, sessions)
  assert.ok(outcome.answered && !outcome.resumed)
})

test('tells what is wrong with the files, and for which upstream', () => {
  const [one, other] = [good(), good()]
  const context = (changes: Partial<UpstreamOptions>) => () =>
    upstreamContext(upstreamAt({ port: 853 }, ca, { name: 'corp', ...changes }))
  const pair = { clientCertificate: one.cert, clientKey: other.key }
  assert.throws(context(pair), /corp: clientKey is not the key of clientCertificate/)
  assert.throws(context({ ...pair, clientCertificate: 'nothing' }), /corp: .*not in PEM/)
  assert.throws(context({ ca: 'nothing' }), /corp: no certificate in the file of ca/)
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  assert.throws(context({ ca: ca.caPem + broken }), /corp: a broken certificate/)
  assert.throws(context({ ciphers: [] }), /corp: no cipher suite/)
  const ciphers = ['eNULL'] as unknown as UpstreamOptions['ciphers']
  assert.throws(context({ ciphers: ciphers ?? null }), /corp: eNULL is none of/)
})

test('refuses a certificate of an unknown authority', async () => {
  using other = createTestCa()
  await expectRefusal({ certificate: good() }, { ca: other.caPem }, /authority that is not trusted/)
})

test('refuses a server that offers nothing above TLS 1.1 (RFC 9325 §3.1.1)', () =>
  expectRefusal(
    {
      certificate: good(),
      tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    },
    {},
    /no version of TLS/,
  ))

test('refuses plain TCP where TLS should be', () =>
  expectRefusal(
    { certificate: good(), plain: true, greeting: '220 mail.example.org\r\n' },
    {},
    /does not speak TLS/,
  ))

test('takes a server whose key is pinned, or its authority’s (RFC 7858 §4.2)', async () => {
  const certificate = good()
  await using server = await DotServer.start({ certificate })
  const other = good().spkiPin
  assert.ok((await tryOnce(server, { pins: [other, certificate.spkiPin] })).answered)
})

test('refuses a server whose key is not pinned, good certificate or not', () =>
  expectRefusal({ certificate: good() }, { pins: [good().spkiPin] }, /pinned/))

test('does not take a pinned certificate that the server sends along but that signed nothing', () => {
  const pinned = good()
  const certificate = good()
  const both = { ...certificate, cert: `${certificate.cert}\n${pinned.cert}` }
  return expectRefusal({ certificate: both }, { pins: [pinned.spkiPin] }, /pinned/)
})

test('sends the authentication name as SNI, and never an address (RFC 6066 §3)', async () => {
  const names: string[] = []
  await using server = await DotServer.start({
    certificate: good(),
    tls: {
      SNICallback: (name, callback) => {
        names.push(name)
        callback(null)
      },
    },
  })
  assert.ok((await tryOnce(server)).answered)
  assert.deepEqual(names, [DOT_NAME])
  assert.ok((await tryOnce(server, { tlsName: null })).answered)
  assert.ok((await tryOnce(server, { tlsName: '127.0.0.1' })).answered)
  assert.deepEqual(names, [DOT_NAME])
})

test('offers the protocol `dot` (RFC 7858 §3.1), and takes a server without ALPN', async () => {
  await using server = await DotServer.start({ certificate: good(), tls: { ALPNProtocols: [] } })
  assert.ok((await tryOnce(server)).answered)
})

test('shows its own certificate to an upstream that asks for one', async () => {
  const tls = { requestCert: true, rejectUnauthorized: true, ca: ca.caPem }
  await using server = await DotServer.start({ certificate: good(), tls })
  const { cert, key } = ca.issue({ names: ['client.example.org'], clientAuth: true })
  assert.ok((await tryOnce(server, { clientCertificate: cert, clientKey: key })).answered)
  assert.match((await tryOnce(server)).detail ?? '', /wants a client certificate/)
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`resumes a session of ${maxVersion}, and again, with pins checked`, async () => {
    const certificate = good()
    await using server = await DotServer.start({ certificate, tls: { maxVersion } })
    const sessions = new SessionStore()
    const changes = { pins: [certificate.spkiPin] }
    for (let i = 0; i < 3; i++) {
      assert.ok((await tryOnce(server, changes, sessions)).answered)
    }
    assert.equal(server.resumed, 2)
  })

  test(`does not resume a session of ${maxVersion} for another name, pin, CA or client`, async () => {
    const certificate = ca.issue({ names: [DOT_NAME, 'dot.example.com'] })
    await using server = await DotServer.start({ certificate, tls: { maxVersion } })
    const sessions = new SessionStore()
    const client = ca.issue({ names: ['client.example.org'], clientAuth: true })
    const others: Partial<UpstreamOptions>[] = [
      {},
      { tlsName: 'dot.example.com' },
      { pins: [certificate.spkiPin] },
      { ca: `${ca.caPem}\n` },
      { clientCertificate: client.cert, clientKey: client.key },
    ]
    for (const changes of others) assert.ok((await tryOnce(server, changes, sessions)).answered)
    assert.equal(server.resumed, 0)
    const { kind } = await tryOnce(server, { pins: [client.spkiPin] }, sessions)
    assert.equal(kind, 'tls')
  })
}

test('holds a resumed session against the certificate that was shown when it began', async () => {
  const certificate = good()
  await using server = await DotServer.start({ certificate })
  const shownBefore: [Partial<UpstreamOptions>, string, RegExp][] = [
    [{}, ca.issue({ names: [DOT_NAME], expired: true }).cert, /expired/],
    [{}, ca.issue({ names: ['dot.example.com'] }).cert, /not for dot\.example\.org/],
    [{ pins: [certificate.spkiPin] }, good().cert, /pinned/],
  ]
  for (const [changes, cert, detail] of shownBefore) {
    const sessions = new SessionStore()
    assert.ok((await tryOnce(server, changes, sessions)).answered)
    const take = sessions.take.bind(sessions)
    sessions.take = (key) => {
      const session = take(key)
      const shown = { certificate: new X509Certificate(cert), keys: ['another key'] }
      return session && { ...session, shown }
    }
    const outcome = await tryOnce(server, changes, sessions)
    assert.ok(outcome.resumed)
    assert.match(outcome.detail ?? '', detail)
  }
})
