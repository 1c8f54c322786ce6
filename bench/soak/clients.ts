// Clients over TCP that come and go: some politely, some in the middle of things.

import { connect } from 'node:net'

import { ZONE } from '../lab/upstream.ts'

const EVERY = 25
const WAIT = 5000

export class Clients implements Disposable {
  connections = 0
  readonly #timer: NodeJS.Timeout
  readonly #port: number

  constructor(port: number) {
    this.#port = port
    this.#timer = setInterval(() => this.#come(), EVERY)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #come(): void {
    const number = this.connections++
    const socket = connect(this.#port, '127.0.0.1')
    socket.setTimeout(WAIT, () => socket.destroy())
    socket.on('error', () => {})
    const query = makeFrame(number)
    switch (number % 4) {
      case 0: // takes its answer and ends
        socket.write(query)
        socket.once('data', () => socket.end())
        break
      case 1: // goes without waiting
        socket.write(query, () => socket.destroy())
        break
      case 2: // leaves with half a query said
        socket.write(query.subarray(0, 9), () => socket.resetAndDestroy())
        break
      default: // asks twice, shuts its side down, takes what comes
        socket.end(Buffer.concat([query, query]))
        socket.resume()
    }
  }
}

function makeFrame(number: number): Buffer {
  const labels = [`tcp${number.toString(36)}`, ...ZONE.split('.')]
  const name = labels.map((label) => String.fromCharCode(label.length) + label).join('')
  const header = Buffer.from([number >> 8, number, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  const message = [header, Buffer.from(name, 'latin1'), Buffer.from([0, 0, 1, 0, 1])]
  const length = message.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([length >> 8, length]), ...message])
}
