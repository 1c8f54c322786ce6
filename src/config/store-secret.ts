// The secret and the passwords of a store that proxies share, and the files that hold them.

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import { unreadable } from './files.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'
import { MIN_STORE_SECRET } from './sections/cache-store.ts'

type Cache = Pick<Config, 'cache'>

type Store = Config['cache']['store']

const SECRET_FILES = ['secretFile', 'passwordFile', 'sentinelPasswordFile'] as const

/** Makes the names of files absolute. @param file the configuration file that names them */
export function resolveStoreFiles<T extends Cache>(config: T, file: string): T {
  const folder = dirname(resolve(file))
  const { store } = config.cache
  const files = (['path', ...SECRET_FILES] as const).map((name) => {
    const path = store[name]
    return [name, path === null ? null : resolve(folder, path)]
  })
  const resolved = { ...store, ...Object.fromEntries(files) }
  return { ...config, cache: { ...config.cache, store: resolved } }
}

/** Reads the secrets once, to say now what would fail later. */
export function checkStoreFiles({ cache: { store } }: Cache, origins: Origins): Problem[] {
  if (store.kind === 'none') return []
  return SECRET_FILES.flatMap((name) => {
    const path = store[name]
    const read = path === null ? '' : readSecret(path, minLength(name))
    const at = ['cache', 'store', name]
    return read instanceof Fault ? [problemOf(read, at, origins.ofValue(at))] : []
  })
}

/** @throws TypeError when its file cannot be read */
export function storeSecret({ secret, secretFile }: Store): string {
  return secretOf(secret, secretFile, MIN_STORE_SECRET) ?? ''
}

/** @throws TypeError when its file cannot be read */
export function storePassword({ password, passwordFile }: Store): string | null {
  return secretOf(password, passwordFile, 1)
}

/** @throws TypeError when its file cannot be read */
export function sentinelPassword({ sentinelPassword: text, sentinelPasswordFile }: Store) {
  return secretOf(text, sentinelPasswordFile, 1)
}

function secretOf(text: string | null, path: string | null, min: number): string | null {
  if (path === null) return text
  const read = readSecret(path, min)
  if (read instanceof Fault) throw new TypeError(read.message)
  return read
}

function minLength(name: (typeof SECRET_FILES)[number]): number {
  return name === 'secretFile' ? MIN_STORE_SECRET : 1
}

function readSecret(path: string, min: number): string | Fault {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    if (secret.length >= min) return secret
    return min === 1
      ? new Fault(`${path} is empty`, 'write the password into it')
      : new Fault(`${path} holds no secret`, `write ${min} characters at the least`)
  } catch (error) {
    return unreadable(path, error)
  }
}
