import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTestCa } from '../../../test/support/certificates.ts'
import { alternatives, clientNames } from './client-names.ts'

test('takes the common name and each kind of alternative name (RFC 5280 §4.2.1.6)', () => {
  using ca = createTestCa()
  const { cert } = ca.issue({
    names: ['db.mesh.example', '*.db.mesh.example'],
    ips: ['192.0.2.7', '2001:db8::7'],
    uris: ['spiffe://mesh.example/db'],
    emails: ['ops@example.org'],
    clientAuth: true,
  })
  assert.deepEqual(clientNames(new X509Certificate(cert)), [
    'CN=leaf-1.example',
    'DNS:db.mesh.example',
    'DNS:*.db.mesh.example',
    'IP:192.0.2.7',
    'IP:2001:DB8:0:0:0:0:0:7',
    'URI:spiffe://mesh.example/db',
    'email:ops@example.org',
  ])
})

test('takes a name that looks like several as the one that it is', () => {
  assert.deepEqual(alternatives('DNS:"a.example, DNS:b.example", DNS:c.example'), [
    'DNS:a.example, DNS:b.example',
    'DNS:c.example',
  ])
  assert.deepEqual(alternatives('URI:"x\\", DNS:b.example", DNS:c.example'), [
    'URI:x", DNS:b.example',
    'DNS:c.example',
  ])
  assert.deepEqual(alternatives('DirName:"CN=a, DNS:b.example", Registered ID:1.2.3, DNS:c'), [
    'DNS:c',
  ])
})

test('passes over kinds that no rule knows, whatever they hold', () => {
  const others = ['othername:<unsupported>', 'othername:UPN:a@b.example', 'Registered ID:1.2.3']
  assert.deepEqual(alternatives([...others, 'othername:UPN:"a, DNS:b"', 'DNS:c'].join(', ')), [
    'DNS:c',
  ])
})

test('gives none rather than some: a rule may deny the one left out', () => {
  assert.equal(alternatives('DNS:a.example, "broken, DNS:b.example'), null)
  assert.equal(alternatives('DNS:a.example, DNS:b"c'), null)
  using ca = createTestCa()
  const names = Array.from({ length: 65 }, (_, i) => `host-${i}.example.org`)
  assert.equal(clientNames(new X509Certificate(ca.issue({ names }).cert)), null)
  const most = new X509Certificate(ca.issue({ names: names.slice(0, 63) }).cert)
  assert.equal(clientNames(most)?.length, 64)
})

test('finds in any list the names that went in, and no other', () => {
  const plain = fc.stringMatching(/^[a-z0-9.*:/@-]{1,20}$/)
  const strange = fc.string({ minLength: 1, maxLength: 20 }).map((text) => `x${text}, DNS:y`)
  const kind = fc.constantFrom('DNS', 'URI', 'email')
  const entry = fc.tuple(kind, fc.oneof(plain, strange))
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
      const text = entries.map(([of, value]) => {
        return `${of}:${/[,"\\\p{Cc}]/u.test(value) ? JSON.stringify(value) : value}`
      })
      const expected = entries.map(([of, value]) => `${of}:${value}`)
      assert.deepEqual(alternatives(text.join(', ')), expected)
    }),
  )
})
