// Fuzzes DoH over HTTP/1.1: pipelined requests, changed here and there, cut anywhere. Whatever comes,
// nothing throws; how octets are cut makes no difference; and no query is found that the HTTP server of
// Node.js does not find at the same place.

import { isDeepStrictEqual } from 'node:util'
import { feed, isSeenByNode } from '../test/support/http1-feed.ts'
import { makeQuery } from '../test/support/messages.ts'
import { type Mutator, mutator } from './mutator.ts'

const FIELDS = [
  'Connection: keep-alive',
  'Connection: close',
  'Expect: 100-continue',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: gzip, chunked',
  'Content-Length: 5',
  'Content-Length: 0',
  'content-length:29',
  'Content-Length: +29',
  'X-Folded: a\r\n b',
  'X: \u00ff\t',
  'Host: two',
]

/** Some requests, one behind the other, some of which are not quite right. */
export function requests(mutate: Mutator): Uint8Array {
  const count = 1 + mutate.below(4)
  return Buffer.from(Array.from({ length: count }, () => requestText(mutate)).join(''), 'latin1')
}

function requestText(mutate: Mutator): string {
  const message = makeQuery('a.example.org', { id: mutate.below(10) })
  const extra = mutate.below(3) === 0 ? [FIELDS[mutate.below(FIELDS.length)]!] : []
  const fields = ['Host: a', 'Content-Type: application/dns-message', ...extra].join('\r\n')
  const body = message.toString('latin1')
  switch (mutate.below(4)) {
    case 0:
      return `GET /dns-query?dns=${message.toString('base64url')} HTTP/1.1\r\n${fields}\r\n\r\n`
    case 1:
      return `POST /dns-query HTTP/1.1\r\n${fields}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    case 2: {
      const size = 1 + mutate.below(body.length - 1)
      const chunks = [body.slice(0, size), body.slice(size)].map(
        (chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
      )
      return `POST /dns-query HTTP/1.1\r\n${fields}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`
    }
    default:
      return `HEAD /${'x'.repeat(mutate.below(9))} HTTP/1.1\r\n${fields}\r\n\r\n`
  }
}

/** @returns how many inputs were tried; rejects at the first that breaks an invariant */
export async function fuzzHttp1(options: {
  readonly seconds: number
  readonly seed: number
}): Promise<number> {
  const mutate = mutator(options.seed)
  const end = performance.now() + options.seconds * 1_000
  let inputs = 0
  for (; performance.now() < end; inputs++) {
    const octets = mutate.octets(requests(mutate))
    const cuts = Array.from({ length: mutate.below(8) }, () => mutate.below(octets.length + 1))
    const whole = feed(octets, [])
    const hex = Buffer.from(octets).toString('hex')
    if (!isDeepStrictEqual(feed(octets, cuts), whole))
      throw new Error(`cut at ${cuts.join(' ')}: ${hex}`)
    if (!(await isSeenByNode(octets, whole.asked))) throw new Error(`Node.js sees others: ${hex}`)
  }
  return inputs
}
