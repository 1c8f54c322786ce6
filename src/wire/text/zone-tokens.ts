// Cuts a zone file into entries of words (RFC 1035 §5.1): one entry to a line, unless parentheses
// carry it on; comments go; escapes stay, for only the field that takes a word knows what they mean.

import type { Token } from './token-reader.ts'

/** One entry: an empty one (a blank or comment line) is left out. */
export interface ZoneEntry {
  /** Counted from 1; where the entry begins. */
  readonly line: number
  /** Whether a blank stands first: the owner is that of the record before. */
  readonly indented: boolean
  readonly tokens: readonly Token[]
  /** What keeps the entry from being read, or null. */
  readonly fault: string | null
}

const BLANK = ' \t\r'

/** @param text one character for each octet */
export function tokenizeZone(text: string): ZoneEntry[] {
  const cutter = new ZoneCutter(text)
  const entries: ZoneEntry[] = []
  while (!cutter.done) {
    const entry = cutter.entry()
    if (entry.tokens.length > 0 || entry.fault !== null) entries.push(entry)
  }
  return entries
}

class ZoneCutter {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  /** Reads up to and over the line break that ends the entry. */
  entry(): ZoneEntry {
    const line = this.#line
    const indented = BLANK.includes(this.#text[this.#at]!)
    const tokens: Token[] = []
    let depth = 0
    let fault: string | null = null
    while (!this.done) {
      const character = this.#text[this.#at]!
      if (character === '\n') {
        this.#at++
        this.#line++
        if (depth === 0) return { line, indented, tokens, fault }
      } else if (BLANK.includes(character)) this.#at++
      else if (character === ';') this.#skipTo('\n')
      else if (character === '(' || character === ')') {
        this.#at++
        depth += character === '(' ? 1 : -1
        if (depth < 0) fault ??= 'a parenthesis is closed that was not opened'
        depth = Math.max(depth, 0)
      } else {
        const token = character === '"' ? this.#quoted() : this.#word()
        if (token === null) fault ??= 'a quote is not closed'
        else tokens.push(token)
      }
    }
    if (depth > 0) fault ??= 'a parenthesis is not closed'
    return { line, indented, tokens, fault }
  }

  #skipTo(character: string): void {
    const at = this.#text.indexOf(character, this.#at)
    this.#at = at === -1 ? this.#text.length : at
  }

  #quoted(): Token | null {
    const from = this.#at + 1
    return this.#skipQuotes() ? { text: this.#text.slice(from, this.#at - 1), quoted: true } : null
  }

  /** A word; behind `=` a quote opens blanks up to the next quote (RFC 9460 §2.1). */
  #word(): Token | null {
    const from = this.#at
    for (; !this.done; this.#at++) {
      const character = this.#text[this.#at]!
      if (character === '"' && this.#text[this.#at - 1] === '=') {
        if (!this.#skipQuotes()) return null
        this.#at--
      } else if (character === '\\' && this.#text[this.#at + 1] !== '\n') this.#at++
      else if (`${BLANK}\n;()`.includes(character)) break
    }
    return { text: this.#text.slice(from, this.#at), quoted: false }
  }

  /** Steps behind the quote that closes the one here; a line break or the end says false. */
  #skipQuotes(): boolean {
    for (this.#at++; !this.done; this.#at++) {
      const character = this.#text[this.#at]!
      if (character === '\n') return false
      if (character === '\\' && this.#text[this.#at + 1] !== '\n') this.#at++
      else if (character === '"') {
        this.#at++
        return true
      }
    }
    return false
  }
}
