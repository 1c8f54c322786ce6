// A certificate authority for tests, made anew each time with the openssl command, so that no
// private key and no expiry date lies in the repository. EC P-256 keys: made in milliseconds.

import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface CertificateRequest {
  /** DNS names for the subjectAltName. */
  readonly names?: readonly string[]
  /** IP addresses for the subjectAltName. */
  readonly ips?: readonly string[]
  /** Uniform resource identifiers and mailboxes for the subjectAltName. */
  readonly uris?: readonly string[]
  readonly emails?: readonly string[]
  /** Valid from 1 January 2020 to 1 January 2021. */
  readonly expired?: boolean
  /** Valid from 1 January 2048 on. */
  readonly notYetValid?: boolean
  /** For a TLS client instead of a server. */
  readonly clientAuth?: boolean
  /** Signed by itself instead of the authority. */
  readonly selfSigned?: boolean
}

export interface TestCertificate {
  readonly certPath: string
  readonly keyPath: string
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS #8, unencrypted. */
  readonly key: string
  /** Base64 of the SHA-256 of the SubjectPublicKeyInfo (RFC 7858 §4.2). */
  readonly spkiPin: string
}

export interface TestCa extends Disposable {
  /** Holds every file of this authority; readable by all, for servers that change their user. */
  readonly dir: string
  readonly caPath: string
  readonly caPem: string
  issue(request: CertificateRequest): TestCertificate
  /** What `revocations` names from now on. */
  revoke(certificate: TestCertificate): void
  /** PEM of a list of revocations, good for a month or so many seconds. */
  revocations(seconds?: number): string
}

function leafExtensions(request: CertificateRequest): string {
  const { names = [], ips = [], uris = [], emails = [], clientAuth = false } = request
  const alternatives = [
    ...names.map((name) => `DNS:${name}`),
    ...ips.map((ip) => `IP:${ip}`),
    ...uris.map((uri) => `URI:${uri}`),
    ...emails.map((email) => `email:${email}`),
  ]
  return [
    '[leaf]',
    'basicConstraints = critical, CA:FALSE',
    'keyUsage = critical, digitalSignature',
    `extendedKeyUsage = ${clientAuth ? 'clientAuth' : 'serverAuth'}`,
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid',
    ...(alternatives.length === 0 ? [] : [`subjectAltName = ${alternatives.join(', ')}`]),
    '',
  ].join('\n')
}

const AUTHORITY = `
[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
default_crl_days = 30
policy = anything
unique_subject = no
[anything]
commonName = supplied
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'

/** Years of validity, as openssl writes them: YYMMDDHHMMSSZ. */
function validity({ expired, notYetValid }: CertificateRequest): [string, string] {
  if (expired) return ['200101000000Z', '210101000000Z']
  if (notYetValid) return ['480101000000Z', '490101000000Z']
  return ['200101000000Z', '490101000000Z']
}

/** Makes an authority in `parent`, or in the system's temporary folder. Disposing removes it. */
export function createTestCa(parent = tmpdir(), name = 'dotward-test-ca'): TestCa {
  const dir = mkdtempSync(join(parent, 'dotward-ca-'))
  const openssl = (command: string): void => {
    const args = command.trim().split(/\s+/)
    execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  chmodSync(dir, 0o755)
  writeFileSync(join(dir, 'ca.cnf'), AUTHORITY)
  writeFileSync(join(dir, 'index.txt'), '')
  writeFileSync(join(dir, 'serial'), '01\n')
  openssl(`req -x509 ${NEW_KEY} -config ca.cnf -extensions authority
    -subj /CN=${name} -days 30 -keyout ca.key -out ca.crt`)
  const caPath = join(dir, 'ca.crt')
  let issued = 0

  const issue = (request: CertificateRequest): TestCertificate => {
    const leaf = `leaf-${++issued}`
    mkdirSync(join(dir, leaf))
    const [start, end] = validity(request)
    writeFileSync(join(dir, leaf, 'leaf.cnf'), leafExtensions(request))
    openssl(`req -new ${NEW_KEY} -config ca.cnf -subj /CN=${leaf}.example
      -keyout ${leaf}/key.pem -out ${leaf}/csr.pem`)
    const signer = request.selfSigned
      ? `-selfsign -keyfile ${leaf}/key.pem`
      : '-cert ca.crt -keyfile ca.key'
    openssl(`ca -batch -notext -config ca.cnf ${signer}
      -extfile ${leaf}/leaf.cnf -extensions leaf -startdate ${start} -enddate ${end}
      -in ${leaf}/csr.pem -out ${leaf}/cert.pem`)
    const certPath = join(dir, leaf, 'cert.pem')
    const keyPath = join(dir, leaf, 'key.pem')
    chmodSync(keyPath, 0o644)
    const cert = readFileSync(certPath, 'utf8')
    return { certPath, keyPath, cert, key: readFileSync(keyPath, 'utf8'), spkiPin: pinOf(cert) }
  }

  return {
    dir,
    caPath,
    caPem: readFileSync(caPath, 'utf8'),
    issue,
    revoke: ({ certPath }) =>
      openssl(`ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke ${certPath}`),
    revocations: (seconds) => {
      const lifetime = seconds === undefined ? '' : `-crlsec ${seconds}`
      openssl(`ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl ${lifetime} -out crl.pem`)
      return readFileSync(join(dir, 'crl.pem'), 'utf8')
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

function pinOf(cert: string): string {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}
