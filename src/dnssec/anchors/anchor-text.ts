// Reads trust anchors as people have them: DS and DNSKEY records in presentation form (RFC 4034 §2.2,
// §5.3) as dig prints them, with or without TTL and class; the file that Unbound keeps; the entries of
// BIND's `trust-anchors`. One record is one line, unless parentheses carry it on.

import { RecordType } from '../../wire/record-type.ts'
import { ROOT_NAME } from '../../wire/text/name-text.ts'
import { parseRdata } from '../../wire/text/rdata-text.ts'
import { octetText } from '../../wire/text/text-escape.ts'
import { parseTtl } from '../../wire/text/time-text.ts'
import { TokenReader } from '../../wire/text/token-reader.ts'
import { tokenizeZone, type ZoneEntry } from '../../wire/text/zone-tokens.ts'
import { Dnskey } from '../dnskey.ts'
import type { DelegationSigner } from '../ds.ts'
import { type Name, readName } from '../name.ts'
import { faultInKey, readAnchorDs, type RecordFault } from './anchor-record.ts'
import type { ZoneAnchors } from './trust-anchors.ts'

export interface AnchorProblem extends RecordFault {
  /** Counted from 1. */
  readonly line: number
}

export interface AnchorsRead {
  /** One for each zone, in the order of the text; of no use when there are problems. */
  readonly anchors: readonly ZoneAnchors[]
  readonly problems: readonly AnchorProblem[]
}

/** Zones with their keys: more than anybody keeps by hand, and looked at whole at each change. */
const MAX_RECORDS = 1_000

/** Whoever gave the wrong file has seen enough. */
const MAX_PROBLEMS = 10

/** What stands in the place of a record's type, with that of BIND's `trust-anchors`. */
const TYPES: Readonly<Record<string, number>> = {
  DS: RecordType.DS,
  'STATIC-DS': RecordType.DS,
  'INITIAL-DS': RecordType.DS,
  DNSKEY: RecordType.DNSKEY,
  'STATIC-KEY': RecordType.DNSKEY,
  'INITIAL-KEY': RecordType.DNSKEY,
}

/** How Unbound marks keys that it does not trust (yet, or any more). Those it trusts are 2 and 3. */
const DISTRUSTED = /;;state=[0145]\b/

const COMMENT_LINE = /^[ \t]*(?:#|\/\/).*$/gm

/** Reads all of it; never throws. Keys that are not meant as anchors beside others that are count not. */
export function readAnchors(text: string): AnchorsRead {
  if (text.trimStart().startsWith('<')) return { anchors: [], problems: [XML] }
  const reader = new AnchorReader(text.split('\n'))
  for (const entry of tokenizeZone(octetText(text.replaceAll(COMMENT_LINE, '')))) {
    if (!reader.entry(entry)) break
  }
  return reader.finish()
}

interface ZoneRecords {
  readonly ds: DelegationSigner[]
  readonly keys: Uint8Array[]
}

class AnchorReader {
  readonly #lines: readonly string[]
  readonly #zones = new Map<Name, ZoneRecords>()
  readonly #problems: AnchorProblem[] = []
  #records = 0

  constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  /** @returns whether to go on */
  entry(entry: ZoneEntry): boolean {
    const { line } = entry
    const fault = isBrace(entry) ? null : this.#record(entry)
    if (fault !== null) this.#problems.push({ line, ...fault })
    if (++this.#records > MAX_RECORDS) this.#problems.push({ line, ...TOO_MANY })
    return this.#records <= MAX_RECORDS && this.#problems.length < MAX_PROBLEMS
  }

  finish(): AnchorsRead {
    const anchors = [...this.#zones].map(([zone, { ds, keys }]) => ({
      zone,
      ds,
      keys: toTrust(keys),
    }))
    const problems = this.#problems
    if (anchors.length === 0 && problems.length === 0) problems.push({ line: 1, ...EMPTY })
    return { anchors, problems }
  }

  #record(entry: ZoneEntry): RecordFault | null {
    const tokens = new TokenReader({ tokens: entry.tokens, origin: ROOT_NAME })
    if (entry.fault !== null) tokens.fail(entry.fault)
    const zone = readName(tokens.name('a zone'), 0, 0)
    const type = typeOf(tokens)
    const rdata = type === null ? null : parseRdata(type, tokens)
    if (tokens.fault !== null || rdata === null) {
      return { message: tokens.fault ?? '', remedy: 'write it as example. DS 12345 13 2 DIGEST' }
    }
    if (DISTRUSTED.test(this.#lines[entry.line - 1]!)) return null
    return this.#keep(zone, type === RecordType.DS, rdata)
  }

  #keep(zone: Name, isDs: boolean, rdata: Uint8Array): RecordFault | null {
    const read = isDs ? readAnchorDs(rdata) : faultInKey(rdata)
    if (read !== null && 'message' in read) return read
    const records = this.#zones.get(zone) ?? { ds: [], keys: [] }
    this.#zones.set(zone, records)
    if (read === null) records.keys.push(rdata)
    else records.ds.push(read)
    return null
  }
}

/** The lines around BIND's entries: `trust-anchors {` and `};`. */
function isBrace({ tokens, fault }: ZoneEntry): boolean {
  const text = tokens.map((token) => token.text).join(' ')
  return fault === null && (text === '}' || /^[a-z]+-(anchors|keys) \{$/.test(text))
}

/** Passes over TTL and class, in either order. @returns null after a fault */
function typeOf(tokens: TokenReader): number | null {
  while (isTtlOrClass(tokens.peek()?.text ?? '')) tokens.text('')
  return tokens.parsed('DS or DNSKEY', (text) => TYPES[text.toUpperCase()] ?? null)
}

function isTtlOrClass(text: string): boolean {
  return text.toUpperCase() === 'IN' || parseTtl(text) !== null
}

/** `dig DNSKEY` prints keys that change every few months as well: those are not what to trust. */
function toTrust(keys: readonly Uint8Array[]): readonly Uint8Array[] {
  const meant = keys.filter((rdata) => new Dnskey(rdata).isSecureEntryPoint)
  return meant.length === 0 ? keys : meant
}

const XML: AnchorProblem = {
  line: 1,
  message: 'is XML',
  remedy: 'write each anchor as a record: . DS 20326 8 2 DIGEST',
}

const EMPTY: RecordFault = {
  message: 'holds no trust anchor',
  remedy: 'add a DS or DNSKEY record, or leave the file out',
}

const TOO_MANY: RecordFault = {
  message: `there are more than ${MAX_RECORDS} records`,
  remedy: 'check that it is the right file',
}
