// The file of secrets for DNS cookies.

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import { unreadable } from './files.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'
import { MAX_SECRETS, readSecret } from './sections/cookies.ts'

type Cookies = Pick<Config, 'cookies'>

/** Makes the file's name absolute. @param file the configuration file that names it */
export function resolveSecretFile<T extends Cookies>(config: T, file: string): T {
  const { secretFile } = config.cookies
  if (secretFile === null) return config
  const folder = dirname(resolve(file))
  return { ...config, cookies: { ...config.cookies, secretFile: resolve(folder, secretFile) } }
}

/** Reads the file once, to say now what would fail later. */
export function checkSecretFile({ cookies }: Cookies, origins: Origins): Problem[] {
  const { secretFile } = cookies
  const read = secretFile === null ? [] : parseSecretFile(secretFile)
  const at = ['cookies', 'secretFile']
  return read instanceof Fault ? [problemOf(read, at, origins.ofValue(at))] : []
}

/** The secrets that are given, the current one first. @throws TypeError when they cannot be read */
export function cookieSecrets({ secrets, secretFile }: Config['cookies']): readonly string[] {
  if (secretFile === null) return secrets
  const read = parseSecretFile(secretFile)
  if (read instanceof Fault) throw new TypeError(read.message)
  return read
}

function parseSecretFile(path: string): readonly string[] | Fault {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return unreadable(path, error)
  }
  const secrets: string[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const written = line.split('#', 1)[0]!.trim()
    if (written === '') continue
    const secret = readSecret(written)
    if (secret instanceof Fault)
      return new Fault(`${path}:${i + 1} ${secret.message}`, secret.remedy)
    secrets.push(secret)
  }
  return secrets.length >= 1 && secrets.length <= MAX_SECRETS
    ? secrets
    : new Fault(`${path} holds ${secrets.length} secrets`, `give 1 to ${MAX_SECRETS}`)
}
