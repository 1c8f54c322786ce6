// From start to stop, as an operator sees it.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa } from '../support/certificates.ts'
import { TcpClient, UdpClient } from '../support/clients.ts'
import { DotServer, type ServedQuery } from '../support/dot-server.ts'
import { DOT_NAME } from '../support/dot-upstream-options.ts'
import { type Config, ConfigFile, Dotward, runDotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, Rcode, readAnswer } from '../support/messages.ts'
import { freePort } from '../support/processes.ts'

const ca = createTestCa()
after(() => ca[Symbol.dispose]())
const certificate = ca.issue({ names: [DOT_NAME] })

const configFor = (port: number, more: Config = {}): Config => ({
  upstreams: [{ name: 'scripted', address: '127.0.0.1', port, tlsName: DOT_NAME, ca: ca.caPath }],
  ...more,
})

/** Answers names that begin with "slow" after 600 ms, with "never" not at all, others at once. */
function react(query: ServedQuery): void {
  if (query.label.startsWith('slow')) setTimeout(() => query.answer(), 600)
  else if (!query.label.startsWith('never')) query.answer()
}

const CRASH_WORKER = new URL('../support/crash-worker.mjs', import.meta.url).href

const startServer = (): Promise<DotServer> => DotServer.start({ certificate, react })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: queries in flight are answered over UDP and TCP, then it exits with 0`, async () => {
    await using server = await startServer()
    let slow = 0
    server.react = (query) => {
      if (query.label.startsWith('slow')) slow++
      react(query)
    }
    await using proxy = await Dotward.start(configFor(server.port))
    const endpoint = { host: '127.0.0.1', port: proxy.port }
    await using udp = await UdpClient.open(endpoint)
    await using tcp = await TcpClient.open(endpoint)
    const answers = [
      udp.ask(makeQuery('slow1.example.org')),
      tcp.ask(makeQuery('slow2.example.org')),
    ]
    await proxy.program.until('both were under way', () => slow === 2)
    proxy.program.signal(signal)
    for (const answer of await Promise.all(answers)) {
      assert.deepEqual(addressesIn(readAnswer(answer!)), ['192.0.2.1'])
    }
    const { code, output } = await proxy.program.exited
    assert.equal(code, 0, output)
    assert.match(output, /^queries\{transport="udp"\} \d+$/m, 'counters at the end')
    assert.ok(await tcp.wasClosed())
  })
}

test('SIGTERM waits for what never comes no longer than timeouts.shutdown', async () => {
  await using server = await startServer()
  const timeouts = { query: '30s', shutdown: '300ms' }
  await using proxy = await Dotward.start(configFor(server.port, { timeouts }))
  await using udp = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  let held = 0
  server.react = (query) => {
    if (query.label.startsWith('never')) held++
    else query.answer()
  }
  udp.send(makeQuery('never.example.org'))
  await proxy.program.until('it was under way', () => held > 0)
  await proxy.stop()
})

test('the start says what listens where, and which upstreams answer', async () => {
  await using server = await startServer()
  const dead = await freePort()
  const { upstreams } = configFor(server.port) as { upstreams: object[] }
  const second = { ...upstreams[0], name: 'gone', port: dead }
  await using proxy = await Dotward.start({ upstreams: [...upstreams, second] })
  await proxy.program.printed(new RegExp(`listening on 127\\.0\\.0\\.1:${proxy.port} udp and tcp`))
  await proxy.program.printed(new RegExp(`listening on \\[::1\\]:${proxy.port} udp and tcp`))
  await proxy.program.printed(/upstream scripted\s+answered in [\d.]+ ms/)
  await proxy.program.printed(/upstream gone\s+no answer \(connect\)/)
  await proxy.stop()
})

test('with no upstream at hand it serves all the same: SERVFAIL, and answers once there is one', async () => {
  const port = await freePort()
  await using proxy = await Dotward.start(configFor(port))
  await using udp = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const failure = readAnswer((await udp.ask(makeQuery('a.example.org', { opts: [{}] })))!)
  assert.equal(failure.rcode, Rcode.ServFail)
  assert.ok(failure.extendedErrors.length > 0, 'an extended error says why (RFC 8914)')
  await using server = await DotServer.start({ certificate, react, port })
  await proxy.program.until('it recovered', async () => {
    const answer = readAnswer((await udp.ask(makeQuery(`r${Date.now()}.example.org`)))!)
    return answer.rcode === Rcode.NoError
  })
  assert.ok(server.queries > 0)
  await proxy.stop()
})

test('SIGUSR1 prints the counters', async () => {
  await using server = await startServer()
  await using proxy = await Dotward.start(configFor(server.port))
  await using udp = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const earlier = await proxy.counters()
  await udp.ask(makeQuery('counted.example.org'))
  await udp.ask(makeQuery('counted.example.org'))
  const later = await proxy.counters()
  const grown = (name: string): number => later(name) - earlier(name)
  assert.equal(grown('queries{transport="udp"}'), 2)
  assert.equal(grown('answers{rcode="NOERROR"}'), 2)
  assert.equal(grown('cache_misses'), 1)
  assert.equal(grown('cache_hits'), 1)
  // The proxy asks questions of its own as well.
  assert.ok(grown('upstream_answers{upstream="scripted",rcode="NOERROR"}') >= 1)
  await proxy.stop()
})

test('a worker that dies is replaced at once; the other answers meanwhile', async () => {
  await using server = await startServer()
  const config = configFor(server.port, { workers: 2 })
  const flag = join(ca.dir, 'crash-now')
  const env = { NODE_OPTIONS: `--import ${CRASH_WORKER}`, CRASH_WORKER_AT: flag }
  await using proxy = await Dotward.start(config, { env })
  for (let round = 1; round <= 3; round++) {
    const from = proxy.program.output.length
    writeFileSync(flag, '')
    await proxy.program.printed(/worker died/, from)
    await proxy.program.printed(/worker is back/, from)
    await Promise.all(Array.from({ length: 20 }, (_, i) => answered(proxy, `w${round}-${i}`)))
  }
  await proxy.stop()
})

test('when no worker can start, it says why and exits with an error', async () => {
  const listeners = [{ address: '127.0.0.1', port: await freePort() }]
  using file = new ConfigFile({ workers: 2, listeners })
  const env = { NODE_OPTIONS: `--import ${CRASH_WORKER}`, CRASH_WORKER_AT: 'birth' }
  await using program = runDotward(['serve', '-c', file.path], { env })
  const { code, output } = await program.exited
  assert.equal(code, 1, output)
  assert.match(output, /a fault that the test asked for/)
})

/** Asks until an answer comes, as a stub resolver does: the dead worker takes its datagrams along. */
async function answered(proxy: Dotward, label: string): Promise<void> {
  await using udp = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  for (let attempt = 0; attempt < 5; attempt++) {
    const answer = await udp.ask(makeQuery(`${label}.example.org`), 1_000)
    if (answer !== null && readAnswer(answer).rcode === Rcode.NoError) return
    await delay(50)
  }
  assert.fail(`${label} was never answered:\n${proxy.program.output}`)
}
