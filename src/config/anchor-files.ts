// The file of trust anchors, and the one of what is learnt of them.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type AlgorithmPolicy, isSupported } from '../dnssec/algorithms.ts'
import { isAnchorState } from '../dnssec/anchors/anchor-state.ts'
import { readAnchors } from '../dnssec/anchors/anchor-text.ts'
import type { ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import { usableDs } from '../dnssec/ds.ts'
import { nameText } from '../dnssec/name.ts'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import { unreadable } from './files.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'

/** Octets: a thousand long keys with comments. */
const MAX_SIZE = 4 * 1024 * 1024

/** In RDATA of DNSKEY (RFC 4034 §2.1). */
const ALGORITHM_AT = 3

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
export function checkAnchorFiles({ dnssec }: Dnssec, origins: Origins): Problem[] {
  const { trustAnchors, anchorState } = dnssec
  const problem = (fault: Fault, setting: string) => {
    const at = ['dnssec', setting]
    return problemOf(fault, at, origins.ofValue(at))
  }
  const unwritable = anchorState === null ? null : faultInState(anchorState)
  const problems = unwritable === null ? [] : [problem(unwritable, 'anchorState')]
  if (trustAnchors === null) return problems
  const text = readAnchorText(trustAnchors)
  if (text instanceof Fault) return [...problems, problem(text, 'trustAnchors')]
  const { anchors, problems: faults } = readAnchors(text)
  const unusable = faults.length === 0 ? anchors.filter((one) => !isUsable(one, dnssec)) : []
  return [
    ...problems,
    ...faults.map(({ line, message, remedy }) =>
      problemOf(new Fault(message, remedy), [], {
        kind: 'file',
        file: trustAnchors,
        line,
        column: 1,
      }),
    ),
    ...unusable.map(({ zone }) =>
      problem(
        new Fault(
          `the anchors of ${nameText(zone)} need SHA-1, which proves nothing any more`,
          'give one of another algorithm and digest, or set acceptSha1: true',
        ),
        'trustAnchors',
      ),
    ),
  ]
}

function isUsable({ ds, keys }: ZoneAnchors, policy: AlgorithmPolicy): boolean {
  return (
    usableDs(ds, policy).length > 0 ||
    keys.some((rdata) => isSupported(rdata[ALGORITHM_AT]!, policy))
  )
}

/** Why the file could not be written. Whether its folder may be written to, only who runs it knows. */
function faultInState(path: string): Fault | null {
  try {
    if (isAnchorState(readFileSync(path, 'utf8'))) return null
    return new Fault(
      `${path} was not written by dotward`,
      'name a file of its own: what it learns is written there, and trustAnchors is what it reads',
    )
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing) return unreadable(path, error)
    const folder = dirname(path)
    return existsSync(folder) ? null : new Fault(`${folder} does not exist`, 'make the folder')
  }
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
