// RDATA between wire form and presentation text, by the table of rdata-layout.ts. RDATA without a
// row, or that does not fit its row, is written `\# 4 0A000001` (RFC 3597 §5).

import { MAX_MESSAGE_LENGTH } from '../header.ts'
import { formatHex, parseHex } from './octet-text.ts'
import { OctetWriter } from '../codec/octet-writer.ts'
import { codecOf, isValidRdata, readFields } from '../codec/rdata-codec.ts'
import { layoutOf } from '../codec/rdata-layout.ts'
import type { TokenReader } from './token-reader.ts'

/** @param rdata as it stands alone, names uncompressed */
export function formatRdata(type: number, rdata: Uint8Array): string {
  const layout = layoutOf(type)
  const fields = layout === undefined ? null : readFields(layout, rdata)
  if (layout === undefined || fields === null) {
    return `\\# ${rdata.length} ${formatHex(rdata)}`.trimEnd()
  }
  const words = Object.entries(layout).map(([name, kind]) => codecOf(kind).format(fields[name]))
  return words.filter((word) => word !== '').join(' ')
}

/**
 * Reads RDATA from the words left. What is wrong with them is said to `tokens`.
 *
 * @returns the wire form, names uncompressed; meaningless after a fault
 */
export function parseRdata(type: number, tokens: TokenReader): Uint8Array {
  const first = tokens.peek()
  if (first?.text === '\\#' && !first.quoted) return parseOpaque(type, tokens)
  const layout = layoutOf(type)
  const writer = new OctetWriter({ names: 'plain' })
  if (layout === undefined) {
    tokens.fail('RDATA of this type is written \\# LENGTH HEX')
    return writer.finish()
  }
  for (const kind of Object.values(layout)) {
    const codec = codecOf(kind)
    codec.write(writer, codec.parse(tokens))
  }
  if (!tokens.done) tokens.fail(`${tokens.text('')} is too much`)
  if (writer.length > MAX_MESSAGE_LENGTH) tokens.fail('RDATA is longer than 65535 octets')
  return writer.finish()
}

function parseOpaque(type: number, tokens: TokenReader): Uint8Array {
  tokens.text('\\#')
  const length = tokens.number('a length', MAX_MESSAGE_LENGTH)
  const rdata = tokens.joined('hexadecimal text', parseHex)
  if (rdata.length !== length) tokens.fail(`there are ${rdata.length} octets, not ${length}`)
  // RFC 3597 §5: a known type in this form must still be right.
  else if (!isValidRdata(type, rdata)) tokens.fail('the octets do not fit the type')
  return rdata
}
