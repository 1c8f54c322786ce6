// The files that examples in the documentation name, so that they can be run as they stand.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestCa } from './certificates.ts'

let contents: Readonly<Record<string, string>> | null = null

export function writeDocumentedFiles(folder: string): void {
  contents ??= makeContents()
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content)
}

function makeContents(): Readonly<Record<string, string>> {
  using ca = createTestCa()
  const { cert, key } = ca.issue({ names: ['dns.example.org'] })
  const client = ca.issue({ names: ['proxy.example.org'], clientAuth: true })
  const redis = ca.issue({ names: ['redis.example.org'] })
  return {
    'dns.crt': cert,
    'dns.key': key,
    'mesh-ca.crt': ca.caPem,
    'redis-ca.crt': ca.caPem,
    'redis.crt': redis.cert,
    'redis.key': redis.key,
    'proxy.crt': client.cert,
    'proxy.key': client.key,
    'mongodb-ca.crt': ca.caPem,
    'mongodb.password': 'Tr0ub4dor\n',
    'redis.password': 'correct horse\n',
    'sentinel.password': 'battery staple\n',
    'store.secret': `${'0123456789abcdef'.repeat(2)}\n`,
    'revoked.pem': ca.revocations(),
    'cookie.secrets': `# of the whole fleet\n${'0123456789abcdef'.repeat(2)}\n${'f'.repeat(32)}\n`,
    'anchors.txt': `corp.example. DS 55648 13 2 ${'B4C8'.repeat(16)}\n`,
    'blocked.txt': '# seen in an attack\n198.51.100.0/24\n2001:db8:66::/48\n',
  }
}
