import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createTestCa } from './certificates.ts'

test('issues certificates that the authority signed, for the names and addresses asked', () => {
  using ca = createTestCa()
  const { cert, spkiPin } = ca.issue({ names: ['dns.example.org'], ips: ['127.0.0.1', '::1'] })
  const leaf = new X509Certificate(cert)
  assert.ok(leaf.verify(new X509Certificate(ca.caPem).publicKey))
  assert.equal(leaf.checkHost('dns.example.org'), 'dns.example.org')
  assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1')
  assert.match(spkiPin, /^[\w+/]{43}=$/)
})

test('issues certificates whose time is over or has not come', () => {
  using ca = createTestCa()
  const now = Date.now()
  const expired = new X509Certificate(ca.issue({ names: ['a.example.org'], expired: true }).cert)
  const early = new X509Certificate(ca.issue({ names: ['a.example.org'], notYetValid: true }).cert)
  assert.ok(Date.parse(expired.validTo) < now)
  assert.ok(Date.parse(early.validFrom) > now)
})
