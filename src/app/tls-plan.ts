// From a listener's settings to what its TLS side is made from; the files are read here.

import { readFileSync } from 'node:fs'
import type { ListenerConfig } from '../config/config.ts'
import { faultInName } from '../config/files.ts'
import { HTTPS_ALPN } from '../listen/https/https-service.ts'
import { DOT_PROTOCOLS, type TlsOptions } from '../listen/tls/options.ts'
import { revocationPeriod } from '../listen/tls/revocation-lists.ts'
import { secureContext } from '../listen/tls/secure-context.ts'
import type { ListenerTlsPlan } from '../worker/plan.ts'

type Tls = NonNullable<ListenerConfig['tls']>

/**
 * @param discovery the name under which clients find the listener
 * @throws when a file cannot be read, is of no use for TLS, or lacks that name
 */
export function tlsPlan(
  tls: Tls,
  protocol: 'tls' | 'https',
  discovery: string | undefined,
): ListenerTlsPlan {
  // Here rather than in a worker, where it would be too late to keep the old.
  const misnamed = discovery === undefined ? null : faultInName(tls.certificate, discovery)
  if (misnamed !== null) throw new TypeError(misnamed.message)
  const options: TlsOptions = {
    certificate: readFileSync(tls.certificate, 'utf8'),
    key: readFileSync(tls.key, 'utf8'),
    clientCa: read(tls.clientCa),
    clientCrl: read(tls.clientCrl),
    requireCertificate: tls.require,
    minVersion: tls.minVersion,
    protocols: protocol === 'tls' ? DOT_PROTOCOLS : HTTPS_ALPN,
  }
  secureContext(options, null)
  if (options.clientCrl !== null) revocationPeriod(options.clientCrl)
  return { options, handshakeTimeout: tls.handshakeTimeout }
}

/** The files that listeners are made from. */
export function listenerFiles(listeners: readonly ListenerConfig[]): string[] {
  return listeners
    .flatMap(({ tls }) => (tls ? [tls.certificate, tls.key, tls.clientCa, tls.clientCrl] : []))
    .filter((path) => path !== null)
}

function read(path: string | null): string | null {
  return path === null ? null : readFileSync(path, 'utf8')
}
