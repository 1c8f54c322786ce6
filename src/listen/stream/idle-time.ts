// How long a connection may be idle, by how full the table is (RFC 7766 §6.2.3, RFC 9210 §4.2): all
// of the idle time-out while less than half is taken, then less in a straight line, and no more than
// the floor from 15 in 16 on.

const CALM = 1 / 2
const PRESSED = 15 / 16

export interface IdleTimes {
  /** Milliseconds, with room to spare and without. */
  readonly idleTimeout: number
  readonly minIdleTimeout: number
}

/** @param fill the share of the table that is taken. @returns milliseconds */
export function idleTimeAt(fill: number, { idleTimeout, minIdleTimeout }: IdleTimes): number {
  const floor = Math.min(minIdleTimeout, idleTimeout)
  const pressure = (fill - CALM) / (PRESSED - CALM)
  if (pressure <= 0) return idleTimeout
  if (pressure >= 1) return floor
  return idleTimeout - pressure * (idleTimeout - floor)
}
