import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { X509Certificate } from 'node:crypto'
import { createTestCa, type TestCa } from '../../../test/support/certificates.ts'
import { upstreamAt } from '../../../test/support/dot-upstream-options.ts'
import { SessionStore, sessionKey, type ShownIdentity } from './session-store.ts'

let ca: TestCa
let shown: ShownIdentity
before(() => {
  ca = createTestCa()
  shown = { certificate: new X509Certificate(ca.caPem), keys: [] }
})
after(() => ca[Symbol.dispose]())

test('gives each ticket once, the newest first (RFC 8446 §C.4)', () => {
  const store = new SessionStore()
  for (const n of [1, 2]) store.put('key', { ticket: Buffer.of(n), shown })
  assert.equal(store.take('key')?.ticket[0], 2)
  assert.equal(store.take('key')?.ticket[0], 1)
  assert.equal(store.take('key'), null)
  assert.equal(store.take('other'), null)
})

test('holds few tickets of an upstream, and of few upstreams', () => {
  const store = new SessionStore()
  for (let n = 0; n < 100; n++) store.put('key', { ticket: Buffer.of(n), shown })
  let tickets = 0
  while (store.take('key') !== null) tickets++
  assert.equal(tickets, 4)
  for (let n = 0; n < 1_000; n++) store.put(`key ${n}`, { ticket: Buffer.of(1), shown })
  assert.equal(store.take('key 0'), null)
  assert.ok(store.take('key 999'))
})

test('makes another key for another address, port, name, pin, CA or client certificate', () => {
  const base = { port: 853 }
  const keys = [
    upstreamAt(base, ca),
    upstreamAt(base, ca, { address: '192.0.2.1' }),
    upstreamAt({ port: 8853 }, ca),
    upstreamAt(base, ca, { tlsName: null }),
    upstreamAt(base, ca, { pins: ['a'] }),
    upstreamAt(base, ca, { pins: ['a', 'b'] }),
    upstreamAt(base, ca, { ca: null }),
    upstreamAt(base, ca, { clientCertificate: 'a' }),
    upstreamAt(base, ca, { clientKey: 'a' }),
  ].map(sessionKey)
  assert.equal(new Set(keys).size, keys.length)
})

test('makes the same key whatever the upstream’s label, and the order of its pins', () => {
  const a = upstreamAt({ port: 853 }, ca, { name: 'a', pins: ['x', 'y'] })
  const b = upstreamAt({ port: 853 }, ca, { name: 'b', pins: ['y', 'x'] })
  assert.equal(sessionKey(a), sessionKey(b))
})
