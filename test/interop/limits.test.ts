// The same streams of queries to dotward and to servers with limits of their own: what is answered,
// what gets TC, and what is dropped. Where they differ, docs/rate-limits.md says why.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestCa } from '../support/certificates.ts'
import { upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { startUnbound } from '../support/dot-upstreams/unbound.ts'
import { Dotward } from '../support/dotward.ts'
import {
  type LimitPeer,
  startBindWith,
  startKnotWith,
  startUnboundWith,
} from '../support/limit-peers.ts'
import { type Classes, sendStream, type Stream } from '../support/limit-stream.ts'

/** A second, for one client or for equal answers to it. */
const RATE = 20
const SECONDS = 3
/** What differs when a second begins elsewhere. */
const TOLERANCE = RATE

const flood = { count: RATE * 20 * SECONDS, perSecond: RATE * 20 }
const STREAMS = {
  'one question far above the rate': { ...flood, name: () => 'www.test.example' },
  'names that do not exist, far above the rate': {
    ...flood,
    name: (i: number) => `n${i}.test.example`,
  },
  'one question below the rate': { count: 30, perSecond: RATE / 2, name: () => 'www.test.example' },
} as const satisfies Record<string, Stream>

const running = new AsyncDisposableStack()
let upstreams: readonly unknown[]

before(async () => {
  const ca = running.use(createTestCa())
  upstreams = [upstreamConfig(running.use(await startUnbound(ca)), ca)]
})
after(() => running.disposeAsync())

function dotward(rateLimit: object): Promise<Dotward> {
  return Dotward.start({ upstreams, rateLimit, cookies: { mode: 'off' } })
}

/** Each stream from an address of its own, to both servers at once. */
async function compare(
  ours: Dotward,
  peer: LimitPeer,
): Promise<Record<keyof typeof STREAMS, [ours: Classes, theirs: Classes]>> {
  const entries = Object.entries(STREAMS).map(async ([title, stream], i) => {
    const from = `127.0.${i + 1}.7`
    const both = [ours, peer].map(({ port }) =>
      sendStream({ host: '127.0.0.1', port, from }, stream),
    )
    return [title, await Promise.all(both)] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as never
}

function assertAlike(
  ours: Classes,
  theirs: Classes,
  stream: string,
  classes: readonly (keyof Classes)[] = ['answered', 'truncated', 'refused', 'dropped'],
): void {
  for (const name of classes) {
    const difference = Math.abs(ours[name] - theirs[name])
    const told = `${stream}: ${JSON.stringify({ ours, theirs })}`
    assert.ok(difference <= TOLERANCE, told)
  }
}

/** Of all streams: whose turn it is to get TC is counted over all clients. */
function sumOf(streams: readonly Classes[]): Classes {
  const sum = (name: keyof Classes): number =>
    streams.reduce((total, classes) => total + classes[name], 0)
  return {
    answered: sum('answered'),
    truncated: sum('truncated'),
    refused: sum('refused'),
    dropped: sum('dropped'),
  }
}

/** Of what was not answered, how much got TC. */
function truncatedShare({ truncated, dropped }: Classes): number {
  return truncated / (truncated + dropped)
}

describe('the same streams as', () => {
  test('Unbound with ip-ratelimit: as much is answered, all else is dropped', async () => {
    await using ours = await dotward({ perClient: RATE, onExceed: 'drop', slip: 0 })
    const limits = `ip-ratelimit: ${RATE}\n ip-ratelimit-factor: 0`
    await using peer = await startUnboundWith(limits)
    const classes = await compare(ours, peer)
    for (const [stream, [own, theirs]] of Object.entries(classes)) {
      assertAlike(own, theirs, stream)
    }
  })

  test('Unbound with ip-ratelimit-factor: where it lets a query pass, TC goes out', async () => {
    const slip = 10
    await using ours = await dotward({ perClient: RATE, onExceed: 'drop', slip })
    const limits = `ip-ratelimit: ${RATE}\n ip-ratelimit-factor: ${slip}`
    await using peer = await startUnboundWith(limits)
    for (const [own, theirs] of Object.values(await compare(ours, peer))) {
      assert.equal(theirs.truncated, 0)
      // Unbound throws dice.
      const difference = own.answered + own.truncated - theirs.answered
      assert.ok(Math.abs(difference) <= 3 * TOLERANCE, JSON.stringify({ own, theirs }))
    }
  })

  test('BIND with rate-limit (ISC-TN-2012-1): the same in all classes', async () => {
    const responses = { equal: RATE, noData: RATE, nxDomain: RATE, errors: RATE }
    await using ours = await dotward({ responses: { ...responses, window: '15s', slip: 2 } })
    const limits = `responses-per-second ${RATE}; window 15; slip 2;`
    await using peer = await startBindWith(limits)
    const classes = await compare(ours, peer)
    for (const [stream, [own, theirs]] of Object.entries(classes)) {
      assertAlike(own, theirs, stream, ['answered', 'refused'])
    }
    const all = Object.values(classes)
    const own = sumOf(all.map(([one]) => one))
    assertAlike(own, sumOf(all.map(([, other]) => other)), 'all streams', ['truncated', 'dropped'])
  })

  test('Knot DNS with mod-rrl: the same share gets TC; Knot answers on at the rate', async () => {
    const responses = { equal: RATE, noData: RATE, nxDomain: RATE, errors: RATE }
    await using ours = await dotward({ responses: { ...responses, slip: 2 } })
    await using peer = await startKnotWith(`rate-limit: ${RATE}\n    slip: 2`)
    const classes = await compare(ours, peer)
    assertAlike(...classes['one question below the rate'], 'below the rate')
    const all = sumOf(Object.values(classes).map(([own]) => own))
    assert.ok(Math.abs(truncatedShare(all) - 0.5) < 0.02, JSON.stringify(all))
    for (const stream of [
      'one question far above the rate',
      'names that do not exist, far above the rate',
    ] as const) {
      const [own, theirs] = classes[stream]
      const told = `${stream}: ${JSON.stringify({ own, theirs })}`
      assert.ok(Math.abs(truncatedShare(theirs) - 0.5) < 0.1, told)
      assert.ok(own.answered <= 2 * RATE, told)
      // Four seconds' worth at once, then the rate.
      assert.ok(theirs.answered > own.answered, told)
      assert.ok(theirs.answered <= (4 + SECONDS + 1) * RATE + TOLERANCE, told)
    }
  })
})
