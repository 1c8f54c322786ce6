// Answers that are asked for all the time are renewed before they end, by the program itself.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { makeQuery, Rcode, readAnswer } from '../support/messages.ts'

const ca = createTestCa()
after(() => ca[Symbol.dispose]())
const certificate = ca.issue({ names: [TLS_NAME] })

const NAMES = Array.from({ length: 20 }, (_, i) => `popular-${i}.example.org`)
const LIFETIME = 5
const SECONDS = 20

/** Milliseconds before their end in which names are renewed, and what the upstream thinks off it. */
const WINDOW = 300

/** Milliseconds that the upstream thinks: who is not answered from the cache waits so long. */
const THINKING = 200

test('popular names stay in the cache through their whole life: nobody waits, and the upstream is asked once a lifetime', async () => {
  let asked = 0
  await using upstream = await DotServer.start({
    certificate,
    react: (query) => {
      // Other questions are of those that look whether it is there, which no server thinks about.
      if (!query.label.startsWith('popular')) return query.answer()
      asked++
      setTimeout(() => query.answer(), THINKING)
    },
  })
  await using proxy = await Dotward.start({
    upstreams: [upstreamConfig({ name: 'slow', port: upstream.port }, ca)],
    cache: { size: '4MiB', maxTtl: `${LIFETIME}s` },
  })
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  const queries = NAMES.map((name, id) => makeQuery(name, { id }))
  let sent = 0
  const askAll = (): void => {
    for (const query of queries) client.send(query)
    sent += queries.length
  }
  const answered = () =>
    proxy.program.until('all were answered', () => client.answers.length === sent)
  askAll()
  await answered()
  const askedBefore = asked
  const before = await proxy.counters()
  const until = performance.now() + SECONDS * 1_000
  let late = 0
  for (let began = performance.now(); began < until; ) {
    askAll()
    await answered()
    await delay(100)
    const ended = performance.now()
    if (ended - began > WINDOW) late++
    began = ended
  }
  assert.ok(client.answers.every((answer) => readAnswer(answer).rcode === Rcode.NoError))
  const misses = (await proxy.counters())('cache_misses') - before('cache_misses')
  // Where this machine came late with a whole round, names may have ended before it.
  assert.ok(misses <= late * NAMES.length, `${misses} had to wait, after ${late} late rounds`)
  const renewals = asked - askedBefore - misses
  const lifetimes = SECONDS / (LIFETIME - 1)
  assert.ok(renewals >= NAMES.length * (SECONDS / LIFETIME - 1 - late), `${renewals} renewals`)
  assert.ok(renewals <= NAMES.length * (lifetimes + 1), `${renewals} renewals`)
  await proxy.program.until('all renewals were done', async () => {
    return (await proxy.counters())('renewals{event="done"}') === asked - askedBefore - misses
  })
})
