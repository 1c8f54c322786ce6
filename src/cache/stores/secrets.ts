// What is made of the secret that all proxies of a store know.

import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'

export interface SecretOptions {
  /** Known to all who share the store; any octets, at least 16. */
  readonly secret: Uint8Array
  /** Whether what lies in the store is unreadable without the secret. */
  readonly sealed: boolean
}

const KEY_LENGTH = 32
const NONCE_LENGTH = 12
const TAG_LENGTH = 16

/**
 * RFC 5869, so that no key serves two ends. A key object, for octets would be made into one at each
 * use: that costs four times what the rest of a checksum does.
 */
export function derive(secret: Uint8Array, purpose: string): KeyObject {
  const info = `dotward cache store ${purpose}`
  const octets = hkdfSync('sha256', secret, new Uint8Array(0), info, KEY_LENGTH)
  return createSecretKey(new Uint8Array(octets))
}

/** AES-256-GCM. @returns a nonce by chance, the text encrypted, and the tag */
export function seal(key: KeyObject, bound: string, text: Uint8Array): Buffer {
  const nonce = randomFillSync(Buffer.allocUnsafe(NONCE_LENGTH))
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(bound))
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
}

/** @returns null for what `seal` did not make with this key, bound to the same */
export function unseal(key: KeyObject, bound: string, sealed: Buffer): Buffer | null {
  const end = sealed.length - TAG_LENGTH
  if (end < NONCE_LENGTH) return null
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_LENGTH), {
    authTagLength: TAG_LENGTH,
  })
  decipher.setAAD(Buffer.from(bound))
  decipher.setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, end)), decipher.final()])
  } catch {
    return null
  }
}
