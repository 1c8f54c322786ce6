// Files of ranges that access lists name: one range on a line, and comments behind #.

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileNamed, mapEntries } from './access.ts'
import { readRange } from './address.ts'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import { unreadable } from './files.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'

/** As many as are compiled within a few seconds, at each start, reload and change. */
const MAX_RANGES = 250_000
/** Octets: so many ranges with comments, beyond which it is hardly a list of ranges. */
const MAX_SIZE = 32 * 1024 * 1024

/** Of one file; whoever gave the wrong file has seen enough. */
const MAX_PROBLEMS = 10

type Lists = Pick<Config, 'access' | 'listeners' | 'rateLimit'>

interface RangeFile {
  readonly ranges: readonly string[]
  readonly faults: readonly { readonly line: number; readonly fault: Fault }[]
}

/** Makes file names absolute. @param file the configuration file that names them */
export function resolveRangeFiles<T extends Lists>(config: T, file: string): T {
  const folder = dirname(resolve(file))
  return mapEntries(config, (entries) =>
    entries.map((entry) => {
      const path = fileNamed(entry)
      return path === null ? entry : `file:${resolve(folder, path)}`
    }),
  )
}

/** The files that a configuration names, each once. */
export function rangeFiles(config: Lists): string[] {
  const files = new Set<string>()
  mapEntries(config, (entries) => {
    for (const entry of entries) {
      const path = fileNamed(entry)
      if (path !== null) files.add(path)
    }
    return entries
  })
  return [...files]
}

/** Reads each file once, to say now what would fail later. */
export function checkRangeFiles(config: Lists, origins: Origins): Problem[] {
  const problems: Problem[] = []
  const seen = new Set<string>()
  mapEntries(config, (entries, path) => {
    for (const [i, entry] of entries.entries()) {
      const file = fileNamed(entry)
      if (file === null || seen.has(file)) continue
      seen.add(file)
      const at = [...path, i]
      const read = parseRangeFile(file)
      if (read instanceof Fault) problems.push(problemOf(read, at, origins.ofValue(at)))
      else {
        for (const { line, fault } of read.faults) {
          problems.push(problemOf(fault, [], { kind: 'file', file, line, column: 1 }))
        }
      }
    }
    return entries
  })
  return problems
}

/** @throws TypeError with a line for each thing that is wrong */
export function readRangeFile(path: string): readonly string[] {
  const read = parseRangeFile(path)
  if (read instanceof Fault) throw new TypeError(read.message)
  const { ranges, faults } = read
  if (faults.length === 0) return ranges
  throw new TypeError(
    faults.map(({ line, fault }) => `${path}:${line}: ${fault.message}`).join('\n'),
  )
}

function parseRangeFile(path: string): RangeFile | Fault {
  let text: string
  try {
    if (statSync(path).size > MAX_SIZE) {
      return new Fault(
        `${path} has more than ${MAX_SIZE} octets`,
        'check that it is the right file',
      )
    }
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return unreadable(path, error)
  }
  const ranges: string[] = []
  const faults: { line: number; fault: Fault }[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const written = line.split('#', 1)[0]!.trim()
    if (written === '') continue
    const range = readRange(written)
    if (!(range instanceof Fault)) ranges.push(range)
    else if (faults.push({ line: i + 1, fault: range }) === MAX_PROBLEMS) break
  }
  if (ranges.length > MAX_RANGES) {
    return new Fault(`${path} has more than ${MAX_RANGES} ranges`, 'keep to so many in a file')
  }
  return { ranges, faults }
}
