import { writeUint16 } from '../../wire/header.ts'

/** A message behind two octets of its length, as streams carry it (RFC 1035 §4.2.2). */
export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + message.length)
  writeUint16(frame, 0, message.length)
  frame.set(message, 2)
  return frame
}
