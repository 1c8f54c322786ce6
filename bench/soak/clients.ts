// Clients over TCP that come and go: some politely, some in the middle of things.

import { connect } from 'node:net'

import { framed, makeQuery } from '../lab/message.ts'

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
    const query = framed(makeQuery(`tcp${number.toString(36)}`, number))
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
