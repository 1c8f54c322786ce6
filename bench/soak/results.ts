// What a soak brought: series of samples, and whether each is level after the warm-up.

import type { Machine } from '../measure/results.ts'

export interface Sample {
  /** Since the load began. */
  readonly seconds: number
  readonly residentBytes: number
  readonly fileDescriptors: number
  /** Of all threads together, right after a collection. */
  readonly heapBytes: number
  /** Timers, sockets and the like that keep a loop alive, of all threads together. */
  readonly handles: number
}

export interface SoakResults {
  readonly machine: Machine
  readonly version: string
  readonly minutes: number
  readonly rate: number
  readonly clientConnections: number
  readonly faults: number
  readonly sent: number
  readonly lost: number
  readonly notGood: number
  readonly worst: number
  /** By fault, in milliseconds. */
  readonly worstDuring: Readonly<Record<string, number>>
  readonly samples: readonly Sample[]
}

export type Series = 'residentBytes' | 'heapBytes' | 'fileDescriptors' | 'handles'

/** How much a series may seem to grow between warm-up and end, by its regression line. */
export const ALLOWANCE: Readonly<Record<Series, number>> = {
  residentBytes: 8 * 1024 * 1024,
  heapBytes: 2 * 1024 * 1024,
  fileDescriptors: 4,
  handles: 4,
}

/** The share of a soak that is warm-up: heaps find their size, the cache fills. */
export const WARM_UP = 1 / 3

export interface Trend {
  readonly least: number
  readonly most: number
  /** From the end of the warm-up to the last sample, along the regression line. */
  readonly growth: number
  readonly level: boolean
}

/** Null with fewer than three samples after the warm-up. */
export function trendOf({ samples }: Pick<SoakResults, 'samples'>, series: Series): Trend | null {
  const end = samples.at(-1)?.seconds ?? 0
  const measured = samples.filter((sample) => sample.seconds >= end * WARM_UP)
  if (measured.length < 3) return null
  const values = measured.map((sample) => sample[series])
  const times = measured.map((sample) => sample.seconds)
  const growth = slope(times, values) * (times.at(-1)! - times[0]!)
  return {
    least: Math.min(...values),
    most: Math.max(...values),
    growth,
    level: growth <= ALLOWANCE[series],
  }
}

/** Of the line with the least squares. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [middleX, middleY] = [mean(x), mean(y)]
  let above = 0
  let below = 0
  for (let i = 0; i < x.length; i++) {
    above += (x[i]! - middleX) * (y[i]! - middleY)
    below += (x[i]! - middleX) ** 2
  }
  return below === 0 ? 0 : above / below
}
