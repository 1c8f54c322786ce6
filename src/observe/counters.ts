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
export function counterIndex(name: FamilyName, value: string, slot = 0): number {
  const values: readonly string[] = FAMILIES[name].values
  const at = values.indexOf(value)
  return familyOffset(name, slot) + (at === -1 ? values.length - 1 : at)
}

export interface CounterValue {
  readonly name: string
  readonly help: string
  /** Names and values of its labels. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
}

/**
 * All counters, each summed over the rows, in the order of the catalogue.
 * @param upstreams names of the upstreams by slot
 */
export function readCounters(
  memory: SharedArrayBuffer,
  upstreams: readonly string[],
): CounterValue[] {
  const all = new Float64Array(memory)
  const sumAt = (index: number): number => {
    let sum = 0
    for (let at = index; at < all.length; at += STRIDE) sum += all[at]!
    return sum
  }
  const values: CounterValue[] = []
  for (const [key, family] of Object.entries(FAMILIES)) {
    const { name, help, label, perUpstream } = family
    const owners = perUpstream ? upstreams : [null]
    for (const [slot, upstream] of owners.entries()) {
      const first = familyOffset(key as FamilyName, slot)
      for (const [i, value] of family.values.entries()) {
        const labels: [string, string][] = upstream === null ? [] : [['upstream', upstream]]
        if (label !== null) labels.push([label, value])
        values.push({ name, help, labels, value: sumAt(first + i) })
      }
    }
  }
  return values
}

/** For people: a line for each counter that has counted. @param upstreams as for `readCounters` */
export function countersText(memory: SharedArrayBuffer, upstreams: readonly string[]): string {
  return readCounters(memory, upstreams)
    .filter(({ value }) => value > 0)
    .map(({ name, labels, value }) => {
      const inside = labels.map(([label, text]) => `${label}=${JSON.stringify(text)}`).join(',')
      const number = Number.isInteger(value) ? value : value.toFixed(3)
      return `${name}${inside === '' ? '' : `{${inside}}`} ${number}\n`
    })
    .join('')
}
