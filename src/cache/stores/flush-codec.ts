// Flushes as they lie in a store: whoever can write there must not empty the caches of a fleet, and
// where records are sealed, nobody may read there what is flushed. So the name, which stores take as
// it is, carries a keyed checksum, or is encrypted whole.
//
//   in the clear:  the name, a space, HMAC-SHA-256 over name, subtree and moment, cut to 16 octets
//   sealed:        nonce of 12 octets, name in AES-256-GCM with subtree and moment as associated
//                  data, tag
//
// Both in base64url, but for the name in the clear.

import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { derive, type SecretOptions, seal, unseal } from './secrets.ts'
import type { Flush } from './store.ts'

const MAC_LENGTH = 16

export class FlushCodec {
  readonly #sealed: boolean
  readonly #macKey: KeyObject
  readonly #sealKey: KeyObject

  constructor({ secret, sealed }: SecretOptions) {
    this.#sealed = sealed
    this.#macKey = derive(secret, 'flushes')
    this.#sealKey = derive(secret, 'sealed flushes')
  }

  encode(flush: Flush): Flush {
    const { name } = flush
    const coded = this.#sealed
      ? seal(this.#sealKey, circumstances(flush), Buffer.from(name)).toString('base64url')
      : `${name} ${this.#mac(name, flush).toString('base64url')}`
    return { ...flush, name: coded }
  }

  /** Null for what was not written under our secret, or was changed since. */
  decode(flush: Flush): Flush | null {
    const name = this.#sealed ? this.#unseal(flush) : this.#verify(flush)
    return name === null ? null : { ...flush, name }
  }

  #unseal(flush: Flush): string | null {
    const sealed = Buffer.from(flush.name, 'base64url')
    return unseal(this.#sealKey, circumstances(flush), sealed)?.toString() ?? null
  }

  #verify(flush: Flush): string | null {
    const at = flush.name.lastIndexOf(' ')
    const name = flush.name.slice(0, Math.max(0, at))
    const mac = Buffer.from(flush.name.slice(at + 1), 'base64url')
    if (mac.length !== MAC_LENGTH) return null
    return timingSafeEqual(mac, this.#mac(name, flush)) ? name : null
  }

  #mac(name: string, flush: Flush): Buffer {
    const hmac = createHmac('sha256', this.#macKey).update(circumstances(flush)).update(name)
    return hmac.digest().subarray(0, MAC_LENGTH)
  }
}

/** Ends where the name begins, whatever that is. */
function circumstances({ subtree, at }: Flush): string {
  return `${subtree ? 'subtree' : 'name'} ${at} `
}
