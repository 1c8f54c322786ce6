// The secret of a store that proxies share, and the files that its settings name.

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import { unreadable } from './files.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'
import { MIN_STORE_SECRET } from './sections/cache-store.ts'

type Cache = Pick<Config, 'cache'>

/** Makes the names of files absolute. @param file the configuration file that names them */
export function resolveStoreFiles<T extends Cache>(config: T, file: string): T {
  const folder = dirname(resolve(file))
  const absolute = (path: string | null) => (path === null ? null : resolve(folder, path))
  const { store } = config.cache
  const files = {
    ca: absolute(store.ca),
    path: absolute(store.path),
    secretFile: absolute(store.secretFile),
  }
  return { ...config, cache: { ...config.cache, store: { ...store, ...files } } }
}

/** Reads the secret once, to say now what would fail later. */
export function checkStoreFiles({ cache }: Cache, origins: Origins): Problem[] {
  const { kind, secretFile } = cache.store
  const read = kind === 'none' || secretFile === null ? '' : readSecret(secretFile)
  const at = ['cache', 'store', 'secretFile']
  return read instanceof Fault ? [problemOf(read, at, origins.ofValue(at))] : []
}

/** @throws TypeError when its file cannot be read */
export function storeSecret({ secret, secretFile }: Config['cache']['store']): string {
  if (secretFile === null) return secret ?? ''
  const read = readSecret(secretFile)
  if (read instanceof Fault) throw new TypeError(read.message)
  return read
}

function readSecret(path: string): string | Fault {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    return secret.length >= MIN_STORE_SECRET
      ? secret
      : new Fault(`${path} holds no secret`, `write ${MIN_STORE_SECRET} characters at the least`)
  } catch (error) {
    return unreadable(path, error)
  }
}
