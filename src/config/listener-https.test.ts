import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { writeDocumentedFiles } from '../../test/support/documented-files.ts'
import { parseConfig } from './load.ts'
import { summarize } from './summary.ts'

/** With certificate and key. */
const folder = mkdtempSync(join(tmpdir(), 'dotward-config-'))
after(() => rmSync(folder, { recursive: true }))
writeDocumentedFiles(folder)
const file = join(folder, 'dotward.yaml')
const TLS = 'tls: { certificate: dns.crt, key: dns.key }'

/** Where the faults of a listener are, and what is wrong; nothing when there is none. */
function faultsOf(listener: string): string[] {
  const text = `listeners: [{ port: 443, ${listener} }]`
  const loaded = parseConfig({ text, file, environment: {} })
  return loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path} ${message}`)
}

suite('the path of a DoH listener', () => {
  test('is one that every client writes the same (RFC 3986 §2.3, §3.3)', () => {
    for (const path of ['/dns-query', '/', '/q', '/a/b.c/~d_e-f', '/...', `/${'x'.repeat(127)}`]) {
      const faults = faultsOf(`protocols: [https], ${TLS}, https: { path: "${path}" }`)
      assert.equal(faults.length, 0, path)
    }
    for (const path of [
      '',
      'x',
      'dns-query',
      '/a//b',
      '/a/',
      '/./a',
      '/a/..',
      '/%41',
      '/ä',
      '/a?b',
      '/{?dns}',
      `/${'x'.repeat(128)}`,
    ]) {
      const [fault] = faultsOf(`protocols: [https], ${TLS}, https: { path: "${path}" }`)
      assert.match(fault ?? 'none', /^listeners\[0\]\.https\.path .* is not a path/, path)
    }
  })

  test('is for https alone', () => {
    const [fault] = faultsOf(`protocols: [tls], ${TLS}, https: { path: /q }`)
    assert.equal(fault, 'listeners[0].https is for https alone')
  })
})

suite('the discovery name of a listener', () => {
  test('is a host name, in its one way of writing', () => {
    const text = `listeners: [{ port: 443, protocols: [https], ${TLS}, discovery: DNS.Example.org. }]`
    const loaded = parseConfig({ text, file, environment: {} })
    assert.equal(loaded.ok && loaded.config.listeners[0]!.discovery, 'dns.example.org')
    for (const name of [
      '.',
      '192.0.2.1',
      'a b',
      `${'x'.repeat(64)}.example.org`,
      `${'x.'.repeat(123)}org`,
    ]) {
      const [fault] = faultsOf(`protocols: [tls], ${TLS}, discovery: "${name}"`)
      assert.match(fault ?? 'none', /^listeners\[0\]\.discovery .* is not a host name/, name)
    }
  })

  test('is for listeners of tls and https alone', () => {
    const [fault] = faultsOf('discovery: dns.example.org')
    assert.equal(fault, 'listeners[0].discovery is for tls and https alone')
  })

  test('is one that the certificate carries', () => {
    const faults = faultsOf(`protocols: [tls], ${TLS}, discovery: other.example.org`)
    assert.equal(faults.length, 1)
    assert.match(
      faults[0]!,
      /^listeners\[0\]\.discovery other\.example\.org is no name in .*dns\.crt/,
    )
  })
})

test('what check shows of a listener tells where its DoH is, and as what it is found', () => {
  const text = `listeners: [{ port: 443, protocols: [https], ${TLS}, discovery: dns.example.org }]`
  const loaded = parseConfig({ text, file, environment: {} })
  assert.ok(loaded.ok)
  const lines = summarize(loaded.config)
  assert.ok(
    lines.some((line) => line.endsWith('[::]:443 https at /dns-query, found as dns.example.org')),
  )
})
