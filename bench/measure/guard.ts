// What the guard costs a cache hit: one dotward with all of it, one with none, asked in turns.

import type { Lab, LabLoad } from '../lab/lab.ts'
import { cookieIn, makeQuery, withCookie } from '../lab/message.ts'
import { ask } from '../lab/probe.ts'
import type { RunningSystem } from '../lab/system.ts'
import { dotward } from '../peers/dotward.ts'
import { cacheHits, WARM_UP } from './load.ts'
import { CookieKind, type GuardCost, type GuardStream, type Round } from './results.ts'

const CACHE_MIB = 512

/** Eight octets of a client's own choice (RFC 7873 §4.1). */
const CLIENT_COOKIE = Buffer.from('dotward!')

/** IPv4 ranges, every other of them denied, none of which holds the load's address. */
const RANGES = 100_000

const OFF = `access: { allow: ["0.0.0.0/0", "::/0"] }
cookies: { mode: off }
anyQueries: forward
`

/** Limits as they are, but too high for this load: each query takes its token. */
const ON = `anyQueries: minimal
cookies: { mode: answer }
udp: { maxUnverifiedAnswer: 1232 }
rateLimit:
  perClient: 1000000
  perListener: 1000000
  total: 1000000
  perVerifiedClient: 1000000
  responses: { equal: 10000, noData: 10000, nxDomain: 10000, errors: 10000 }
`

/** A difference of few percents: as much load as others have, but in turns of a second. */
export async function measureGuard(
  lab: Lab,
  root: string,
  seconds: number,
  rounds: number,
): Promise<GuardCost> {
  const start = (name: string, settings: string): Promise<RunningSystem> =>
    lab.start(dotward({ root, name, settings }), { cacheMiB: CACHE_MIB })
  await using off = await start('dotward, guard off', OFF)
  await using on = await start('dotward, guard on', ON + manyRanges())
  const streams: GuardStream[] = []
  const load = await cacheHits(lab, off)
  await cacheHits(lab, on)
  // All clients are at one address, so that one cookie is good for all.
  const answer = await ask(on.port, withCookie(makeQuery('cookie', 1), CLIENT_COOKIE))
  const given = cookieIn(answer, CLIENT_COOKIE)
  if (given === null) throw new Error('the guard gave no cookie')
  for (const [kind, cookie] of [
    [CookieKind.None, null],
    [CookieKind.Client, CLIENT_COOKIE],
    [CookieKind.Good, given],
  ] as const) {
    const [less, more]: [Round[], Round[]] = [[], []]
    const put = (running: RunningSystem, extra: Partial<LabLoad>, round: number): Promise<Round> =>
      lab.measure(running, { ...load, ...extra, cookie }, round)
    await put(off, { seconds: WARM_UP }, 0)
    await put(on, { seconds: WARM_UP }, 0)
    for (let round = 1; round <= rounds * seconds; round++) {
      less.push(await put(off, { seconds: 1 }, round))
      more.push(await put(on, { seconds: 1 }, round))
    }
    // A truncated answer is NOERROR as well.
    const shortest = (all: readonly Round[]): number =>
      Math.min(...all.map(({ answerOctets }) => answerOctets))
    if (shortest(more) < shortest(less)) throw new Error('the guard held answers back')
    streams.push({ cookie: kind, off: less, on: more })
  }
  return { ranges: RANGES, streams }
}

/** 1.0.0.0/24, 1.0.1.0/24 and so on, and the load's own. */
function manyRanges(): string {
  const [allow, deny]: [string[], string[]] = [['127.0.0.0/8'], []]
  for (let i = 0; i < RANGES; i++) {
    const range = `${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`
    ;(i % 2 === 0 ? allow : deny).push(range)
  }
  return `access: { allow: [${allow.join(', ')}], deny: [${deny.join(', ')}] }\n`
}
