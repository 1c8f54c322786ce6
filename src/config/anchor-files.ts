// The file of trust anchors, and the one of what is learnt of them.

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readAnchors } from '../dnssec/anchors/anchor-text.ts'
import type { ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import { unreadable } from './files.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'

/** Octets: a thousand long keys with comments. */
const MAX_SIZE = 4 * 1024 * 1024

type Dnssec = Pick<Config, 'dnssec'>

/** Makes file names absolute. @param file the configuration file that names them */
export function resolveAnchorFiles<T extends Dnssec>(config: T, file: string): T {
  const folder = dirname(resolve(file))
  const { trustAnchors, anchorState } = config.dnssec
  const absolute = (path: string | null) => (path === null ? null : resolve(folder, path))
  return {
    ...config,
    dnssec: {
      ...config.dnssec,
      trustAnchors: absolute(trustAnchors),
      anchorState: absolute(anchorState),
    },
  }
}

/** Reads the anchors once, to say now what would fail later. */
export function checkAnchorFile({ dnssec }: Dnssec, origins: Origins): Problem[] {
  const file = dnssec.trustAnchors
  if (file === null) return []
  const text = readAnchorText(file)
  const at = ['dnssec', 'trustAnchors']
  if (text instanceof Fault) return [problemOf(text, at, origins.ofValue(at))]
  return readAnchors(text).problems.map(({ line, message, remedy }) =>
    problemOf(new Fault(message, remedy), [], { kind: 'file', file, line, column: 1 }),
  )
}

/**
 * The anchors of the file, none without one.
 * @throws TypeError with a line for each thing that is wrong
 */
export function anchorsIn(file: string | null): readonly ZoneAnchors[] {
  if (file === null) return []
  const text = readAnchorText(file)
  if (text instanceof Fault) throw new TypeError(text.message)
  const { anchors, problems } = readAnchors(text)
  if (problems.length === 0) return anchors
  throw new TypeError(problems.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'))
}

function readAnchorText(path: string): string | Fault {
  try {
    if (statSync(path).size <= MAX_SIZE) return readFileSync(path, 'utf8')
    return new Fault(`${path} has more than ${MAX_SIZE} octets`, 'check that it is the right file')
  } catch (error) {
    return unreadable(path, error)
  }
}
