// Service parameters of SVCB and HTTPS records (RFC 9460 §2, §7 and Appendix A; `dohpath` is
// RFC 9461 §5, `ohttp` RFC 9540 §4). On the wire: key(2) length(2) value, keys ascending.

import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../text/address-text.ts'
import { readUint16, writeUint16 } from '../header.ts'
import { parseNumber } from '../text/number-text.ts'
import { formatBase64, parseBase64 } from '../text/octet-text.ts'
import type { OctetReader } from './octet-reader.ts'
import { quoteOctets, unescapeText } from '../text/text-escape.ts'
import type { TokenReader } from '../text/token-reader.ts'

export interface SvcParam {
  readonly key: number
  /** As on the wire, without its length. */
  readonly value: Uint8Array
}

/** Keys that the program knows by itself (IANA DNS SVCB). */
const SvcParamKey = {
  Mandatory: 0,
  Alpn: 1,
  NoDefaultAlpn: 2,
  Port: 3,
  Ipv4Hint: 4,
  Ech: 5,
  Ipv6Hint: 6,
  DohPath: 7,
  Ohttp: 8,
} as const

/** Keys with the meaning of their values. Both functions give null for what is malformed. */
interface ParamKind {
  readonly key: number
  readonly name: string
  /** The value's text with `=` before it; empty when the key stands alone. */
  format(value: Uint8Array): string | null
  /** Reads the value's text, its outer escapes undone. */
  parse(octets: Uint8Array): Uint8Array | null
}

const kinds: readonly ParamKind[] = [
  {
    key: SvcParamKey.Mandatory,
    name: 'mandatory',
    format: formatMandatory,
    parse: parseMandatory,
  },
  { key: SvcParamKey.Alpn, name: 'alpn', format: formatAlpn, parse: parseAlpn },
  alone(SvcParamKey.NoDefaultAlpn, 'no-default-alpn'),
  {
    key: SvcParamKey.Port,
    name: 'port',
    format: (value) => (value.length === 2 ? `=${readUint16(value, 0)}` : null),
    parse: (octets) => uint16s([latin1(octets)], (text) => parseNumber(text, 0xffff)),
  },
  hint(SvcParamKey.Ipv4Hint, 'ipv4hint', 4, formatIpv4, parseIpv4),
  {
    key: SvcParamKey.Ech,
    name: 'ech',
    format: (value) => (value.length === 0 ? null : `="${formatBase64(value)}"`),
    parse: (octets) => (octets.length === 0 ? null : parseBase64(latin1(octets))),
  },
  hint(SvcParamKey.Ipv6Hint, 'ipv6hint', 16, formatIpv6, parseIpv6),
  {
    key: SvcParamKey.DohPath,
    name: 'dohpath',
    format: (value) => `=${quoteOctets(value)}`,
    parse: (octets) => octets,
  },
  alone(SvcParamKey.Ohttp, 'ohttp'),
]
const kindByKey = new Map(kinds.map((kind) => [kind.key, kind]))
const kindByName = new Map(kinds.map((kind) => [kind.name, kind]))

/** Reads parameters to the end of the RDATA; keys out of order and malformed values are faults. */
export function readSvcParams(reader: OctetReader): SvcParam[] {
  const params: SvcParam[] = []
  let previous = -1
  while (reader.left > 0) {
    const key = reader.uint16()
    const value = reader.take(reader.uint16())
    if (key <= previous || kindByKey.get(key)?.format(value) === null) reader.fail()
    previous = key
    params.push({ key, value })
  }
  if (!selfConsistent(params)) reader.fail()
  return params
}

export function formatSvcParams(params: readonly SvcParam[]): string {
  return params.map(formatSvcParam).join(' ')
}

function formatSvcParam({ key, value }: SvcParam): string {
  const kind = kindByKey.get(key)
  const text = kind?.format(value) ?? (value.length === 0 ? '' : `=${quoteOctets(value)}`)
  return (kind?.name ?? `key${key}`) + text
}

/** Reads `key`, `key=value` and `key="value"` words, in any order, each key once. */
export function parseSvcParams(tokens: TokenReader): SvcParam[] {
  const params = new Map<number, Uint8Array>()
  while (!tokens.done) {
    const word = tokens.text('a service parameter')
    const param = parseSvcParam(word)
    if (param === null || params.has(param.key)) {
      tokens.fail(`${word} is ${param === null ? 'no service parameter' : 'there twice'}`)
      return []
    }
    params.set(param.key, param.value)
  }
  const sorted = [...params].map(([key, value]) => ({ key, value }))
  sorted.sort((a, b) => a.key - b.key)
  if (!selfConsistent(sorted)) tokens.fail('a parameter that another one asks for is missing')
  return sorted
}

