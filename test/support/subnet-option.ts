// The client subnet option (RFC 7871) as servers see and answer it.

import { decodeMessage } from '../../src/wire/codec/message.ts'

const SUBNET = 8

/** The data of the option in a query; null without one. */
export function subnetIn(message: Uint8Array): Buffer | null {
  const decoded = decodeMessage(Uint8Array.from(message))
  if (typeof decoded === 'string') throw new Error(`the query is malformed: ${decoded}`)
  const option = decoded.edns?.options.find(({ code }) => code === SUBNET)
  return option === undefined ? null : Buffer.from(option.data)
}

/** The option for an answer, its code and length before it. @param data of the question's */
export function subnetOption(data: Uint8Array, scope: number): Buffer {
  const option = Buffer.concat([Buffer.of(0, SUBNET, 0, data.length), data])
  option[7] = scope
  return option
}
