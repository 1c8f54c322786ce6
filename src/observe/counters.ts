// Counters in shared memory: a row for each thread, which alone writes it; readers add the rows up.
// They are doubles, exact up to 2^53, so that a reader never sees one half written.

import { FAMILIES, type FamilyName, familyOffset, ROW_LENGTH } from './catalogue.ts'

/** Rows begin on cache lines of their own: 64 octets. */
const STRIDE = Math.ceil(ROW_LENGTH / 8) * 8

/** @param rows as many as threads may ever count at the same time */
export function allocateCounters(rows: number): SharedArrayBuffer {
  return new SharedArrayBuffer(rows * STRIDE * 8)
}

export function counterRow(memory: SharedArrayBuffer, row: number): Float64Array {
  return new Float64Array(memory, row * STRIDE * 8, ROW_LENGTH)
}

/** The place of a counter by its label's value; a value that nobody foresaw counts as the last one. */
export function counterIndex(name: FamilyName, value: string): number {
  const values: readonly string[] = FAMILIES[name].values
  const at = values.indexOf(value)
  return familyOffset(name) + (at === -1 ? values.length - 1 : at)
}

export interface CounterValue {
  readonly name: string
  readonly help: string
  readonly label: string | null
  readonly labelValue: string
  readonly value: number
}

/** All counters, each summed over the rows, in the order of the catalogue. */
export function readCounters(memory: SharedArrayBuffer): CounterValue[] {
  const all = new Float64Array(memory)
  const values: CounterValue[] = []
  let index = 0
  for (const { name, help, label, values: labels } of Object.values(FAMILIES)) {
    for (const labelValue of labels) {
      let value = 0
      for (let at = index; at < all.length; at += STRIDE) value += all[at]!
      values.push({ name, help, label, labelValue, value })
      index++
    }
  }
  return values
}

/** For people: a line for each counter that has counted. */
export function countersText(memory: SharedArrayBuffer): string {
  return readCounters(memory)
    .filter(({ value }) => value > 0)
    .map(({ name, label, labelValue, value }) => {
      const labels = label === null ? '' : `{${label}="${labelValue}"}`
      return `${name}${labels} ${Number.isInteger(value) ? value : value.toFixed(3)}\n`
    })
    .join('')
}
