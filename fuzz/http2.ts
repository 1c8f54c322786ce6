// Fuzzes DoH over HTTP/2: good frames and odd ones, changed here and there, cut anywhere. Whatever
// comes, nothing throws, memory stays bounded, what is said is HTTP/2, and cuts make no difference.

import {
  dataFrame,
  dnsQuery,
  getFrame,
  hello,
  hpackInteger,
  hpackString,
  http2Frame,
  postFrame,
  resetFrame,
  settingsFrame,
  windowUpdate,
} from '../test/support/http2-frames.ts'
import { saysTheSame } from '../test/support/http2-feed.ts'
import { type Mutator, mutator } from './mutator.ts'

/** No input may take longer. */
const MAX_MILLISECONDS = 2_000

const SOME_TEXT = [':path', ':method', '/dns-query', 'GET', 'te', 'content-length', '17', 'x']

/** Frames of a client, most of them such as a good one sends. */
function conversation(mutate: Mutator): Buffer {
  const frames = [hello([mutate.below(10), mutate.below(70_000)])]
  for (let count = mutate.below(30); count > 0; count--) frames.push(frame(mutate))
  return Buffer.concat(frames)
}

function frame(mutate: Mutator): Buffer {
  const id = 1 + 2 * mutate.below(12)
  switch (mutate.below(9)) {
    case 0:
    case 1:
      return getFrame(id, mutate.below(65_536))
    case 2:
      return postFrame(id, mutate.below(2) === 0 ? {} : { 'content-length': '17' })
    case 3:
      return dataFrame(id, dnsQuery(id, 12 + mutate.below(300)), mutate.below(3) > 0)
    case 4:
      return windowUpdate(mutate.below(3) === 0 ? 0 : id, mutate.below(100_000))
    case 5:
      return resetFrame(id)
    case 6:
      return settingsFrame([1 + mutate.below(9), mutate.below(100_000)])
    case 7:
      return http2Frame(1, 1 + mutate.below(64), id, fields(mutate))
    default:
      return http2Frame(mutate.below(12), mutate.below(256), id, dnsQuery(id, mutate.below(20) + 2))
  }
}

/** A field block in whatever form HPACK has. */
function fields(mutate: Mutator): Buffer {
  const pieces: Buffer[] = []
  for (let count = mutate.below(10); count > 0; count--) {
    const text = (): Buffer =>
      hpackString(SOME_TEXT[mutate.below(SOME_TEXT.length)]!, mutate.below(2) === 0)
    const kind = mutate.below(4)
    if (kind === 0) pieces.push(hpackInteger(mutate.below(70), 7, 0x80))
    else if (kind === 1) pieces.push(Buffer.of(0x40), text(), text())
    else if (kind === 2) pieces.push(hpackInteger(mutate.below(70), 4, 0x10), text())
    else pieces.push(hpackInteger(mutate.below(4_200), 5, 0x20))
  }
  return Buffer.concat(pieces)
}

/** @returns how many inputs were tried; throws at the first that breaks an invariant */
export function fuzzHttp2(options: { readonly seconds: number; readonly seed: number }): number {
  const mutate = mutator(options.seed)
  const end = performance.now() + options.seconds * 1_000
  let inputs = 0
  for (; performance.now() < end; inputs++) {
    const good = conversation(mutate)
    const octets = inputs % 3 === 0 ? good : mutate.octets(good)
    const cuts = Array.from({ length: mutate.below(8) }, () => mutate.below(octets.length + 1))
    const from = performance.now()
    try {
      if (!saysTheSame(octets, cuts)) throw new Error(`cut at ${cuts.join(' ')}`)
    } catch (error) {
      throw new Error(`http2 of ${Buffer.from(octets).toString('hex')}`, { cause: error })
    }
    if (performance.now() - from > MAX_MILLISECONDS) {
      throw new Error(`too long: ${Buffer.from(octets).toString('hex')}`)
    }
  }
  return inputs
}
