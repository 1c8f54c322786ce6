// From a listener's settings to what its TLS side is made from; the files are read here.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ListenerConfig } from '../config/config.ts'
import { HTTPS_ALPN } from '../listen/https/https-service.ts'
import { DOT_PROTOCOLS, type TlsOptions } from '../listen/tls/options.ts'
import { secureContext } from '../listen/tls/secure-context.ts'
import type { ListenerTlsPlan } from '../worker/plan.ts'

type Tls = NonNullable<ListenerConfig['tls']>

const DAY = 24 * 3_600_000

/** Days before its end from which a certificate is spoken of: most are renewed a month before. */
const SOON = 14

/** @throws when a file cannot be read, or is of no use for TLS */
export function tlsPlan(tls: Tls, protocol: 'tls' | 'https'): ListenerTlsPlan {
  const options: TlsOptions = {
    certificate: readFileSync(tls.certificate, 'utf8'),
    key: readFileSync(tls.key, 'utf8'),
    clientCa: read(tls.clientCa),
    clientCrl: read(tls.clientCrl),
    requireCertificate: tls.require,
    minVersion: tls.minVersion,
    protocols: protocol === 'tls' ? DOT_PROTOCOLS : HTTPS_ALPN,
  }
  // Here rather than in a worker, where it would be too late to keep the old.
  secureContext(options, null)
  return { options, handshakeTimeout: tls.handshakeTimeout }
}

/** The files that listeners are made from. */
export function listenerFiles(listeners: readonly ListenerConfig[]): string[] {
  return listeners
    .flatMap(({ tls }) => (tls ? [tls.certificate, tls.key, tls.clientCa, tls.clientCrl] : []))
    .filter((path) => path !== null)
}

export interface ExpiryNotice {
  /** Of the certificate file. */
  readonly file: string
  readonly name: string
  /** Whole days; below zero when it is over. */
  readonly daysLeft: number
}

/**
 * Certificates of ours whose time is over or soon will be.
 * @param now milliseconds since 1970
 */
export function expiryNotices(listeners: readonly ListenerConfig[], now: number): ExpiryNotice[] {
  const files = new Set(listeners.flatMap(({ tls }) => (tls ? [tls.certificate] : [])))
  return [...files].flatMap((file) => {
    const certificate = new X509Certificate(readFileSync(file))
    const daysLeft = Math.floor((Date.parse(certificate.validTo) - now) / DAY)
    return daysLeft < SOON ? [{ file, name: nameOf(certificate), daysLeft }] : []
  })
}

function nameOf({ subject, subjectAltName }: X509Certificate): string {
  return subjectAltName?.split(', ')[0] ?? (subject || 'without a name')
}

function read(path: string | null): string | null {
  return path === null ? null : readFileSync(path, 'utf8')
}
