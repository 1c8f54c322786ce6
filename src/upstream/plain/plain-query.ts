// A query as it goes to a server that speaks plain DNS: header, question, OPT. No padding, which
// hides nothing where everything can be read, and no keepalive (RFC 7828 §3.2.1: never over UDP).

import { DNSSEC_OK, OPT_LENGTH, UDP_PAYLOAD_SIZE } from '../../wire/edns.ts'
import { Flag, HEADER_LENGTH, writeUint16 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { subnetOptionLength, writeSubnet } from '../dot/query-writer.ts'
import type { UpstreamQuestion } from '../exchange.ts'

export function plainQuery(id: number, asked: UpstreamQuestion): Uint8Array {
  const { question, options, dnssecOk, checkingDisabled } = asked
  const optAt = HEADER_LENGTH + question.length
  const ownLength = options === null ? 0 : options.length
  const optionsLength = ownLength + subnetOptionLength(asked)
  const message = new Uint8Array(optAt + OPT_LENGTH + optionsLength)
  writeUint16(message, 0, id)
  writeUint16(message, 2, Flag.RD | Flag.AD | (checkingDisabled ? Flag.CD : 0))
  writeUint16(message, 4, 1)
  writeUint16(message, 10, 1)
  message.set(question, HEADER_LENGTH)
  writeUint16(message, optAt + 1, RecordType.OPT)
  writeUint16(message, optAt + 3, UDP_PAYLOAD_SIZE)
  writeUint16(message, optAt + 7, dnssecOk ? DNSSEC_OK : 0)
  writeUint16(message, optAt + 9, optionsLength)
  if (options !== null) message.set(options, optAt + OPT_LENGTH)
  writeSubnet(asked, message, optAt + OPT_LENGTH + ownLength)
  return message
}
