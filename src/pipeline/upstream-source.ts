// Where the validator gets keys and delegations from: the upstreams, past the cache of answers, for it
// keeps what it has proven itself.

import { type Name, nameOctets, readName } from '../dnssec/name.ts'
import type { Rrset, SignedMessage } from '../dnssec/rrset.ts'
import { readSigned } from '../dnssec/signed-message.ts'
import type { Source, SourceAnswer } from '../dnssec/source.ts'
import type { Clock } from '../upstream/clock.ts'
import type { Exchange, UpstreamFailure, UpstreamQuestion } from '../upstream/exchange.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import { HEADER_LENGTH, writeUint16 } from '../wire/header.ts'
import { RecordClass } from '../wire/record-type.ts'
import { reasonOf } from './explain.ts'
import type { Resolver } from './slow-lane.ts'
import type { StrippingWatch } from './stripping-watch.ts'

/**
 * Records of an answer that is looked at: some dozen keys, and as many signatures, are the most that any
 * zone has. Thousands would take milliseconds to be read, and half a megabyte while others are waited for.
 */
const MAX_RECORDS = 256

const FAULT: SourceAnswer = { failure: 'a fault in the proxy' }

export interface UpstreamSourceOptions {
  readonly next: Pick<Resolver, 'forward'>
  readonly clock: Clock
  /** Milliseconds for each question. */
  readonly timeout: number
  /** The network that questions are asked for (RFC 7871); null for none. */
  readonly subnet: Uint8Array | null
  readonly stripping: StrippingWatch | null
  /** Hears of a fault in the program. */
  readonly onFault: (error: unknown) => void
}

export class UpstreamSource implements Source {
  readonly #options: UpstreamSourceOptions

  constructor(options: UpstreamSourceOptions) {
    this.#options = options
  }

  ask(name: Name, type: number, avoid: readonly string[]): Promise<SourceAnswer> {
    const { next, clock, timeout, subnet, stripping, onFault } = this.#options
    const strippers = stripping?.strippers ?? []
    const startedAt = clock.now()
    return new Promise((resolve) => {
      const exchange = new Asking({
        question: {
          question: questionOf(name, type),
          dnssecOk: true,
          checkingDisabled: true,
          options: null,
          subnet,
          avoid: avoid.length === 0 ? strippers : [...strippers, ...avoid],
        },
        startedAt,
        deadline: startedAt + timeout,
        resolve,
        stripping,
      })
      try {
        next.forward(exchange)
      } catch (error) {
        onFault(error)
        resolve(FAULT)
      }
    })
  }
}

function questionOf(name: Name, type: number): Uint8Array {
  const question = new Uint8Array(name.length + 4)
  question.set(nameOctets(name))
  writeUint16(question, name.length, type)
  writeUint16(question, name.length + 2, RecordClass.IN)
  return question
}

interface AskingOptions {
  readonly question: UpstreamQuestion
  readonly startedAt: number
  readonly deadline: number
  readonly resolve: (answer: SourceAnswer) => void
  readonly stripping: StrippingWatch | null
}

class Asking implements Exchange {
  readonly question: UpstreamQuestion
  readonly startedAt: number
  readonly deadline: number
  readonly #resolve: (answer: SourceAnswer) => void
  readonly #stripping: StrippingWatch | null

  constructor({ question, startedAt, deadline, resolve, stripping }: AskingOptions) {
    this.question = question
    this.startedAt = startedAt
    this.deadline = deadline
    this.#resolve = resolve
    this.#stripping = stripping
  }

  onAnswer(answer: AnswerScan, upstream: string): void {
    // Keys and delegations are asked for where all that there is to say is signed.
    if (!answer.hasDnssecRecords) this.#stripping?.suspect(upstream, answer.rcode)
    const isRead = answer.answerCount + answer.authorityCount <= MAX_RECORDS
    try {
      this.#resolve({ message: isRead ? readSigned(answer) : withoutRecords(answer), upstream })
    } catch (error) {
      // All who ask about the name would wait for ever.
      this.#resolve(FAULT)
      throw error
    }
  }

  onFailure(failure: UpstreamFailure): void {
    this.#resolve({ failure: reasonOf(failure) })
  }
}

/** What proves nothing, so that another upstream is asked. */
function withoutRecords({ bytes, start, rcode, type }: AnswerScan): SignedMessage {
  const name = readName(bytes, start, start + HEADER_LENGTH)
  const none: readonly Rrset[] = []
  const sections = { answer: none, authority: none, loose: none, count: 0 }
  return { name, type, class: RecordClass.IN, rcode, ...sections }
}
