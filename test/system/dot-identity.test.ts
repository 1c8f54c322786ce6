// Clients that prove who they are by a certificate (RFC 8446 §4.4.2), and those who cannot.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa, type TestCa, type TestCertificate } from '../support/certificates.ts'
import type { DotClient } from '../support/dot-client.ts'
import { DotDoor } from '../support/dot-door.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'

const QUERY = makeQuery('mixed.test.example', { opts: [{}] })
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
const running = new AsyncDisposableStack()
let ca: TestCa
/** Of clients. */
let mesh: TestCa
let crlPath: string
let upstreams: readonly unknown[]
let good: TestCertificate

before(async () => {
  ca = running.use(createTestCa())
  mesh = running.use(createTestCa())
  crlPath = join(mesh.dir, 'revoked.pem')
  good = mesh.issue({ names: ['sidecar.mesh.example'], clientAuth: true })
  writeFileSync(crlPath, mesh.revocations())
  upstreams = [upstreamConfig(running.use(await startUnbound(ca)), ca)]
})
after(() => running.disposeAsync())

/** The response code of one query; null when the connection ends instead. */
async function rcodeOf(client: DotClient): Promise<number | null> {
  const answer = await client.ask(QUERY)
  if (answer === null) return null
  const { rcode } = readAnswer(answer)
  if (rcode === Rcode.NoError) {
    assert.deepEqual(addressesIn(readAnswer(answer)), ['192.0.2.13'])
  }
  return rcode
}

interface Case {
  readonly what: string
  readonly certificate: () => TestCertificate | null
  /** The outcome that is counted; null for a client that is served. */
  readonly refused: string | null
}

const CASES: readonly Case[] = [
  { what: 'a good certificate', certificate: () => good, refused: null },
  { what: 'none', certificate: () => null, refused: 'no-certificate' },
  {
    what: 'one of another authority',
    certificate: () => ca.issue({ names: ['sidecar.mesh.example'], clientAuth: true }),
    refused: 'unknown-authority',
  },
  {
    what: 'one that signed itself',
    certificate: () => mesh.issue({ names: ['a.example'], clientAuth: true, selfSigned: true }),
    refused: 'unknown-authority',
  },
  {
    what: 'one whose time is over',
    certificate: () => mesh.issue({ names: ['a.example'], clientAuth: true, expired: true }),
    refused: 'expired',
  },
  {
    what: 'one whose time has not come',
    certificate: () => mesh.issue({ names: ['a.example'], clientAuth: true, notYetValid: true }),
    refused: 'expired',
  },
  {
    what: 'one that is for servers',
    certificate: () => mesh.issue({ names: ['a.example'] }),
    refused: 'bad-certificate',
  },
  {
    what: 'one that was revoked',
    certificate: () => {
      const revoked = mesh.issue({ names: ['a.example'], clientAuth: true })
      mesh.revoke(revoked)
      return revoked
    },
    refused: 'revoked',
  },
]

describe('a door that requires certificates', () => {
  let door: DotDoor
  let certificates: readonly (TestCertificate | null)[]
  before(async () => {
    certificates = CASES.map(({ certificate }) => certificate())
    writeFileSync(crlPath, mesh.revocations())
    door = await DotDoor.start({
      ca,
      config: { upstreams, log: { level: 'debug' } },
      tls: { clientCa: mesh.caPath, clientCrl: crlPath, require: true },
    })
  })
  after(() => door[Symbol.asyncDispose]())

  for (const version of VERSIONS) {
    for (const [i, { what, refused }] of CASES.entries()) {
      const verb = refused === null ? 'serves' : 'refuses and counts'
      test(`${verb} a client that shows ${what} in ${version}`, async () => {
        const name = `tls_handshakes{outcome="${refused ?? 'full'}"}`
        const were = (await door.proxy.counters())(name)
        const shown = certificates[i]!
        const from = door.proxy.program.output.length
        using client = door.client({
          maxVersion: version,
          ...(shown !== null && { cert: shown.cert, key: shown.key }),
        })
        assert.equal(await rcodeOf(client), refused === null ? Rcode.NoError : null)
        assert.equal((await door.proxy.counters())(name), were + 1)
        if (refused !== null) {
          await door.proxy.program.printed(new RegExp(`tls client refused.*${refused}`), from)
        }
      })
    }
  }
})

describe('a certificate revoked after its first handshake', () => {
  for (const version of VERSIONS) {
    test(`resumes while it is good; once the list names it, loses what is open and comes no more, in ${version}`, async () => {
      const client = mesh.issue({ names: ['late.mesh.example'], clientAuth: true })
      writeFileSync(crlPath, mesh.revocations())
      await using door = await DotDoor.start({
        ca,
        config: {
          upstreams,
          // Files are found to be new within ten seconds, for which connections say nothing.
          tcp: { idleTimeout: '1m' },
          access: {
            allow: ['127.0.0.0/8', '@late'],
            groups: { late: { certificates: ['late.mesh.example'] } },
          },
        },
        tls: { clientCa: mesh.caPath, clientCrl: crlPath, require: true },
      })
      const options = { cert: client.cert, key: client.key, maxVersion: version }
      using first = door.client(options)
      assert.equal(await rcodeOf(first), Rcode.NoError)
      const session = await first.offeredSession()
      using second = door.client({ ...options, session })
      assert.equal(await rcodeOf(second), Rcode.NoError)
      assert.ok(second.resumed)

      mesh.revoke(client)
      writeFileSync(crlPath, mesh.revocations())
      await door.proxy.program.printed(/new and in force/)
      assert.ok(await first.wasClosed())
      assert.ok(await second.wasClosed())
      using third = door.client({ ...options, session })
      assert.equal(await rcodeOf(third), null)
      assert.equal(third.resumed, false)
      const counters = await door.proxy.counters()
      assert.equal(counters('tls_handshakes{outcome="revoked"}'), 1)
      assert.equal(counters('connections_closed{reason="trust"}'), 2)
    })
  }
})

