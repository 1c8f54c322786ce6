// When the certificates that we show to clients end, and the lists of revocations that theirs are
// judged by. Whoever forgot to renew one learns it before clients do.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ListenerConfig } from '../config/config.ts'
import { revocationPeriod } from '../listen/tls/revocation-lists.ts'
import type { Logger } from '../observe/log.ts'
import { type Clock, systemClock } from '../upstream/clock.ts'

const DAY = 24 * 3_600_000

/** Days before the end from which the log speaks of it: who renews by machine does so earlier. */
const SOON = 14

/** The same for lists of revocations, as a share of their lifetime: they live for hours, or months. */
const SHARE_LEFT = 1 / 4

export interface CertificateExpiry {
  /** The certificate's file. */
  readonly file: string
  /** The first name that it is for. */
  readonly name: string
  /** Whole days; below zero when it has ended. */
  readonly daysLeft: number
}

export interface RevocationExpiry {
  /** The file of lists. */
  readonly file: string
  /** Milliseconds since 1970, of the list that ends first. */
  readonly end: number
  /** Whether little of its time is left, or none. */
  readonly isNear: boolean
}

/**
 * Of each file of lists once, without those that never end.
 * @param now milliseconds since 1970
 * @throws when a file cannot be read
 */
export function revocationExpiries(
  listeners: readonly ListenerConfig[],
  now: number,
): readonly RevocationExpiry[] {
  const files = new Set(listeners.flatMap(({ tls }) => tls?.clientCrl ?? []))
  return [...files].flatMap((file) => {
    const { begin, end } = revocationPeriod(readFileSync(file, 'utf8'))
    if (end === Number.POSITIVE_INFINITY) return []
    return { file, end, isNear: end - now < SHARE_LEFT * (end - begin) }
  })
}

/**
 * Of each certificate file once.
 * @param now milliseconds since 1970
 * @throws when a file cannot be read
 */
export function certificateExpiries(
  listeners: readonly ListenerConfig[],
  now: number,
): readonly CertificateExpiry[] {
  const files = new Set(
    listeners.flatMap(({ tls }) => (tls === undefined ? [] : [tls.certificate])),
  )
  return [...files].map((file) => {
    const certificate = new X509Certificate(readFileSync(file))
    const daysLeft = Math.floor((Date.parse(certificate.validTo) - now) / DAY)
    return { file, name: nameOf(certificate), daysLeft }
  })
}

function nameOf({ subject, subjectAltName }: X509Certificate): string {
  return subjectAltName?.split(', ')[0] ?? (subject || 'no name')
}

/** For people: when it ends. */
export function expiryText({ daysLeft }: CertificateExpiry): string {
  return daysLeft < 0 ? `ended ${-daysLeft} days ago` : `ends in ${daysLeft} days`
}

export interface ExpiryWatchOptions {
  readonly log: Logger
  readonly clock?: Clock
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export class ExpiryWatch {
  readonly #log: Logger
  readonly #clock: Clock
  readonly #now: () => number
  #timer: unknown = null

  constructor({ log, clock = systemClock, now = Date.now }: ExpiryWatchOptions) {
    this.#log = log
    this.#clock = clock
    this.#now = now
  }

  /** Looks at the certificates now, and each day from now on. */
  follow(listeners: readonly ListenerConfig[]): void {
    this.stop()
    if (listeners.every(({ tls }) => tls === undefined)) return
    this.#look(listeners)
    this.#timer = this.#clock.startTimer(() => this.follow(listeners), DAY)
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.stopTimer(this.#timer)
    this.#timer = null
  }

  #look(listeners: readonly ListenerConfig[]): void {
    try {
      for (const expiry of certificateExpiries(listeners, this.#now())) {
        if (expiry.daysLeft >= SOON) continue
        const { file, name, daysLeft } = expiry
        const message = `the certificate of a listener ${expiryText(expiry)}: renew it`
        if (daysLeft < 0) this.#log.error(message, { file, name })
        else this.#log.warn(message, { file, name })
      }
      for (const { file, end, isNear } of revocationExpiries(listeners, this.#now())) {
        if (!isNear) continue
        const at = new Date(end).toISOString()
        if (end < this.#now()) {
          this.#log.error('a list of revocations has ended: it refuses all it is for', { file, at })
        } else this.#log.warn('a list of revocations ends soon: renew it', { file, at })
      }
    } catch (error) {
      this.#log.error('a certificate or list of a listener cannot be read', {
        error: (error as Error).message,
      })
    }
  }
}
