// Fuzzes the way of a COOKIE option: a query is scanned, its cookie judged and an answer finished.
// node fuzz/cookies.ts [--seconds N] [--seed S]. Throws at the first input that breaks an invariant.

import { parseArgs } from 'node:util'
import { COOKIE_SECRET_LENGTH, CookieSecrets } from '../src/guard/cookie-secrets.ts'
import { Cookies } from '../src/guard/cookies.ts'
import { LimitVerdict } from '../src/guard/limit-verdict.ts'
import { CookieStage } from '../src/pipeline/cookie-stage.ts'
import { Bench, Late, queryOf } from '../src/pipeline/testing.ts'
import { decodeMessage } from '../src/wire/codec/message.ts'
import { OptionCode } from '../src/wire/edns.ts'
import { mutator } from './mutator.ts'

const NOW = 1_700_000_000
const MAX_UNVERIFIED = 320
const RCODE_BADCOOKIE = 23

/** @returns how many inputs were tried */
export function fuzzCookies(options: { readonly seconds: number; readonly seed: number }): number {
  const mutate = mutator(options.seed)
  const end = performance.now() + options.seconds * 1_000
  const secrets = CookieSecrets.of([new Uint8Array(COOKIE_SECRET_LENGTH).fill(7)])
  const stage = new CookieStage({
    cookies: new Cookies(secrets),
    required: true,
    onMissing: LimitVerdict.Truncate,
    clock: () => NOW,
  })
  const good = new Cookies(secrets)
  good.check(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 0, 8, Uint8Array.of(127, 0, 0, 1), 0, 4, NOW)
  const samples = [good.fresh, good.fresh.subarray(0, 8), new Uint8Array(40)].flatMap((data) => {
    const edns = { options: [{ code: OptionCode.Cookie, data: Uint8Array.from(data) }] }
    return [queryOf({ edns }), queryOf({ edns, questions: [] })]
  })
  let inputs = 0
  while (performance.now() < end) {
    // A new one now and then, for what goes upstream is never answered.
    const guard = { cookies: stage, minimalAny: true }
    const bench = new Bench({ guard, maxUnverifiedUdpSize: MAX_UNVERIFIED })
    for (let i = 0; i < 500; i++) {
      const input = mutate.octets(samples[mutate.below(samples.length)]!)
      try {
        check(bench.udp.send(input), input, good.fresh)
      } catch (cause) {
        throw new Error(Buffer.from(input).toString('hex'), { cause })
      }
      inputs++
    }
  }
  return inputs
}

/** Nothing goes upstream, and nothing large comes back, but for who has the whole good cookie. */
function check(sent: Uint8Array | Late | null, input: Uint8Array, good: Uint8Array): void {
  if (sent === null) return
  const isProved = Buffer.from(input).includes(Buffer.from(good))
  if (sent instanceof Late) {
    if (!isProved) throw new Error('asked upstream for who proved nothing')
    return
  }
  if (!isProved && sent.length > MAX_UNVERIFIED) throw new Error(`${sent.length} octets`)
  const message = decodeMessage(sent)
  if (typeof message === 'string') throw new Error(`answered with ${message}`)
  const cookies = message.edns?.options.filter(({ code }) => code === OptionCode.Cookie) ?? []
  if (cookies.length > 1) throw new Error('two cookies in one answer')
  if (cookies.some(({ data }) => data.length !== good.length)) throw new Error('half a cookie')
  if (message.rcode === RCODE_BADCOOKIE && cookies.length === 0) {
    throw new Error('BADCOOKIE without one to come back with')
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  })
  const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff)
  console.log(`cookies: seed ${seed}`)
  const inputs = fuzzCookies({ seconds: Number(values.seconds), seed })
  console.log(`cookies: ${inputs} inputs, every one as it should be`)
}
