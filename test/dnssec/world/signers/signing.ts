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
