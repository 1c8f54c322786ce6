// For allocation.test.ts, in a process of its own with --expose-gc: one client asks again and again,
// with GET and POST, and what the heap grew by meanwhile is printed.

import {
  dataFrame,
  dnsQuery,
  getFrame,
  hello,
  postFrame,
} from '../../../../test/support/http2-frames.ts'
import { SessionStub } from '../../../../test/support/http2-feed.ts'
import { FRAME_HEADER_LENGTH } from './protocol.ts'

const ROUNDS = 10_000
const WARM_UP = 3_000
const REQUESTS = 20

const stub = new SessionStub(0)
const { session } = stub
session.take(new Uint8Array(hello()))

const frames: Buffer[] = []
for (let i = 0; i < REQUESTS; i++) {
  if (i % 2 === 0) frames.push(getFrame(1, i))
  else frames.push(postFrame(1, { 'content-length': '40' }), dataFrame(1, dnsQuery(i, 40)))
}
const chunk = new Uint8Array(Buffer.concat(frames))

/** Where the numbers of the streams stand; a POST has two frames. */
const places: number[] = []
for (let at = 0; at < chunk.length; ) {
  places.push(at + 5)
  at += FRAME_HEADER_LENGTH + ((chunk[at + 1]! << 8) | chunk[at + 2]!)
}

let streamId = -1

function ask(rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < places.length; i++) {
      const at = places[i]!
      if (chunk[at - 2] === 1) streamId += 2
      chunk[at] = streamId >> 24
      chunk[at + 1] = streamId >> 16
      chunk[at + 2] = streamId >> 8
      chunk[at + 3] = streamId
    }
    session.take(chunk)
    stub.length = 0
    // The client opens its window again, as one does that reads.
    session.take(WINDOW_UPDATE)
  }
}

const WINDOW_UPDATE = Uint8Array.of(0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 4, 0)

ask(WARM_UP)
globalThis.gc!()
const { asked } = stub
const before = process.memoryUsage().heapUsed
ask(ROUNDS)
const grown = process.memoryUsage().heapUsed - before
globalThis.gc!()
const retained = process.memoryUsage().heapUsed - before
process.stdout.write(JSON.stringify({ requests: stub.asked - asked, grown, retained }))
