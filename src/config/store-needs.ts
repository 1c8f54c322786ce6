// What a store needs of this machine, tried once to say now what would fail later: the package of its
// engine, and a folder that may be written.

import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'

/** The packages of engines that not every installation has. */
const PACKAGES = { mongodb: 'mongodb', disk: 'lmdb' } as const

export function checkStoreNeeds({ cache: { store } }: Pick<Config, 'cache'>, origins: Origins) {
  const { kind, path } = store
  const problems: Problem[] = []
  const report = (fault: Fault | null, name: 'kind' | 'path') => {
    const at = ['cache', 'store', name]
    if (fault !== null) problems.push(problemOf(fault, at, origins.ofValue(at)))
  }
  if (kind === 'mongodb' || kind === 'disk') report(faultOfPackage(PACKAGES[kind]), 'kind')
  if (kind === 'disk' && path !== null) report(faultOfFolder(path), 'path')
  return problems
}

function faultOfPackage(name: string): Fault | null {
  try {
    import.meta.resolve(name)
    return null
  } catch {
    return new Fault(`needs the package ${name}, which is not installed`, `npm install ${name}`)
  }
}

/** It may be missing, then one above it must take it. */
function faultOfFolder(path: string): Fault | null {
  try {
    if (!statSync(path).isDirectory()) {
      return new Fault(`${path} is not a folder`, 'name a folder for the store')
    }
    accessSync(path, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return faultOfFolder(dirname(path))
    const remedy = 'name a folder that this user may write'
    return new Fault(`${path} cannot be used for a store (${code})`, remedy)
  }
}
