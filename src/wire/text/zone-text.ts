// Reads a zone file (RFC 1035 §5; `$TTL` from RFC 2308 §4; RFC 3597 §5 for unknown types). All
// errors are reported, each with its line; `$INCLUDE` is one, for nothing here opens files.

import type { ResourceRecord } from '../codec/message.ts'
import { ROOT_NAME } from './name-text.ts'
import { parseRdata } from './rdata-text.ts'
import { RecordClass } from '../record-type.ts'
import { octetText } from './text-escape.ts'
import { parseTtl } from './time-text.ts'
import { TokenReader } from './token-reader.ts'
import { parseClass, parseType } from './type-text.ts'
import { tokenizeZone, type ZoneEntry } from './zone-tokens.ts'

interface ZoneError {
  /** Counted from 1; where the entry begins. */
  readonly line: number
  readonly message: string
}

export interface Zone {
  readonly records: readonly ResourceRecord[]
  readonly errors: readonly ZoneError[]
}

export interface ZoneOptions {
  /** What relative names are relative to before the first `$ORIGIN`; the root by default. */
  readonly origin?: Uint8Array
}

/** Reads a whole zone file. Records of entries with errors are left out. */
export function parseZone(text: string, options: ZoneOptions = {}): Zone {
  const reader = new ZoneReader(options.origin ?? ROOT_NAME)
  for (const entry of tokenizeZone(octetText(text))) reader.entry(entry)
  return { records: reader.records, errors: reader.errors }
}

/**
 * Reads one record from one line, names relative to the root.
 *
 * @returns the record, or what is wrong with the text
 */
export function parseRecord(text: string): ResourceRecord | string {
  const { records, errors } = parseZone(text)
  return errors[0]?.message ?? records[0] ?? 'there is no record'
}

class ZoneReader {
  readonly records: ResourceRecord[] = []
  readonly errors: ZoneError[] = []
  #origin: Uint8Array
  #owner: Uint8Array | null = null
  #class: number = RecordClass.IN
  /** What `$TTL` said, else what the last record said that said so. */
  #ttl: number | null = null
  #ttlIsDefault = false

  constructor(origin: Uint8Array) {
    this.#origin = origin
  }

  entry(entry: ZoneEntry): void {
    const tokens = new TokenReader({ tokens: entry.tokens, origin: this.#origin })
    if (entry.fault !== null) tokens.fail(entry.fault)
    else if (!entry.indented && /^\$./.test(entry.tokens[0]!.text)) this.#directive(tokens)
    else this.#record(entry, tokens)
    if (tokens.fault !== null) this.errors.push({ line: entry.line, message: tokens.fault })
  }

  #directive(tokens: TokenReader): void {
    const directive = tokens.text('a directive').toUpperCase()
    if (directive === '$ORIGIN') {
      const origin = tokens.name('an origin')
      if (tokens.done && tokens.fault === null) this.#origin = origin
    } else if (directive === '$TTL') {
      const ttl = tokens.parsed('a time to live', parseTtl)
      if (tokens.done && tokens.fault === null) {
        this.#ttl = ttl
        this.#ttlIsDefault = true
      }
    } else tokens.fail(`${directive} is not supported`)
    if (!tokens.done) tokens.fail(`${tokens.text('')} is too much`)
  }

  #record(entry: ZoneEntry, tokens: TokenReader): void {
    if (!entry.indented) {
      const owner = tokens.name('an owner')
      if (tokens.fault !== null) return
      this.#owner = owner
    }
    const name = this.#owner
    if (name === null) tokens.fail('the first record must have an owner')
    const { ttl, type } = this.#typeAndTtl(tokens)
    if (ttl === null) tokens.fail('there is no TTL, nor a $TTL before')
    if (tokens.fault !== null || name === null || ttl === null || type === null) return
    const rdata = parseRdata(type, tokens)
    if (tokens.fault !== null) return
    this.records.push({ name, type, class: this.#class, ttl, rdata })
  }

  /** TTL and class in either order, both may be left out, then the type (RFC 1035 §5.1). */
  #typeAndTtl(tokens: TokenReader): { ttl: number | null; type: number | null } {
    let ttl: number | null = null
    let classSeen = false
    for (;;) {
      const text = tokens.peek()?.text ?? ''
      const number: number | null = ttl === null ? parseTtl(text) : null
      const recordClass = classSeen ? null : parseClass(text)
      if (number !== null) {
        ttl = number
        if (!this.#ttlIsDefault) this.#ttl = number
      } else if (recordClass !== null) {
        this.#class = recordClass
        classSeen = true
      } else break
      tokens.text('')
    }
    return { ttl: ttl ?? this.#ttl, type: tokens.parsed('a record type', parseType) }
  }
}
