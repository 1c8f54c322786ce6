import { AnswerCache, allocateCache } from '../../src/cache/answer-cache.ts'
import { PackedAnswer } from '../../src/cache/packed-answer.ts'
import { HEADER_LENGTH, writeUint16 } from '../../src/wire/header.ts'
import { QuestionKey } from '../../src/wire/question-key.ts'
import { parseName } from '../../src/wire/text/name-text.ts'
import type { Policy } from './policies.ts'

/** Digits in which a name's number stands in its first label. */
const DIGITS = 10

/** Octets of an entry of this size, index and all, found by filling a cache. */
const ENTRY_OCTETS = 109

/** Seconds: nothing expires. */
const LIFETIME = 1_000_000

/** The cache as it is: shared memory, packed messages, real look-ups. */
export class OwnCache implements Policy {
  readonly name = 'dotward'
  readonly #cache: AnswerCache
  readonly #key: QuestionKey
  readonly #answer = new PackedAnswer()
  readonly #question: Uint8Array
  readonly #words = new Uint32Array(16_384)
  readonly #out = new Uint8Array(this.#words.buffer)

  constructor(room: number) {
    const secret = Uint32Array.of(1, 2)
    this.#cache = new AnswerCache({ memory: allocateCache(room * ENTRY_OCTETS, secret), thread: 0 })
    this.#key = new QuestionKey(secret)
    const name = parseName(`${'0'.repeat(DIGITS)}.bench.example`)
    if (typeof name === 'string') throw new Error(name)
    this.#question = Uint8Array.of(...name, 0, 1, 0, 1)
    const answer = this.#answer
    answer.nameLength = name.length
    // Header, question and one A record: what most answers are.
    answer.length = HEADER_LENGTH + this.#question.length + 16
    answer.ttlCount = 1
    answer.ttlOffsets[0] = HEADER_LENGTH + this.#question.length + 6
    answer.lifetime = LIFETIME
    writeUint16(answer.bytes, 4, 1)
  }

  /** Entries that it holds now. */
  get entries(): number {
    return this.#cache.state().entries
  }

  ask(name: number): boolean {
    const question = this.#question
    for (let at = DIGITS, rest = name; at > 0; at--, rest = Math.floor(rest / 10)) {
      question[at] = 48 + (rest % 10)
    }
    const key = this.#key
    key.take(question, 0, question.length - 4)
    if (this.#cache.lookup(key, 1, this.#out, this.#words, 0, 65_535) > 0) return true
    this.#answer.bytes.set(question, HEADER_LENGTH)
    this.#cache.put(key, this.#answer, 1)
    return false
  }
}
