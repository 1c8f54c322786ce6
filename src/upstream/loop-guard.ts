// Forwarding loops: an upstream that asks us in turn what we ask it. Queries carry no mark that would
// tell. Instead each upstream is asked for a name that only this process knows, of random labels below
// what it is asked for; when that name arrives at one of our own listeners, the upstream leads back to
// us, over however many others. What this guard knows lies in memory that all workers share, since
// any of them may be the one that the name comes back to.

import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError, OPT_LENGTH, OPTION_HEADER_LENGTH, OptionCode } from '../wire/edns.ts'
import { Flag, HEADER_LENGTH, Rcode, writeUint16 } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import type { Exchange } from './exchange.ts'
import type { Turnstile } from './router.ts'

/** What is known of one upstream in one group, in 32-bit words. */
const Word = {
  /** The token of the probe under way; both zero when there is none. */
  TokenHigh: 0,
  TokenLow: 1,
  /** Whether that token came back to us. */
  Seen: 2,
  Looping: 3,
  /** When the last probe began, and when the next may, in seconds of the shared clock. */
  ProbedAt: 4,
  DueAt: 5,
} as const

const WORDS = 8
const WORD_LENGTH = 4

/** Octets of the token's label: 64 random bits in hexadecimal digits. */
const TOKEN_LENGTH = 16

/** Seconds after which a probe may begin though another worker's has not ended: it died. */
const CLAIM = 10

/** Memory for so many watches; a plan's workers share it. */
export function allocateLoopMemory(watches: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1, watches) * WORDS * WORD_LENGTH)
}

export interface LoopGuardOptions {
  /** Of `allocateLoopMemory`. */
  readonly memory: SharedArrayBuffer
  /** Whole seconds on a clock that all workers share. */
  readonly seconds: () => number
}

export class LoopGuard implements Turnstile {
  readonly #words: Int32Array
  readonly #seconds: () => number
  readonly #scan = new AnswerScan()

  constructor({ memory, seconds }: LoopGuardOptions) {
    this.#words = new Int32Array(memory)
    this.#seconds = seconds
  }

  /** Whether this upstream must not be asked. On the way of every query that goes upstream. */
  isLooping(watch: number): boolean {
    return this.#words[watch * WORDS + Word.Looping] === 1
  }

  /** @returns whether that is news */
  setLooping(watch: number, looping: boolean): boolean {
    const value = looping ? 1 : 0
    return Atomics.exchange(this.#words, watch * WORDS + Word.Looping, value) !== value
  }

  /** Seconds since a probe began. */
  sinceProbe(watch: number): number {
    return this.#seconds() - Atomics.load(this.#words, watch * WORDS + Word.ProbedAt)
  }

  isDue(watch: number): boolean {
    return this.#seconds() >= Atomics.load(this.#words, watch * WORDS + Word.DueAt)
  }

  /** Takes a probe on, for which only one worker is needed. @returns false when another has it */
  claim(watch: number): boolean {
    const now = this.#seconds()
    const at = watch * WORDS
    const due = Atomics.load(this.#words, at + Word.DueAt)
    const claimed = Atomics.compareExchange(this.#words, at + Word.DueAt, due, now + CLAIM) === due
    if (claimed) Atomics.store(this.#words, at + Word.ProbedAt, now)
    return claimed
  }

  /** From now on a name with this token is known as ours. Both words must not be zero. */
  expect(watch: number, high: number, low: number): void {
    const at = watch * WORDS
    Atomics.store(this.#words, at + Word.Seen, 0)
    Atomics.store(this.#words, at + Word.TokenHigh, high)
    Atomics.store(this.#words, at + Word.TokenLow, low)
  }

  /** The probe is over. @returns whether its name came back */
  conclude(watch: number): boolean {
    const at = watch * WORDS
    Atomics.store(this.#words, at + Word.TokenHigh, 0)
    Atomics.store(this.#words, at + Word.TokenLow, 0)
    return Atomics.load(this.#words, at + Word.Seen) === 1
  }

  /** The next probe is due in so many seconds. */
  postpone(watch: number, seconds: number): void {
    Atomics.store(this.#words, watch * WORDS + Word.DueAt, this.#seconds() + seconds)
  }

  /** Refuses a probe of ours that came back, and remembers that it did. */
  turnsBack(exchange: Exchange): boolean {
    const { question } = exchange.question
    if (question[0] !== TOKEN_LENGTH) return false
    const high = readHex(question, 1)
    const low = readHex(question, 1 + TOKEN_LENGTH / 2)
    if (high === -1 || low === -1 || !this.#recognise(high | 0, low | 0)) return false
    exchange.onAnswer(this.#refusal(question), '', exchange.startedAt)
    return true
  }

  #recognise(high: number, low: number): boolean {
    if (high === 0 && low === 0) return false
    const words = this.#words
    for (let at = 0; at < words.length; at += WORDS) {
      const known =
        Atomics.load(words, at + Word.TokenHigh) === high &&
        Atomics.load(words, at + Word.TokenLow) === low
      if (!known) continue
      Atomics.store(words, at + Word.Seen, 1)
      return true
    }
    return false
  }

  #refusal(question: Uint8Array): AnswerScan {
    const optAt = HEADER_LENGTH + question.length
    const message = new Uint8Array(optAt + OPT_LENGTH + OPTION_HEADER_LENGTH + 2)
    writeUint16(message, 2, Flag.QR | Flag.RD | Flag.RA | Rcode.Refused)
    writeUint16(message, 4, 1)
    writeUint16(message, 10, 1)
    message.set(question, HEADER_LENGTH)
    writeUint16(message, optAt + 1, RecordType.OPT)
    writeUint16(message, optAt + 9, OPTION_HEADER_LENGTH + 2)
    writeUint16(message, optAt + OPT_LENGTH, OptionCode.ExtendedError)
    writeUint16(message, optAt + OPT_LENGTH + 2, 2)
    writeUint16(message, optAt + OPT_LENGTH + OPTION_HEADER_LENGTH, ExtendedError.Other)
    const fault = this.#scan.scan(message, 0, message.length)
    if (fault !== AnswerFault.None) throw new Error(`our own refusal is malformed (${fault})`)
    return this.#scan
  }
}

/** The question that a probe asks: `<token>.<domain> IN A`, all in lower case. */
export function probeQuestion(high: number, low: number, domain: Uint8Array): Uint8Array {
  const token = hex(high) + hex(low)
  return Uint8Array.of(TOKEN_LENGTH, ...Buffer.from(token, 'latin1'), ...domain, 0, 1, 0, 1)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(TOKEN_LENGTH / 2, '0')
}

/** Reads eight digits; -1 when they are none. */
function readHex(bytes: Uint8Array, from: number): number {
  let value = 0
  for (let at = from; at < from + TOKEN_LENGTH / 2; at++) {
    const octet = bytes[at]!
    const digit = octet >= 0x61 ? octet - 0x57 : octet - 0x30
    if (digit < 0 || digit > 15 || (octet > 0x39 && octet < 0x61)) return -1
    value = value * 16 + digit
  }
  return value
}
