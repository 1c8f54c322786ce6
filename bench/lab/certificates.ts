// A certificate authority for one run and the upstream's certificate under it, by the openssl CLI.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { run } from './tool.ts'

/** The name in the upstream's certificate, which every proxy has to check. */
export const TLS_NAME = 'dot.test'

export interface Certificates {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/** Writes PEM files into a directory and gives their paths. */
export function makeCertificates(dir: string, tlsName = TLS_NAME): Certificates {
  const openssl = (args: string): string => run('openssl', args.split(' '), dir)
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
  const extensions = `subjectAltName = DNS:${tlsName}, IP:127.0.0.1\nbasicConstraints = CA:FALSE\n`
  writeFileSync(join(dir, 'dot.ext'), extensions)
  openssl(`req -x509 ${newKey} -days 30 -subj /CN=benchmark -keyout ca.key -out ca.pem`)
  openssl(`req ${newKey} -subj /CN=${tlsName} -keyout dot.key -out dot.csr`)
  openssl(
    'x509 -req -in dot.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile dot.ext ' +
      '-out dot.pem',
  )
  return {
    ca: join(dir, 'ca.pem'),
    certificate: join(dir, 'dot.pem'),
    key: join(dir, 'dot.key'),
  }
}
