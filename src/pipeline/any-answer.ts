// The answer to a query for type ANY (RFC 8482 §4.2): one HINFO record in the place of all that the
// name has. It is small, so that it is no weapon against a forged address; and it is an answer, for
// an empty one would tell caches that the name has nothing of any type.

import { HEADER_LENGTH, writeUint16, writeUint32 } from '../wire/header.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import { RecordClass, RecordType } from '../wire/record-type.ts'
import { emptyAnswer } from './finish.ts'

/** CPU "RFC8482", OS "": two character strings. */
const HINFO = Uint8Array.from([7, ...new TextEncoder().encode('RFC8482'), 0])

/** Seconds: long enough that who asks for ANY does not ask again and again. */
const TTL = 3_600

/** The question's name: a pointer behind the header (RFC 1035 §4.1.4). */
const QUESTION_NAME = 0xc000 | HEADER_LENGTH

/** @returns octets of the answer, ready for `Finish.apply` */
export function anyAnswer(out: Uint8Array, start: number, query: QueryScan): number {
  const length = emptyAnswer(out, start, query)
  const at = start + length
  writeUint16(out, start + 6, 1)
  writeUint16(out, at, QUESTION_NAME)
  writeUint16(out, at + 2, RecordType.HINFO)
  // Class ANY asks for a record of any class and is none itself.
  writeUint16(out, at + 4, query.class === RecordClass.ANY ? RecordClass.IN : query.class)
  writeUint32(out, at + 6, TTL)
  writeUint16(out, at + 10, HINFO.length)
  out.set(HINFO, at + 12)
  return length + 12 + HINFO.length
}
