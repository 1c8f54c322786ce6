import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { runProgram } from '../../../test/support/processes.ts'
import { issueServerCertificate } from './certificates.ts'
import { integer, objectIdentifier, octetString, time } from './der.ts'

const hex = (der: Buffer): string => der.toString('hex')
const text = (der: Buffer): string => der.toString('latin1', 2)

suite('a server certificate', () => {
  const issued = issueServerCertificate('dot.demo.example', new Date())
  const dir = mkdtempSync(join(tmpdir(), 'dotward-test-'))
  after(() => rmSync(dir, { recursive: true }))

  test('is good by the strict rules of RFC 5280, for its own name alone', async () => {
    writeFileSync(join(dir, 'ca.crt'), issued.ca)
    writeFileSync(join(dir, 'cert.pem'), issued.cert)
    const verify = (name: string) =>
      runProgram(
        'openssl',
        ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', name].concat([
          '-CAfile',
          'ca.crt',
          'cert.pem',
        ]),
        { cwd: dir },
      )
    assert.deepEqual(await verify('dot.demo.example'), {
      code: 0,
      signal: null,
      output: 'cert.pem: OK\n',
    })
    assert.notEqual((await verify('www.demo.example')).code, 0)
  })

  test('has authority, serial number and key of its own each time', () => {
    const other = issueServerCertificate('dot.demo.example', new Date())
    const [one, two] = [new X509Certificate(issued.cert), new X509Certificate(other.cert)]
    assert.notEqual(one.serialNumber, two.serialNumber)
    assert.notDeepEqual(one.publicKey, two.publicKey)
    assert.ok(one.verify(new X509Certificate(issued.ca).publicKey))
    assert.ok(!one.verify(new X509Certificate(other.ca).publicKey))
  })
})

suite('DER', () => {
  test('writes lengths from 128 on with a count of octets before them (X.690 §8.1.3)', () => {
    assert.equal(hex(octetString(new Uint8Array(127))).slice(0, 4), '047f')
    assert.equal(hex(octetString(new Uint8Array(128))).slice(0, 6), '048180')
    assert.equal(hex(octetString(new Uint8Array(256))).slice(0, 8), '04820100')
  })

  test('writes whole numbers in the fewest octets, with room for the sign (X.690 §8.3)', () => {
    assert.equal(hex(integer(Buffer.of(0))), '020100')
    assert.equal(hex(integer(Buffer.of(0, 0, 1))), '020101')
    assert.equal(hex(integer(Buffer.of(0x80))), '02020080')
  })

  test('writes object identifiers in groups of seven bits (X.690 §8.19)', () => {
    assert.equal(hex(objectIdentifier('1.2.840.10045.4.3.2')), '06082a8648ce3d040302')
  })

  test('writes four digits of the year from 2050 on (RFC 5280 §4.1.2.5)', () => {
    assert.equal(text(time(new Date('2049-12-31T23:59:59.999Z'))), '491231235959Z')
    assert.equal(text(time(new Date('2050-01-01T00:00:00Z'))), '20500101000000Z')
  })
})
