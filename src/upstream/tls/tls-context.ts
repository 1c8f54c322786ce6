// What all TLS connections to an upstream share: whom we trust, who we are, and how strong it must be.

import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { CIPHER_SUITES, type UpstreamOptions } from '../options.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws when certificates, key or cipher suites of the options are of no use */
export function upstreamContext(upstream: UpstreamOptions): SecureContext {
  const { name, ca, clientCertificate, clientKey, ciphers, minVersion } = upstream
  if (ca !== null) checkAuthorities(name, ca)
  const options: SecureContextOptions = {
    minVersion: minVersion ?? 'TLSv1.2',
    ciphers: checkCiphers(name, ciphers ?? CIPHER_SUITES).join(':'),
    ...(ca !== null && { ca }),
    ...(clientCertificate !== null && { cert: clientCertificate }),
    ...(clientKey !== null && { key: clientKey }),
  }
  try {
    return createSecureContext(options)
  } catch (error) {
    const fault = contextFault(error as NodeJS.ErrnoException)
    throw new Error(`upstream ${name}: ${fault}`, { cause: error })
  }
}

/** Node.js takes a file without any certificate in silence, and then trusts nobody. */
function checkAuthorities(name: string, ca: string | Buffer): void {
  const found = ca.toString('latin1').match(CERTIFICATE)
  if (found === null) throw new Error(`upstream ${name}: no certificate in the file of ca`)
  if (!found.every(isCertificate)) {
    throw new Error(`upstream ${name}: a broken certificate in the file of ca`)
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== ''
  } catch {
    return false
  }
}

function checkCiphers(name: string, ciphers: readonly string[]): readonly string[] {
  const unsafe = ciphers.find((one) => !(CIPHER_SUITES as readonly string[]).includes(one))
  if (unsafe !== undefined) {
    throw new Error(`upstream ${name}: ${unsafe} is none of the cipher suites that may be used`)
  }
  if (ciphers.length === 0) throw new Error(`upstream ${name}: no cipher suite is left to use`)
  return ciphers
}

function contextFault(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ERR_OSSL_X509_KEY_VALUES_MISMATCH':
      return 'clientKey is not the key of clientCertificate'
    case 'ERR_OSSL_PEM_NO_START_LINE':
    case 'ERR_OSSL_UNSUPPORTED':
      return 'clientCertificate or clientKey is not in PEM'
    default:
      return `client certificate and key are of no use (${error.code ?? 'no code'})`
  }
}
