import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestCa, type TestCa, type TestCertificate } from '../../test/support/certificates.ts'
import { DotForwarder } from '../../test/support/dot-forwarder.ts'
import { DotServer, type ServedQuery } from '../../test/support/dot-server.ts'
import {
  CountingMetrics,
  DOT_NAME,
  IN_ORDER,
  QUICK_LIMITS,
  upstreamAt,
} from '../../test/support/dot-upstream-options.ts'
import { ask, questionFor } from '../../test/support/exchanges.ts'
import { subnetIn, subnetOption } from '../../test/support/subnet-option.ts'
import { SessionStore } from './tls/session-store.ts'

let ca: TestCa
let certificate: TestCertificate
before(() => {
  ca = createTestCa()
  certificate = ca.issue({ names: [DOT_NAME] })
})
after(() => ca[Symbol.dispose]())

const SUBNET = Uint8Array.of(0, 1, 24, 0, 198, 51, 100)
const question = { ...questionFor('www.example.org'), subnet: SUBNET }

/** One server, what it was told of subnets, and a forwarder that asks it. */
async function setUp(react: (query: ServedQuery, subnet: Buffer | null) => void) {
  const told: (string | null)[] = []
  const server = await DotServer.start({
    certificate,
    react(query) {
      const subnet = subnetIn(query.message)
      told.push(subnet?.toString('hex') ?? null)
      react(query, subnet)
    },
  })
  const metrics = new CountingMetrics()
  const forwarder = new DotForwarder({
    upstreams: [upstreamAt(server, ca, { name: 'a' })],
    sessions: new SessionStore(),
    ...IN_ORDER,
    limits: QUICK_LIMITS,
    metricsFor: () => metrics,
  })
  return {
    told,
    forwarder,
    counts: metrics.counts,
    async [Symbol.asyncDispose]() {
      forwarder.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const TOLD = Buffer.from(SUBNET).toString('hex')

describe('a question with a client subnet (RFC 7871)', { concurrency: 4 }, () => {
  test('takes it to the upstream, and the answer that repeats it', async () => {
    await using it = await setUp((query, subnet) =>
      query.answer({ options: subnetOption(subnet!, 24) }),
    )
    const { answer } = await ask(it.forwarder, '', { question })
    assert.equal(answer?.rcode, 0)
    assert.deepEqual(it.told, [TOLD])
  })

  for (const [rcode, name] of [
    [1, 'FORMERR'],
    [4, 'NOTIMP'],
    [5, 'REFUSED'],
  ] as const) {
    test(`goes without it where it gets ${name}, and so do others for a while (§7.1.3)`, async () => {
      await using it = await setUp((query, subnet) =>
        query.answer({ rcode: subnet === null ? 0 : rcode }),
      )
      assert.equal((await ask(it.forwarder, '', { question })).answer?.rcode, 0)
      assert.equal((await ask(it.forwarder, '', { question })).answer?.rcode, 0)
      assert.deepEqual(it.told, [TOLD, null, null])
      assert.equal(it.counts['subnetRefused'], 1)
    })
  }

  test('goes without it where the refusal does not even repeat the question', async () => {
    await using it = await setUp((query, subnet) =>
      query.answer(subnet === null ? {} : { rcode: 1, question: new Uint8Array(0) }),
    )
    assert.equal((await ask(it.forwarder, '', { question })).answer?.rcode, 0)
    assert.deepEqual(it.told, [TOLD, null])
  })

  test('is refused when it is refused without it as well, and the next one takes it again', async () => {
    await using it = await setUp((query) => query.answer({ rcode: 5 }))
    assert.equal((await ask(it.forwarder, '', { question })).answer?.rcode, 5)
    await ask(it.forwarder, '', { question })
    assert.deepEqual(it.told, [TOLD, null, TOLD, null])
    assert.equal(it.counts['subnetRefused'], undefined)
  })

  test('does not take an answer for another subnet (§11.2)', async () => {
    await using it = await setUp((query, subnet) => {
      const other = Uint8Array.of(0, 1, 24, 0, 198, 51, 101)
      query.answer(
        subnet === null ? {} : { options: subnetOption(other, 24), address: [1, 2, 3, 4] },
      )
    })
    const { answer } = await ask(it.forwarder, '', { question })
    assert.ok(!answer!.message.includes(Buffer.of(1, 2, 3, 4)))
    assert.deepEqual(it.told, [TOLD, null])
  })
})
