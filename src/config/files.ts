// The files that a configuration points to.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Config } from './config.ts'
import { problemOf } from './explain.ts'
import type { Origins } from './origins.ts'
import { Fault, type Problem } from './problem.ts'
import type { ListenerTls } from './sections/listener-tls.ts'
import type { Upstream } from './sections/upstreams.ts'

/** What the files of upstreams, of listeners' `tls` and of the store must hold. */
const UPSTREAM_CHECKS = {
  ca: checkCertificates,
  clientCertificate: checkCertificates,
  clientKey: checkKey,
} as const satisfies Partial<Record<keyof Upstream, Check>>

const LISTENER_CHECKS = {
  certificate: checkCertificates,
  key: checkKey,
  clientCa: checkCertificates,
  clientCrl: checkCrl,
} as const satisfies Partial<Record<keyof ListenerTls, Check>>

const STORE_CHECKS = {
  ca: checkCertificates,
  clientCertificate: checkCertificates,
  clientKey: checkKey,
} as const satisfies Partial<Record<keyof Store, Check>>

type Store = Config['cache']['store']
type Check = (pem: string) => void
type Checks = Readonly<Record<string, Check>>
type Files = Pick<Config, 'upstreams' | 'listeners' | 'cache'>

/** Makes file names absolute. @param file the configuration file that names them */
export function resolveFiles<T extends Files>(config: T, file: string): T {
  const folder = dirname(resolve(file))
  const upstreams = config.upstreams.map((one) => absolute(one, UPSTREAM_CHECKS, folder))
  const listeners = config.listeners.map((one) =>
    one.tls === undefined ? one : { ...one, tls: absolute(one.tls, LISTENER_CHECKS, folder) },
  )
  const { store, snapshot } = config.cache
  const cache = {
    ...config.cache,
    store: absolute(store, STORE_CHECKS, folder),
    snapshot: {
      ...snapshot,
      path: snapshot.path === null ? null : resolve(folder, snapshot.path),
    },
  }
  return { ...config, upstreams, listeners, cache }
}

function absolute<T extends object>(settings: T, checks: Checks, folder: string): T {
  const paths = namedFiles(settings, checks).map(([name, path]) => [name, resolve(folder, path)])
  return { ...settings, ...Object.fromEntries(paths) }
}

/** Reads each file once, to say now what would fail later. */
export function checkFiles(config: Files, origins: Origins): Problem[] {
  const problems: Problem[] = []
  const check = (settings: object, checks: Checks, at: readonly (string | number)[]): boolean => {
    const before = problems.length
    for (const [name, path] of namedFiles(settings, checks)) {
      const fault = faultIn(path, checks[name]!)
      if (fault !== null)
        problems.push(problemOf(fault, [...at, name], origins.ofValue([...at, name])))
    }
    return problems.length === before
  }
  for (const [i, one] of config.upstreams.entries()) check(one, UPSTREAM_CHECKS, ['upstreams', i])
  check(config.cache.store, STORE_CHECKS, ['cache', 'store'])
  for (const [i, { tls, discovery }] of config.listeners.entries()) {
    const at = ['listeners', i, 'tls']
    if (tls === undefined || !check(tls, LISTENER_CHECKS, at)) continue
    const fault = faultInPair(tls.certificate, tls.key)
    if (fault !== null)
      problems.push(problemOf(fault, [...at, 'key'], origins.ofValue([...at, 'key'])))
    const misnamed = discovery === undefined ? null : faultInName(tls.certificate, discovery)
    const named = ['listeners', i, 'discovery']
    if (misnamed !== null) problems.push(problemOf(misnamed, named, origins.ofValue(named)))
  }
  return problems
}

/** Those of the settings that are files, and name one. */
function namedFiles(settings: object, checks: Checks): [name: string, path: string][] {
  return Object.entries(settings).filter(
    (entry): entry is [string, string] => entry[0] in checks && typeof entry[1] === 'string',
  )
}

/** Both have been read and found good, each by itself. */
function faultInPair(certificate: string, key: string): Fault | null {
  // Of several certificates in a file the first is ours (RFC 8446 §4.4.2).
  const ours = new X509Certificate(readFileSync(certificate))
  if (ours.checkPrivateKey(createPrivateKey(readFileSync(key)))) return null
  return new Fault(
    `${key} is not the key of the first certificate in ${certificate}`,
    'give the files that were made together, our own certificate first',
  )
}

/** Clients that find a listener by a name want to see that name (RFC 9462 §4.2). */
export function faultInName(certificate: string, name: string): Fault | null {
  const ours = new X509Certificate(readFileSync(certificate))
  if (ours.checkHost(name, { subject: 'never' }) !== undefined) return null
  return new Fault(
    `${name} is no name in ${certificate}, so that no client would go on`,
    `give one of its names (${ours.subjectAltName ?? 'it has none'}), or a certificate for this one`,
  )
}

function faultIn(path: string, check: Check): Fault | null {
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
    return new Fault(
      `${path} does not hold ${KINDS.get(check)!} in PEM`,
      'give the path of a PEM file',
    )
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

const PEM_CRLS = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g

function checkCrl(pem: string): void {
  const lists = pem.match(PEM_CRLS)
  if (lists === null) throw new TypeError('no list of revocations')
  // Of a text that holds several, Node.js reads the first alone.
  createSecureContext({ crl: lists })
}

const KINDS = new Map<Check, string>([
  [checkCertificates, 'certificates'],
  [checkKey, 'a private key without passphrase'],
  [checkCrl, 'a list of revoked certificates'],
])
