// A client that asks over UDP and TCP, and takes apart what it is told.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeMessage, type Message } from '../../../src/wire/codec/message.ts'
import { OptionCode } from '../../../src/wire/edns.ts'
import { Flag } from '../../../src/wire/header.ts'
import { nameText } from '../../../src/dnssec/name.ts'
import { TcpClient, UdpClient } from '../../support/clients.ts'
import { makeQuery } from '../../support/messages.ts'
import type { Asked } from './case.ts'

const ANSWER_WITHIN_MS = 15_000

export interface Asking extends Asked {
  readonly dnssecOk?: boolean
  /** Asks to be told of security by AD (RFC 6840 §5.7). */
  readonly authentic?: boolean
  readonly unchecked?: boolean
  readonly tcp?: boolean
}

export interface Told {
  readonly message: Message
  readonly isAuthentic: boolean
  readonly isUnchecked: boolean
  /** Info codes of extended errors (RFC 8914), and their texts joined. */
  readonly codes: readonly number[]
  readonly text: string
}

export class Client implements AsyncDisposable {
  readonly #udp: UdpClient
  readonly #tcp: TcpClient
  #id = 0

  private constructor(udp: UdpClient, tcp: TcpClient) {
    this.#udp = udp
    this.#tcp = tcp
  }

  static async open(port: number): Promise<Client> {
    const endpoint = { host: '127.0.0.1', port }
    return new Client(await UdpClient.open(endpoint), await TcpClient.open(endpoint))
  }

  async ask(asking: Asking): Promise<Told> {
    const { name, type, dnssecOk = false, authentic = false, unchecked = false, tcp } = asking
    const id = ++this.#id
    const flags = Flag.RD | (authentic ? Flag.AD : 0) | (unchecked ? Flag.CD : 0)
    const transport = tcp === true ? this.#tcp : this.#udp
    transport.send(makeQuery(nameText(name), { id, type, flags, opts: [{ dnssecOk }] }))
    for (const giveUp = performance.now() + ANSWER_WITHIN_MS; ; await delay(1)) {
      const octets = transport.answers.find((answer) => answer.readUInt16BE(0) === id)
      if (octets !== undefined) return take(octets)
      assert.ok(performance.now() < giveUp, `no answer for ${nameText(name)} ${type}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#udp[Symbol.asyncDispose]()
    await this.#tcp[Symbol.asyncDispose]()
  }
}

function take(octets: Uint8Array): Told {
  const message = decodeMessage(octets)
  if (typeof message === 'string') assert.fail(message)
  const errors = (message.edns?.options ?? []).filter(
    ({ code }) => code === OptionCode.ExtendedError,
  )
  return {
    message,
    isAuthentic: (message.flags & Flag.AD) !== 0,
    isUnchecked: (message.flags & Flag.CD) !== 0,
    codes: errors.map(({ data }) => Buffer.from(data).readUInt16BE()),
    text: errors.map(({ data }) => Buffer.from(data).toString('utf8', 2)).join(),
  }
}
