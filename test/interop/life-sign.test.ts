// What is asked as a sign of life is answered out of what every resolver has at hand (RFC 6303 §4.2):
// these servers reach nobody else.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connectionTools } from '../../src/upstream/dot/connection-tools.ts'
import { noUpstreamMetrics } from '../../src/upstream/metrics.ts'
import { DEFAULT_UPSTREAM_LIMITS } from '../../src/upstream/options.ts'
import { UpstreamPool } from '../../src/upstream/dot/pool.ts'
import { SessionStore } from '../../src/upstream/tls/session-store.ts'
import { createTestCa, type TestCa } from '../support/certificates.ts'
import { startBind } from '../support/dot-upstreams/bind.ts'
import { startDnsdist } from '../support/dot-upstreams/dnsdist.ts'
import { TLS_NAME } from '../support/dot-upstreams/dot-upstream.ts'
import { startKnotResolver } from '../support/dot-upstreams/knot-resolver.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'

let ca: TestCa
before(() => {
  ca = createTestCa()
})
after(() => ca[Symbol.dispose]())

for (const [name, start] of Object.entries({
  BIND: startBind,
  Unbound: startUnbound,
  'Knot Resolver': startKnotResolver,
  dnsdist: startDnsdist,
})) {
  test(`${name} gives a sign of life at once`, async () => {
    await using server = await start(ca)
    const pool = new UpstreamPool({
      upstream: {
        name,
        address: '127.0.0.1',
        port: server.port,
        tlsName: TLS_NAME,
        pins: [],
        ca: ca.caPem,
        clientCertificate: null,
        clientKey: null,
      },
      // No second chance by a connection that stalls.
      limits: { ...DEFAULT_UPSTREAM_LIMITS, stallTimeout: 30_000 },
      sessions: new SessionStore(),
      tools: connectionTools(),
      metrics: noUpstreamMetrics,
    })
    await pool.probe(5_000)
    const warm = await pool.probe(1_000)
    pool.close()
    assert.ok(warm.answered, JSON.stringify(warm))
  })
}
