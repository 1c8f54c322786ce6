// Notices by ordinary answers that the system's clock is wrong: where signatures of several zones hold
// at one time, but not at the one that the clock shows, and none holds meanwhile that does.

import { ExtendedError } from '../wire/edns.ts'
import type { Name } from './name.ts'
import type { Rrset, SignedMessage } from './rrset.ts'
import { serialDistance, timeText, Validity, validityOf } from './signature.ts'
import type { Fault } from './verdict.ts'

/** Zones whose signatures must agree: the mistake of one signer is no reason to doubt the clock. */
const MIN_SIGNERS = 3

/** Milliseconds within which they must be seen. */
const WINDOW = 60_000

/** Signatures of one answer that are looked at. */
const MAX_LOOKED_AT = 32

export const ClockFault = { Behind: 'behind', Ahead: 'ahead' } as const
export type ClockFault = (typeof ClockFault)[keyof typeof ClockFault]

/** Times are in seconds since 1970. */
export interface ClockDoubt {
  readonly fault: ClockFault
  /** What the clock shows. */
  readonly now: number
  /** When the signatures hold: all of them do from the one to the other. */
  readonly from: number
  readonly until: number
}

export interface ClockWatchOptions {
  /** Seconds since 1970: what is doubted. */
  readonly now: () => number
  /** Hears of a doubt once; and again when signatures have held since. */
  readonly onDoubt: (doubt: ClockDoubt) => void
}

export class ClockWatch {
  readonly #options: ClockWatchOptions
  /** Whose signatures hold at another time. */
  readonly #signers: Name[] = []
  #since = 0
  #fault: ClockFault = ClockFault.Behind
  #from = 0
  #until = 0
  #isDoubted = false

  constructor(options: ClockWatchOptions) {
    this.#options = options
  }

  /** Signatures hold now. */
  onSecure(): void {
    if (this.#signers.length > 0) this.#forget()
  }

  /**
   * An answer is bogus.
   * @param at milliseconds, by a clock that nobody sets
   * @returns why, as clients should hear it: with the doubt, where there is one
   */
  onBogus(message: SignedMessage, fault: Fault, at: number): Fault {
    const { code, text } = fault
    if (code !== ExtendedError.SignatureExpired && code !== ExtendedError.SignatureNotYetValid) {
      return fault
    }
    const now = this.#options.now()
    if (!this.#isDoubted) this.#learn(message, now, at)
    if (!this.#isDoubted) return fault
    return { code, text: `${text}; but the clock here seems wrong: it says ${timeText(now)}` }
  }

  #learn({ answer, authority }: SignedMessage, now: number, at: number): void {
    let left = MAX_LOOKED_AT
    for (const sets of [answer, authority]) {
      for (const { signatures } of sets as readonly Rrset[]) {
        for (const sig of signatures) {
          if (left-- === 0) return this.#judge(now)
          const validity = validityOf(sig, now)
          if (validity === Validity.Never) continue
          if (validity === Validity.Now) return this.#forget()
          const fault = validity === Validity.NotYet ? ClockFault.Behind : ClockFault.Ahead
          const from = now + serialDistance(now, sig.inception)
          this.#add(
            fault,
            sig.signer,
            from,
            from + serialDistance(sig.inception, sig.expiration),
            at,
          )
        }
      }
    }
    this.#judge(now)
  }

  #judge(now: number): void {
    if (this.#signers.length < MIN_SIGNERS) return
    this.#isDoubted = true
    const [fault, from, until] = [this.#fault, this.#from, this.#until]
    this.#options.onDoubt({ fault, now, from, until })
  }

  /** What could not hold at one time with those before begins anew. */
  #add(fault: ClockFault, signer: Name, from: number, until: number, at: number): void {
    const isOne =
      this.#signers.length > 0 &&
      fault === this.#fault &&
      from <= this.#until &&
      until >= this.#from &&
      at - this.#since <= WINDOW
    if (!isOne) {
      this.#forget()
      this.#since = at
      this.#fault = fault
    }
    this.#from = isOne ? Math.max(this.#from, from) : from
    this.#until = isOne ? Math.min(this.#until, until) : until
    const isKnown = this.#signers.length >= MIN_SIGNERS || this.#signers.includes(signer)
    if (!isKnown) this.#signers.push(signer)
  }

  #forget(): void {
    this.#signers.length = 0
    this.#isDoubted = false
  }
}

/** For the log. */
export function clockDoubtText({ fault, now, from, until }: ClockDoubt): string {
  const says = `it says ${timeText(now)}`
  const hold = `hold from ${timeText(from)} to ${timeText(until)}`
  return `the system clock seems to be ${fault}: ${says}, and all signatures of ${MIN_SIGNERS} zones ${hold}`
}
