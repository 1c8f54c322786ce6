const ZERO = 0x30

/** Writes a whole number, not below zero, in decimal at `at`. @returns the offset behind it */
export function writeDecimal(out: Uint8Array, at: number, value: number): number {
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits++
  let left = value
  for (let place = at + digits - 1; place >= at; place--) {
    const tenth = Math.floor(left / 10)
    out[place] = ZERO + left - tenth * 10
    left = tenth
  }
  return at + digits
}
