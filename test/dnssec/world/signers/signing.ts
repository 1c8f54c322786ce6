// What signers are given.

import type { ZoneKey } from '../zone-key.ts'
import type { ZoneSpec } from '../zone-spec.ts'

export interface Signing {
  readonly zone: ZoneSpec
  readonly keys: readonly ZoneKey[]
  /** Path of the zone file to sign; signers may add to it. */
  readonly input: string
  /** Path of the signed zone file. */
  readonly output: string
}

/** For a program that makes keys or signs: hundreds of zones are made while other tests run. */
export const SIGNING_TIMEOUT_MS = 120_000
