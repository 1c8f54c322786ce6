import assert from 'node:assert/strict'
import type { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { chainFault, nameFault, socketFault } from './tls-fault.ts'

const certificate = (subjectAltName: string): X509Certificate =>
  ({ subjectAltName }) as unknown as X509Certificate

test('names at most three names, and none that could forge a line of the log', () => {
  const many = 'DNS:a.example, DNS:b.example, IP Address:192.0.2.1, DNS:c.example, DNS:d.example'
  const told = nameFault(certificate(many), 'dot.example.org')
  assert.match(told, /for a\.example, b\.example, c\.example and 2 more, not for dot\.example\.org/)
  const evil = `DNS:a\u001b[2J\nb\u202e, DNS:${'x'.repeat(500)}`
  const tame = nameFault(certificate(evil), 'dot.example.org')
  assert.match(tame, /^[ -~]+$/)
  assert.ok(tame.length < 300)
})

test('a certificate without names says so', () => {
  assert.match(nameFault(certificate(''), 'dot.example.org'), /for no name at all/)
})

test('an unknown code is told as it is', () => {
  assert.equal(chainFault('SOMETHING_NEW'), 'the certificate was refused (SOMETHING_NEW)')
})

test('errors of OpenSSL lose the addresses and lines of its source', () => {
  const error = Object.assign(new Error('400DC53A3D7F0000:error:0A0000:SSL routines:f.c:17:'), {
    code: 'ERR_SSL_NEW_ALERT',
    reason: 'new alert',
  })
  assert.equal(socketFault(error, true), 'TLS: new alert')
})

test('a reset is the handshake’s only while hands are shaken', () => {
  const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  assert.match(socketFault(error, true), /during the TLS handshake/)
  assert.equal(socketFault(error, false), 'read ECONNRESET')
})
