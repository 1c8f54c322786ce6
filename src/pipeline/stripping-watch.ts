// Finds out which upstreams strip DNSSEC: who answers without signatures where some were due is asked
// for the keys of the root, which are signed wherever anything is. Who has them without a signature is
// named in the log, and asked only where there is nobody else.

import type { StrippingGuard } from '../upstream/stripping-guard.ts'
import { Rcode } from '../wire/header.ts'

/** What an upstream has to say of the root's keys. */
export const RootKeys = {
  Signed: 'signed',
  Unsigned: 'unsigned',
  /** An error, or nothing at all: that says nothing. */
  None: 'none',
} as const
export type RootKeys = (typeof RootKeys)[keyof typeof RootKeys]

export interface StrippingEvents {
  /** An upstream leaves signatures out. */
  strippingFound(upstream: string): void
  strippingGone(upstream: string): void
}

export interface StrippingWatchOptions {
  readonly guard: StrippingGuard
  /** Asks one upstream for the keys of the root. Rejects never. */
  readonly rootKeysAt: (upstream: string) => Promise<RootKeys>
  readonly events: StrippingEvents
}

export class StrippingWatch {
  readonly #options: StrippingWatchOptions

  constructor(options: StrippingWatchOptions) {
    this.#options = options
  }

  /** Those to ask only where there is nobody else. */
  get strippers(): readonly string[] {
    const { strippers } = this.#options.guard
    for (let i = 0; i < strippers.length; i++) this.#look(strippers[i]!)
    return strippers
  }

  /** An upstream's answer had no DNSSEC record at all, where one was due. */
  suspect(upstream: string, rcode: number): void {
    if (rcode === Rcode.NoError || rcode === Rcode.NXDomain) this.#look(upstream)
  }

  #look(upstream: string): void {
    const { guard, rootKeysAt, events } = this.#options
    if (!guard.claim(upstream)) return
    void rootKeysAt(upstream).then((keys) => {
      if (keys === RootKeys.None) return
      const strips = keys === RootKeys.Unsigned
      if (!guard.settle(upstream, strips)) return
      if (strips) events.strippingFound(upstream)
      else events.strippingGone(upstream)
    })
  }
}
