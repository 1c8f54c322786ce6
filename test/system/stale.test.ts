// Outages with answers past their time to live to cover them (RFC 8767), by the program itself.

import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { dig } from '../support/dig.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnboundFor } from '../support/dot-upstreams/unbound.ts'
import { Dotward } from '../support/dotward.ts'
import { type Answer, makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { runProgram } from '../support/processes.ts'

const ca = createTestCa()
after(() => ca[Symbol.dispose]())
const certificate = ca.issue({ names: [TLS_NAME] })

const STALE_ANSWER = 3

/** Longer than any answer lives here. */
const LIFETIME_MS = 2_100

const NAMES = Array.from({ length: 40 }, (_, i) => `seen-${i}.example.org`)

/** Every name once, all at a time; none may stay without an answer. */
async function askAll(proxy: Dotward, names: readonly string[]): Promise<Answer[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const asked = names.map((name, id) => makeQuery(name, { id, opts: [{}] }))
  const before = client.answers.length
  for (const query of asked) client.send(query)
  await proxy.program.until('all were answered', () => {
    return client.answers.length === before + asked.length
  })
  return client.answers.map(readAnswer)
}

const isStale = ({ rcode, extendedErrors, records }: Answer): boolean =>
  rcode === Rcode.NoError &&
  extendedErrors[0] === STALE_ANSWER &&
  records.some(({ section, ttl }) => section === 'answer' && ttl === 30)

const isFresh = ({ rcode, extendedErrors }: Answer): boolean =>
  rcode === Rcode.NoError && extendedErrors.length === 0

/** Waits until every name has a fresh answer: a busy machine may need more than one try. */
async function allFresh(proxy: Dotward): Promise<void> {
  await proxy.program.until('all answers were fresh', async () => {
    return (await askAll(proxy, NAMES)).every(isFresh)
  })
}

function configOf(ports: readonly number[]) {
  return {
    upstreams: ports.map((port, i) => upstreamConfig({ name: `up ${i}`, port }, ca)),
    cache: { size: '4MiB', maxTtl: '1s' },
  }
}

suite('while all upstreams are down', () => {
  test('every name seen before is answered, others get SERVFAIL; with the upstreams the fresh answers are back', async () => {
    const servers = [await DotServer.start({ certificate }), await DotServer.start({ certificate })]
    const ports = servers.map(({ port }) => port)
    await using proxy = await Dotward.start(configOf(ports))
    await allFresh(proxy)
    await delay(LIFETIME_MS)
    for (const server of servers) await server[Symbol.asyncDispose]()
    const until = performance.now() + 3_000
    let rounds = 0
    for (; performance.now() < until; rounds++) {
      const answers = await askAll(proxy, NAMES)
      assert.equal(answers.filter(isStale).length, NAMES.length)
      const [unknown] = await askAll(proxy, [`never-${rounds}.example.org`])
      assert.equal(unknown!.rcode, Rcode.ServFail)
    }
    assert.ok(rounds > 1)
    await using running = new AsyncDisposableStack()
    for (const port of ports) running.use(await DotServer.start({ certificate, port }))
    await proxy.program.until('all answers were fresh', async () => {
      const answers = await askAll(proxy, NAMES)
      assert.ok(answers.every((answer) => isStale(answer) || isFresh(answer)))
      return answers.every(isFresh)
    })
  })

  test('dig sees a TTL of 30 and EDE 3 (RFC 8767 §4, RFC 8914 §4.4)', async () => {
    const server = await DotServer.start({ certificate })
    await using proxy = await Dotward.start(configOf([server.port]))
    await askAll(proxy, NAMES.slice(0, 1))
    await delay(LIFETIME_MS)
    await server[Symbol.asyncDispose]()
    const { output, status, answer } = await dig({ host: '127.0.0.1', port: proxy.port }, NAMES[0]!)
    assert.equal(status, 'NOERROR')
    assert.deepEqual(
      answer.map(({ ttl, data }) => [ttl, data]),
      [[30, '192.0.2.1']],
    )
    assert.match(output, /EDE: 3 \(Stale Answer\)/)
  })
})

test('while the only upstream hangs, clients wait for the client’s time, and then not at all', async () => {
  await using unbound = await startUnboundFor(ca, {
    configure: () => `
    server:
      local-zone: "example.org." redirect
      local-data: "example.org. 60 IN A 192.0.2.1"`,
    ready: (program, port) =>
      program.until('it answered', async () => {
        const args = ['@127.0.0.1', '-p', `${port}`, '+tls', '+retry=0', '+time=1', 'example.org']
        return (await runProgram('kdig', args)).output.includes('192.0.2.1')
      }),
  })
  await using proxy = await Dotward.start(configOf([unbound.port]))
  await allFresh(proxy)
  await delay(LIFETIME_MS)
  unbound.program.signal('SIGSTOP')
  const answers = await askAll(proxy, NAMES)
  assert.equal(answers.filter(isStale).length, NAMES.length)
  const first = await proxy.counters()
  const waited = first('stale_answers{reason="late"}') + first('stale_answers{reason="failure"}')
  assert.ok(waited > 0)
  await proxy.program.until('the upstream is known to be out', async () => {
    assert.ok((await askAll(proxy, NAMES)).every(isStale))
    return (await proxy.counters())('stale_answers{reason="unreachable"}') > 0
  })
  unbound.program.signal('SIGCONT')
  await allFresh(proxy)
})
