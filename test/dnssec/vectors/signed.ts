// Messages as the validator gets them: through the octets of the wire and the scan of answers.

import { AnswerFault, AnswerScan } from '../../../src/wire/answer-scan.ts'
import { encodeMessage } from '../../../src/wire/codec/message-encode.ts'
import type { Message } from '../../../src/wire/codec/message.ts'
import type { SignedMessage } from '../../../src/dnssec/rrset.ts'
import { readSigned } from '../../../src/dnssec/signed-message.ts'

const scan = new AnswerScan()

/** @returns why it is not taken as an answer at all, if it is not */
export function signed(message: Message): SignedMessage | AnswerFault {
  return signedOctets(encodeMessage(message))
}

export function signedOctets(octets: Uint8Array): SignedMessage | AnswerFault {
  const fault = scan.scan(octets, 0, octets.length)
  return fault === AnswerFault.None ? readSigned(scan) : fault
}

/** For messages that must be taken. */
export function mustSign(message: Message): SignedMessage {
  const result = signed(message)
  if (typeof result === 'number') throw new Error(`AnswerFault ${result}`)
  return result
}
