// Where the validator gets what it needs beyond the answer at hand. Everything that it knows of the
// world comes through here.

import type { Name } from './name.ts'
import type { SignedMessage } from './rrset.ts'

export interface Source {
  /**
   * Asks for records, with DO and CD set. Rejects never.
   * @param avoid names of upstreams whose answers were bad: others are asked, if there are any
   */
  ask(name: Name, type: number, avoid: readonly string[]): Promise<SourceAnswer>
}

export type SourceAnswer =
  | { readonly message: SignedMessage; readonly upstream: string }
  /** For people: why there is none. */
  | { readonly failure: string }
