// What was learnt of the keys of trusted zones, as text for a file: a line for each key, for people to
// read. It tells whom to trust, so that a file which is not whole to the letter is refused.

import { hash } from 'node:crypto'
import { RecordType } from '../../wire/record-type.ts'
import { parseName, ROOT_NAME } from '../../wire/text/name-text.ts'
import { formatRdata, parseRdata } from '../../wire/text/rdata-text.ts'
import { TokenReader } from '../../wire/text/token-reader.ts'
import { Dnskey } from '../dnskey.ts'
import { type Name, nameText, readName } from '../name.ts'
import { timeText } from '../signature.ts'
import { type HoldDown, KeyState, type KnownKey } from './trust-point.ts'

/** The keys known of each zone. */
export type AnchorState = ReadonlyMap<Name, readonly KnownKey[]>

const MARK = '; What dotward has learnt of the keys of zones with trust anchors'

const HEAD = `${MARK} (RFC 5011), format 1.
; It is written by the program, and refused when anything in it was changed. Without it, the anchors
; that are configured or built in are trusted, and no others.
`

/** Characters: a thousand zones with all the keys that are remembered would have more. */
const MAX_LENGTH = 16 * 1024 * 1024

export function formatAnchorState(state: AnchorState): string {
  const lines: string[] = []
  for (const [zone, keys] of state) {
    lines.push(`zone ${nameText(zone)}`, ...keys.map(formatKey))
  }
  const body = `${HEAD}${lines.map((line) => `${line}\n`).join('')}`
  return `${body}${checksum(body)}`
}

/** Whether the text is one that this program wrote, in whatever format and condition; or nothing. */
export function isAnchorState(text: string): boolean {
  return text === '' || text.startsWith(MARK)
}

/** @returns what is wrong with the text, for people, when it is not as it was written */
export function readAnchorState(text: string): AnchorState | string {
  if (text.length > MAX_LENGTH) return 'it is too long'
  if (text === '') return 'it is empty'
  if (!isAnchorState(text)) return 'it was not written by dotward'
  if (!text.startsWith(HEAD)) return 'it was changed, or written by another version'
  const end = text.lastIndexOf('sha256 ')
  if (end === -1 || checksum(text.slice(0, end)) !== text.slice(end)) {
    return 'its checksum is wrong: it was changed, or not written to its end'
  }
  const state = new Map<Name, KnownKey[]>()
  let keys: KnownKey[] = []
  for (const line of text.slice(HEAD.length, end).split('\n').slice(0, -1)) {
    const zone = line.startsWith('zone ') ? parseName(line.slice('zone '.length)) : null
    const key = zone === null ? parseKey(line) : null
    if (typeof zone === 'object' && zone !== null) state.set(readName(zone, 0, 0), (keys = []))
    else if (key !== null && state.size > 0) keys.push(key)
    else return `it has a line that means nothing: ${line.slice(0, 80)}`
  }
  return state
}

/** The state stands first, so that no line can be taken for a record, and for a trust anchor. */
function formatKey({ rdata, state, since, seen, configured, holdDown }: KnownKey): string {
  const waits =
    holdDown === null
      ? ''
      : `held ${holdDown.held} of ${holdDown.needed} vouchers ${holdDown.vouchers.join(',')} `
  const source = configured ? 'configured' : 'learnt'
  const dates = `since ${timeText(since)} seen ${timeText(seen)}`
  const { tag } = new Dnskey(rdata)
  return `${state} ${source} ${dates} ${waits}tag ${tag} DNSKEY ${formatRdata(RecordType.DNSKEY, rdata)}`
}

const DATE = String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)`
const KEY_LINE = new RegExp(
  `^([a-z]+) (configured|learnt) since ${DATE} seen ${DATE} ` +
    String.raw`(?:held (\d{1,10}) of (\d{1,10}) vouchers ([0-9a-f,]+) )?tag \d+ DNSKEY (.+)$`,
)

function parseKey(line: string): KnownKey | null {
  const [, text, source, since, seen, held, needed, vouchers, record] = KEY_LINE.exec(line) ?? []
  const state = Object.values(KeyState).find((one) => one === text)
  const tokens = (record ?? '').split(' ').map((word) => ({ text: word, quoted: false }))
  const reader = new TokenReader({ tokens, origin: ROOT_NAME })
  const rdata = parseRdata(RecordType.DNSKEY, reader)
  if (state === undefined || reader.fault !== null) return null
  const holdDown: HoldDown | null =
    held === undefined
      ? null
      : { held: Number(held), needed: Number(needed), vouchers: vouchers!.split(',') }
  if ((state === KeyState.Pending) !== (holdDown !== null)) return null
  const [from, last] = [parseDate(since!), parseDate(seen!)]
  // Nobody could write it again.
  if (Number.isNaN(from) || Number.isNaN(last)) return null
  return { rdata, state, since: from, seen: last, configured: source === 'configured', holdDown }
}

function parseDate(text: string): number {
  return Date.parse(text) / 1_000
}

/** Against accidents: whoever may write the file can make it right, and is trusted with it. */
function checksum(body: string): string {
  return `sha256 ${hash('sha256', body, 'hex')}\n`
}
