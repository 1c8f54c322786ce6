// What every kind of RDATA field can do. The kinds are in scalar-fields.ts, octet-fields.ts and
// list-fields.ts; which of them a record type is made of is in rdata-layout.ts.

import type { OctetReader } from './octet-reader.ts'
import type { OctetWriter } from './octet-writer.ts'
import type { TokenReader } from '../text/token-reader.ts'

export interface FieldCodec<Value> {
  /** Reads the field; what is malformed is said to the reader. */
  read(reader: OctetReader): Value
  write(writer: OctetWriter, value: Value): void
  /** Presentation text; empty for a field without octets that then leaves no word. */
  format(value: Value): string
  /** Reads the text; what is malformed is said to the tokens. */
  parse(tokens: TokenReader): Value
}