test('each of several authorities has its list in one file, and revokes its own', async () => {
  const other = running.use(createTestCa(tmpdir(), 'another-test-ca'))
  const [kept, lost] = [1, 2].map(() => other.issue({ names: ['b.example'], clientAuth: true }))
  other.revoke(lost!)
  const authorities = join(mesh.dir, 'authorities.pem')
  const lists = join(mesh.dir, 'lists.pem')
  writeFileSync(authorities, mesh.caPem + other.caPem)
  writeFileSync(lists, mesh.revocations() + other.revocations())
  await using door = await DotDoor.start({
    ca,
    config: { upstreams },
    tls: { clientCa: authorities, clientCrl: lists, require: true },
  })
  const outcomes = []
  for (const { cert, key } of [good, kept!, lost!]) {
    using client = door.client({ cert, key })
    outcomes.push(await rcodeOf(client))
  }
  assert.deepEqual(outcomes, [Rcode.NoError, Rcode.NoError, null])
  assert.equal((await door.proxy.counters())('tls_handshakes{outcome="revoked"}'), 1)
})

test('a list of revocations ends sessions that would be resumed as well', async () => {
  const path = join(mesh.dir, 'short.pem')
  writeFileSync(path, mesh.revocations(8))
  await using door = await DotDoor.start({
    ca,
    config: { upstreams },
    tls: { clientCa: mesh.caPath, clientCrl: path },
  })
  const options = { cert: good.cert, key: good.key }
  using first = door.client(options)
  assert.equal(await rcodeOf(first), Rcode.NoError)
  const session = await first.offeredSession()
  for (let tries = 0; (await resumes({ ...options, session }, door)) !== null; tries++) {
    assert.ok(tries < 100, 'it goes on past the end of the list')
    await delay(200)
  }
  const counters = await door.proxy.counters()
  assert.equal(counters('tls_handshakes{outcome="revocation-unknown"}'), 1)
})

async function resumes(
  options: Parameters<DotDoor['client']>[0],
  door: DotDoor,
): Promise<number | null> {
  using client = door.client(options)
  return await rcodeOf(client)
}

test('a list of revocations that is past its own date refuses everybody, and counts it', async () => {
  const path = join(mesh.dir, 'outdated.pem')
  writeFileSync(path, mesh.revocations(1))
  await using door = await DotDoor.start({
    ca,
    config: { upstreams },
    tls: { clientCa: mesh.caPath, clientCrl: path },
  })
  await delay(1_500)
  using client = door.client({ cert: good.cert, key: good.key })
  assert.equal(await rcodeOf(client), null)
  const counters = await door.proxy.counters()
  assert.equal(counters('tls_handshakes{outcome="revocation-unknown"}'), 1)
})

describe('access by certificate', () => {
  let door: DotDoor
  before(async () => {
    door = await DotDoor.start({
      ca,
      config: {
        upstreams,
        access: {
          allow: ['127.0.0.1/32', '@sidecars'],
          deny: ['127.0.0.2/32', '@outcast'],
          onDeny: 'refuse',
          groups: {
            sidecars: { certificates: ['sidecar.mesh.example', 'CN=leaf-9.example'] },
            outcast: { certificates: ['URI:spiffe://mesh.example/outcast'] },
          },
        },
      },
      tls: { clientCa: mesh.caPath },
    })
  })
  after(() => door[Symbol.asyncDispose]())

  test('a name that is allowed is served whatever its address, on a resumed session too', async () => {
    const options = { cert: good.cert, key: good.key, localAddress: '127.0.0.2' }
    using first = door.client(options)
    assert.equal(await rcodeOf(first), Rcode.NoError)
    using next = door.client({ ...options, session: await first.offeredSession() })
    assert.equal(await rcodeOf(next), Rcode.NoError)
    assert.ok(next.resumed)
  })

  test('without a certificate the address decides', async () => {
    using friend = door.client()
    assert.equal(await rcodeOf(friend), Rcode.NoError)
    using stranger = door.client({ localAddress: '127.0.0.2' })
    assert.equal(await rcodeOf(stranger), null)
  })

  test('a name that is denied is refused whatever its address', async () => {
    const outcast = mesh.issue({ uris: ['spiffe://mesh.example/outcast'], clientAuth: true })
    using client = door.client({ cert: outcast.cert, key: outcast.key })
    assert.equal(await rcodeOf(client), Rcode.Refused)
  })

  test('a certificate that no rule names leaves it to the address', async () => {
    const plain = mesh.issue({ names: ['other.mesh.example'], clientAuth: true })
    using friend = door.client({ cert: plain.cert, key: plain.key })
    assert.equal(await rcodeOf(friend), Rcode.NoError)
    using stranger = door.client({ cert: plain.cert, key: plain.key, localAddress: '127.0.0.2' })
    assert.equal(await rcodeOf(stranger), Rcode.Refused)
  })
})
