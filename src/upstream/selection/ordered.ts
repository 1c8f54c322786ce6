// The first that is there: the others stand by.

import { firstOf, type Strategy } from './strategy.ts'

export class Ordered implements Strategy {
  pick(eligible: number): number {
    return firstOf(eligible)
  }
}
