import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTestCa } from '../../test/support/certificates.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { loadConfig } from '../config/load.ts'
import { createLogger } from '../observe/log.ts'
import { ExpiryWatch } from './certificate-expiry.ts'
import { checkConfig } from './check-config.ts'

const DAY = 24 * 3_600_000
const ca = createTestCa()
after(() => ca[Symbol.dispose]())
const good = ca.issue({ names: ['dns.example.org'] })
const expired = ca.issue({ names: ['old.example.org'], expired: true })

function configFile(tls: object): string {
  const file = join(ca.dir, 'dotward.yaml')
  writeFileSync(file, JSON.stringify({ listeners: [{ port: 853, protocols: ['tls'], tls }] }))
  return file
}

function listenersWith({ certPath, keyPath }: typeof good) {
  const file = configFile({ certificate: certPath, key: keyPath })
  const loaded = loadConfig({ file, environment: {} })
  assert.ok(loaded.ok)
  return loaded.config.listeners
}

/** The watch at a time before the certificate ends, in days. */
function watchAt(daysBefore: number) {
  const lines: string[] = []
  const clock = new FakeClock()
  const end = Date.parse('2049-01-01T00:00:00Z')
  const now = () => end - daysBefore * DAY + clock.now()
  const log = createLogger('debug', ({ level, message }) => lines.push(`${level} ${message}`))
  return { lines, clock, watch: new ExpiryWatch({ log, clock, now }) }
}

test('a certificate is spoken of two weeks before its end, and each day from then on', () => {
  const { lines, clock, watch } = watchAt(15.5)
  watch.follow(listenersWith(good))
  assert.deepEqual(lines, [])
  for (let day = 0; day < 3; day++) clock.advance(DAY)
  assert.deepEqual(lines, [
    'warn the certificate of a listener ends in 13 days: renew it',
    'warn the certificate of a listener ends in 12 days: renew it',
  ])
  watch.stop()
  clock.advance(DAY)
  assert.equal(lines.length, 2)
})

test('a certificate that has ended is an error in the log', () => {
  const { lines, watch } = watchAt(100)
  watch.follow(listenersWith(expired))
  assert.match(lines.join(), /^error the certificate of a listener ended \d+ days ago: renew it$/)
  watch.stop()
})

test('a list of revocations is spoken of in the last quarter of its time, and when that is over', () => {
  const path = join(ca.dir, 'revoked.pem')
  writeFileSync(path, ca.revocations(40 * 24 * 3_600))
  const { certPath, keyPath } = good
  const file = configFile({
    certificate: certPath,
    key: keyPath,
    clientCa: ca.caPath,
    clientCrl: path,
  })
  const loaded = loadConfig({ file, environment: {} })
  assert.ok(loaded.ok)
  assert.match(checkConfig({ file, environment: {} }).lines.at(-1)!, /^revocations .* end at 2/)
  const linesIn = (days: number) => {
    const lines: string[] = []
    const log = createLogger('debug', ({ level, message }) => lines.push(`${level} ${message}`))
    const now = () => Date.now() + days * DAY
    const watch = new ExpiryWatch({ log, clock: new FakeClock(), now })
    watch.follow(loaded.config.listeners)
    watch.stop()
    return lines.filter((line) => line.includes('revocations'))
  }
  assert.deepEqual(linesIn(29), [])
  assert.deepEqual(linesIn(31), ['warn a list of revocations ends soon: renew it'])
  assert.deepEqual(linesIn(41), ['error a list of revocations has ended: it refuses all it is for'])
})

test('dotward check tells when certificates end, which files do not belong together, and what is missing', () => {
  const check = (tls: object) =>
    checkConfig({ file: configFile(tls), environment: {} }).lines.join('\n')
  const { certPath, keyPath } = expired
  assert.match(
    check({ certificate: certPath, key: keyPath }),
    /certificate .*cert\.pem \(DNS:old\.example\.org\) ended \d+ days ago$/,
  )
  assert.match(
    check({ certificate: certPath, key: good.keyPath }),
    /listeners\[0\]\.tls\.key: .* is not the key of the first certificate in .*cert\.pem; give the files that were made together/,
  )
  assert.match(
    check({ certificate: 'none.crt', key: keyPath }),
    /listeners\[0\]\.tls\.certificate: .*none\.crt does not exist; check the path/,
  )
  assert.match(
    check({ certificate: keyPath, key: keyPath }),
    /does not hold certificates in PEM; give the path of a PEM file/,
  )
  const files = { certificate: certPath, key: keyPath, clientCa: ca.caPath }
  assert.match(check({ ...files, clientCrl: ca.caPath }), /does not hold a list of revoked/)
  assert.doesNotMatch(check({ certificate: certPath, key: good.keyPath }), /BEGIN/)
})
