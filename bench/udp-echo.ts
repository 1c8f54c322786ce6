// Sends every datagram back, QR set, over one of our UDP listeners: what JavaScript adds to echo.c.
// usage: node bench/udp-echo.ts addon|dgram PORT

import type { Query, QueryHandler } from '../src/pipeline/query.ts'
import { listenUdp } from '../src/listen/udp/listen.ts'
import { udpBounds } from '../src/listen/udp/listener.ts'

class EchoHandler implements QueryHandler {
  handle({ bytes, start, length, out, outStart }: Query): number {
    for (let i = 0; i < length; i++) out[outStart + i] = bytes[start + i]!
    out[outStart + 2]! |= 0x80
    return length
  }

  admits(): boolean {
    return true
  }
}

const ignore = (): void => {}
const [batch, port] = process.argv.slice(2)

await listenUdp({
  address: '127.0.0.1',
  port: Number(port),
  v6Only: false,
  reusePort: false,
  receiveBuffer: udpBounds.receiveBuffer.default,
  batch: batch === 'dgram' ? 'dgram' : 'addon',
  handler: new EchoHandler(),
  metrics: { onReceived: ignore, onTooLong: ignore, onAnswered: ignore, onUnsent: ignore },
  onError: console.error,
})
