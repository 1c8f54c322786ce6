import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa, type TestCa } from '../../test/support/certificates.ts'
import { DotServer, type DotServerOptions } from '../../test/support/dot-server.ts'
import {
  CountingMetrics,
  DOT_NAME,
  QUICK_LIMITS,
  upstreamAt,
} from '../../test/support/dot-upstream-options.ts'
import { ask } from '../../test/support/exchanges.ts'
import { Forwarder } from './forwarder.ts'
import type { UpstreamOptions } from './options.ts'
import { SessionStore } from './session-store.ts'

let ca: TestCa
before(() => {
  ca = createTestCa()
})
after(() => ca[Symbol.dispose]())

const good = () => ca.issue({ names: [DOT_NAME], ips: ['127.0.0.1'] })

/** One question over one connection; what came of it, and the upstream's counters. */
async function tryOnce(
  server: DotServer,
  changes: Partial<UpstreamOptions> = {},
  sessions = new SessionStore(),
) {
  const metrics = new CountingMetrics()
  const forwarder = new Forwarder({
    upstreams: [upstreamAt(server, ca, changes)],
    sessions,
    limits: QUICK_LIMITS,
    metricsFor: () => metrics,
  })
  try {
    const outcome = await ask(forwarder, 'www.example.org')
    // Tickets of TLS 1.3 come after the handshake, at the latest with the answer.
    await delay(20)
    return { ...outcome, counts: metrics.counts }
  } finally {
    forwarder.close()
  }
}

async function expectRefusal(
  options: DotServerOptions,
  changes: Partial<UpstreamOptions>,
  detail: RegExp,
): Promise<void> {
  await using server = await DotServer.start(options)
  const { failure } = await tryOnce(server, changes)
  assert.equal(failure?.kind, 'tls')
  assert.match(failure.detail, detail)
  assert.equal(server.queries, 0, 'a query left before the server was known')
}

test('takes a certificate whose subjectAltName is the authentication name (RFC 8310 §8.1)', async () => {
  await using server = await DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }) })
  assert.equal((await tryOnce(server)).answer?.rcode, 0)
})

test('without an authentication name takes a certificate for the address', async () => {
  await using server = await DotServer.start({ certificate: ca.issue({ ips: ['127.0.0.1'] }) })
  assert.equal((await tryOnce(server, { tlsName: null })).answer?.rcode, 0)
})

test('refuses a certificate for another name', () =>
  expectRefusal({ certificate: ca.issue({ names: ['dot.example.com'] }) }, {}, /dot\.example\.org/))

test('refuses a certificate that has the name only as common name (RFC 9525 §2)', () =>
  expectRefusal(
    { certificate: ca.issue({ ips: ['127.0.0.1'] }) },
    { tlsName: 'leaf-1.example' },
    /./,
  ))

test('refuses a certificate without the address when no name is configured', () =>
  expectRefusal(
    { certificate: ca.issue({ names: [DOT_NAME] }) },
    { tlsName: null },
    /127\.0\.0\.1/,
  ))

test('refuses an expired certificate', () =>
  expectRefusal({ certificate: ca.issue({ names: [DOT_NAME], expired: true }) }, {}, /expired/i))

test('refuses a certificate of an unknown authority', async () => {
  using other = createTestCa()
  await expectRefusal({ certificate: good() }, { ca: other.caPem }, /certificate|signature/i)
})

test('refuses a server that offers nothing above TLS 1.1 (RFC 9325 §3.1.1)', () =>
  expectRefusal(
    {
      certificate: good(),
      tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    },
    {},
    /./,
  ))

test('refuses plain TCP where TLS should be', () =>
  expectRefusal({ certificate: good(), plain: true, react: () => {} }, {}, /./))

test('takes a server whose key is pinned, or its authority’s (RFC 7858 §4.2)', async () => {
  const certificate = good()
  await using server = await DotServer.start({ certificate })
  const other = good().spkiPin
  assert.ok((await tryOnce(server, { pins: [other, certificate.spkiPin] })).answer)
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
  assert.ok((await tryOnce(server)).answer)
  assert.deepEqual(names, [DOT_NAME])
  assert.ok((await tryOnce(server, { tlsName: null })).answer)
  assert.ok((await tryOnce(server, { tlsName: '127.0.0.1' })).answer)
  assert.deepEqual(names, [DOT_NAME])
})

test('offers the protocol `dot` (RFC 7858 §3.1), and takes a server without ALPN', async () => {
  await using server = await DotServer.start({ certificate: good(), tls: { ALPNProtocols: [] } })
  assert.ok((await tryOnce(server)).answer)
})

test('shows its own certificate to an upstream that asks for one', async () => {
  const tls = { requestCert: true, rejectUnauthorized: true, ca: ca.caPem }
  await using server = await DotServer.start({ certificate: good(), tls })
  const { cert, key } = ca.issue({ names: ['client.example.org'], clientAuth: true })
  assert.ok((await tryOnce(server, { clientCertificate: cert, clientKey: key })).answer)
  assert.ok((await tryOnce(server)).failure)
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`resumes a session of ${maxVersion}, and again, with pins checked`, async () => {
    const certificate = good()
    await using server = await DotServer.start({ certificate, tls: { maxVersion } })
    const sessions = new SessionStore()
    const changes = { pins: [certificate.spkiPin] }
    for (let i = 0; i < 3; i++) {
      assert.ok((await tryOnce(server, changes, sessions)).answer)
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
    for (const changes of others) assert.ok((await tryOnce(server, changes, sessions)).answer)
    assert.equal(server.resumed, 0)
    const { failure } = await tryOnce(server, { pins: [client.spkiPin] }, sessions)
    assert.equal(failure?.kind, 'tls')
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
    assert.ok((await tryOnce(server, changes, sessions)).answer)
    const take = sessions.take.bind(sessions)
    sessions.take = (key) => {
      const session = take(key)
      const shown = { certificate: new X509Certificate(cert), keys: ['another key'] }
      return session && { ...session, shown }
    }
    const { failure } = await tryOnce(server, changes, sessions)
    assert.match(failure?.detail ?? '', detail)
  }
})
