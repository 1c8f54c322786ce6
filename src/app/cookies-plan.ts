// DNS cookies, and the secrets that they are made with.

import type { Config } from '../config/config.ts'
import { cookieSecrets } from '../config/cookie-secrets.ts'
import { CookieSecrets } from '../guard/cookie-secrets.ts'
import { LimitVerdict } from '../guard/limit-verdict.ts'
import type { CookiesPlan } from '../worker/plan.ts'

const VERDICTS = {
  answer: LimitVerdict.Pass,
  truncate: LimitVerdict.Truncate,
  refuse: LimitVerdict.Refuse,
} as const

/**
 * @param before in force, if any: secrets by chance stay over a reload, and clients keep their cookies
 * @throws TypeError when the file of secrets cannot be read
 */
export function cookiesPlan(
  config: Config['cookies'],
  before: CookiesPlan | null,
): CookiesPlan | null {
  const { mode, onMissing } = config
  if (mode === 'off') return null
  const given = cookieSecrets(config)
  const areRandom = given.length === 0
  return {
    secrets: areRandom ? randomSecrets(before) : CookieSecrets.of(given.map(octets)).memory,
    areRandom,
    required: mode === 'require',
    onMissing: VERDICTS[onMissing],
  }
}

function randomSecrets(before: CookiesPlan | null): SharedArrayBuffer {
  return before?.areRandom === true ? before.secrets : CookieSecrets.random().memory
}

function octets(secret: string): Uint8Array {
  return Uint8Array.from(Buffer.from(secret, 'hex'))
}