function parseSvcParam(word: string): SvcParam | null {
  const [name = ''] = word.split('=', 1)
  let text = word.slice(name.length + 1)
  if (/^".*"$/s.test(text)) text = text.slice(1, -1)
  const octets = unescapeText(text)
  const kind = kindByName.get(name)
  const key = kind?.key ?? parseKey(name)
  if (octets === null || key === null) return null
  const value = kind === undefined ? octets : kind.parse(octets)
  // `key1=…` carries wire octets for a key that has a name, too: they must still fit it.
  if (value === null || kindByKey.get(key)?.format(value) === null) return null
  return value.length > 0xffff ? null : { key, value }
}

/** A key by name or as `key65333`, without zeros before the number (RFC 9460 §2.1). */
function parseKey(name: string): number | null {
  const kind = kindByName.get(name)
  if (kind !== undefined) return kind.key
  return /^key(?:0|[1-9]\d*)$/.test(name) ? parseNumber(name.slice(3), 0xffff) : null
}

/** All mandatory keys are there, and `no-default-alpn` not without `alpn` (RFC 9460 §7.1.1, §8). */
function selfConsistent(params: readonly SvcParam[]): boolean {
  const keys = new Set(params.map(({ key }) => key))
  if (keys.has(SvcParamKey.NoDefaultAlpn) && !keys.has(SvcParamKey.Alpn)) return false
  const mandatory = params.find(({ key }) => key === SvcParamKey.Mandatory)
  if (mandatory === undefined) return true
  for (let i = 0; i < mandatory.value.length; i += 2) {
    if (!keys.has(readUint16(mandatory.value, i))) return false
  }
  return true
}

/** Keys in ascending order, `mandatory` itself not among them (RFC 9460 §8). */
function formatMandatory(value: Uint8Array): string | null {
  if (value.length === 0 || value.length % 2 !== 0) return null
  const names: string[] = []
  let previous: number = SvcParamKey.Mandatory
  for (let i = 0; i < value.length; i += 2) {
    const key = readUint16(value, i)
    if (key <= previous) return null
    previous = key
    names.push(kindByKey.get(key)?.name ?? `key${key}`)
  }
  return `=${names.join(',')}`
}

function parseMandatory(octets: Uint8Array): Uint8Array | null {
  const keys = latin1(octets).split(',').map(parseKey)
  keys.sort((a, b) => (a ?? -1) - (b ?? -1))
  return uint16s(keys, (key) => key)
}

/** Protocol names, each behind its length; `,` and `\` in them escaped twice (Appendix A.1). */
function formatAlpn(value: Uint8Array): string | null {
  const items: string[] = []
  for (let at = 0; at < value.length; at += value[at]! + 1) {
    const item = value.subarray(at + 1, at + 1 + value[at]!)
    if (item.length === 0 || item.length < value[at]!) return null
    items.push(latin1(item).replaceAll(/[\\,]/g, '\\$&'))
  }
  return items.length === 0 ? null : `=${quoteOctets(Buffer.from(items.join(','), 'latin1'))}`
}

function parseAlpn(octets: Uint8Array): Uint8Array | null {
  const value: number[] = []
  for (const item of splitList(latin1(octets))) {
    if (item.length === 0 || item.length > 0xff) return null
    value.push(item.length, ...item)
  }
  return Uint8Array.from(value)
}

/** Splits at commas that no backslash stands before; the octets of each item (Appendix A.1). */
function splitList(text: string): number[][] {
  const items: number[][] = [[]]
  for (let i = 0; i < text.length; i++) {
    if (text[i] === ',') {
      items.push([])
      continue
    }
    // A backslash at the very end stands for itself.
    if (text[i] === '\\' && i + 1 < text.length) i++
    items.at(-1)!.push(text.charCodeAt(i))
  }
  return items
}

function hint(
  key: number,
  name: string,
  length: number,
  format: (octets: Uint8Array) => string,
  parse: (text: string) => Uint8Array | null,
): ParamKind {
  return {
    key,
    name,
    format: (value) => {
      if (value.length === 0 || value.length % length !== 0) return null
      const addresses: string[] = []
      for (let at = 0; at < value.length; at += length) {
        addresses.push(format(value.subarray(at, at + length)))
      }
      return `=${addresses.join(',')}`
    },
    parse: (octets) => {
      const value: number[] = []
      for (const text of latin1(octets).split(',')) {
        const address = parse(text)
        if (address === null) return null
        value.push(...address)
      }
      return Uint8Array.from(value)
    },
  }
}

/** A key without a value. */
function alone(key: number, name: string): ParamKind {
  return {
    key,
    name,
    format: (value) => (value.length === 0 ? '' : null),
    parse: (octets) => (octets.length === 0 ? octets : null),
  }
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1')
}

/** The numbers that `read` makes of `items`, as octets; null when one of them is null. */
function uint16s<T>(items: readonly T[], read: (item: T) => number | null): Uint8Array | null {
  const octets = new Uint8Array(2 * items.length)
  for (const [i, item] of items.entries()) {
    const number = read(item)
    if (number === null) return null
    writeUint16(octets, 2 * i, number)
  }
  return octets
}
