// Hands out the words of one entry of a zone file, in order. What does not fit is noted once in
// `fault`, in words for people, and empty values come out from then on: callers check at the end.

import { parseOctetName, ROOT_NAME } from './name-text.ts'
import { parseNumber } from './number-text.ts'
import { unescapeText } from './text-escape.ts'

/** A word of presentation text, its escapes still in it, one character for each octet. */
export interface Token {
  readonly text: string
  /** Whether it stood in quotes, which are taken off. */
  readonly quoted: boolean
}

export class TokenReader {
  readonly #tokens: readonly Token[]
  readonly #origin: Uint8Array
  #at = 0
  fault: string | null = null

  constructor(options: { readonly tokens: readonly Token[]; readonly origin: Uint8Array }) {
    this.#tokens = options.tokens
    this.#origin = options.origin
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length
  }

  fail(fault: string): void {
    this.fault ??= fault
    this.#at = this.#tokens.length
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  /** The next word's text; `what` names it when it is missing. */
  text(what: string): string {
    const token = this.peek()
    if (token === undefined) {
      this.fail(`${what} is missing`)
      return ''
    }
    this.#at++
    return token.text
  }

  number(what: string, max: number): number {
    return this.parsed(what, (text) => parseNumber(text, max)) ?? 0
  }

  /** The next word through `parse`, whose null is a fault. */
  parsed<T>(what: string, parse: (text: string) => T | null): T | null {
    const text = this.text(what)
    if (this.fault !== null) return null
    const value = parse(text)
    if (value === null) this.fail(`${text} is not ${what}`)
    return value
  }

  /** All the words left, run together, through `parse`: for octets in hex or Base64. */
  joined(what: string, parse: (text: string) => Uint8Array | null): Uint8Array {
    let text = ''
    while (!this.done) text += this.text(what)
    const octets = this.fault === null ? parse(text) : null
    if (octets === null) this.fail(`${text} is not ${what}`)
    return octets ?? new Uint8Array(0)
  }

  /** A character-string: at most `max` octets, escapes undone (RFC 1035 §5.1). */
  string(what: string, max: number): Uint8Array {
    const octets = this.parsed(what, unescapeText) ?? new Uint8Array(0)
    if (octets.length > max) this.fail(`${what} is longer than ${max} octets`)
    return octets
  }

  /** A name, relative to the origin; `@` is the origin itself (RFC 1035 §5.1). */
  name(what: string): Uint8Array {
    const at = this.peek()?.quoted === false && this.peek()?.text === '@'
    const text = this.text(what)
    if (this.fault !== null) return ROOT_NAME
    if (at) return this.#origin
    const name = parseOctetName(text, this.#origin)
    if (typeof name !== 'string') return name
    this.fail(`${text}: ${name}`)
    return ROOT_NAME
  }
}
