// The files that a configuration points to.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'
import type { Upstream } from './sections/upstreams.ts'

const CHECKS = {
  ca: checkCertificates,
  clientCertificate: checkCertificates,
  clientKey: checkKey,
} as const satisfies Partial<Record<keyof Upstream, (pem: string) => void>>

type FileSetting = keyof typeof CHECKS
const FILE_SETTINGS = Object.keys(CHECKS) as FileSetting[]

/** Makes file names absolute. @param file the configuration file that names them */
export function resolveFiles<T extends Pick<Config, 'upstreams'>>(config: T, file: string): T {
  const folder = dirname(resolve(file))
  const upstreams = config.upstreams.map((upstream) => {
    const absolute: Partial<Record<FileSetting, string>> = {}
    for (const setting of FILE_SETTINGS) {
      const path = upstream[setting]
      if (path !== null) absolute[setting] = resolve(folder, path)
    }
    return { ...upstream, ...absolute }
  })
  return { ...config, upstreams }
}

/** Reads each file once, to say now what would fail later. */
export function checkFiles(config: Pick<Config, 'upstreams'>, origins: Origins): Problem[] {
  const problems: Problem[] = []
  for (const [i, upstream] of config.upstreams.entries()) {
    for (const setting of FILE_SETTINGS) {
      const path = upstream[setting]
      const fault = path === null ? null : faultIn(path, CHECKS[setting])
      if (fault === null) continue
      const at = ['upstreams', i, setting]
      problems.push(problemOf(fault, at, origins.ofValue(at)))
    }
  }
  return problems
}

function faultIn(path: string, check: (pem: string) => void): Fault | null {
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
  } catch (error) {
    return unreadable(path, error)
  }
  try {
    check(pem)
    return null
  } catch {
    const kind = check === checkKey ? 'a private key without passphrase' : 'certificates'
    return new Fault(`${path} does not hold ${kind} in PEM`, 'give the path of a PEM file')
  }
}

/** Why a file could not be read. @param subject what to call it */
export function unreadable(subject: string, error: unknown): Fault {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return new Fault(`${subject} does not exist`, 'check the path')
  if (code === 'EISDIR') return new Fault(`${subject} is a folder`, 'give the path of a file')
  if (code === 'EACCES' || code === 'EPERM') {
    return new Fault(`${subject} may not be read by this user`, 'change its owner or mode')
  }
  return new Fault(`${subject} cannot be read (${code ?? String(error)})`, 'check the path')
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function checkCertificates(pem: string): void {
  const blocks = pem.match(PEM_CERTIFICATE)
  if (blocks === null) throw new TypeError('no certificate')
  for (const block of blocks) void new X509Certificate(block)
}

function checkKey(pem: string): void {
  createPrivateKey(pem)
}
