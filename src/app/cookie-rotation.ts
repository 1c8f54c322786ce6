// New secrets of DNS cookies every day (RFC 7873 §7.1), where nobody gave any.

import { CookieSecrets } from '../guard/cookie-secrets.ts'
import type { CookiesPlan } from '../worker/plan.ts'

/** Milliseconds that a secret makes cookies at the most. */
const LIFETIME = 24 * 3_600_000

/** The share of it that chance may take away, so that nobody can foresee the moment. */
const JITTER = 0.4

/** Until the last cookies made with the one before are no longer good for their age (RFC 9018 §4.3). */
const RETENTION = 3_600_000

export interface CookieRotationOptions {
  /** From 0 up to 1. */
  readonly random: () => number
}

export class CookieRotation {
  readonly #random: () => number
  #memory: SharedArrayBuffer | null = null
  #rotating: NodeJS.Timeout | null = null
  #forgetting: NodeJS.Timeout | null = null

  constructor({ random }: CookieRotationOptions) {
    this.#random = random
  }

  /** Sees to the secrets of the plan in force, as long as it is. */
  follow(plan: CookiesPlan | null): void {
    const memory = plan?.areRandom === true ? plan.secrets : null
    if (memory === this.#memory) return
    this.stop()
    this.#memory = memory
    if (memory !== null) this.#schedule(new CookieSecrets(memory))
  }

  stop(): void {
    this.#memory = null
    if (this.#rotating !== null) clearTimeout(this.#rotating)
    if (this.#forgetting !== null) clearTimeout(this.#forgetting)
  }

  #schedule(secrets: CookieSecrets): void {
    this.#rotating = setTimeout(
      () => {
        secrets.rotate()
        this.#forgetting = setTimeout(() => secrets.forgetPrevious(), RETENTION).unref()
        this.#schedule(secrets)
      },
      LIFETIME * (1 - JITTER * this.#random()),
    ).unref()
  }
}
