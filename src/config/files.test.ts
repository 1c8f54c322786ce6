import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { after, suite, test } from 'node:test'
import { createTestCa } from '../../test/support/certificates.ts'
import { loadConfig } from './load.ts'
import { formatProblem } from './problem.ts'

suite('files that the configuration points to', () => {
  const ca = createTestCa()
  after(() => ca[Symbol.dispose]())
  const { certPath, keyPath, spkiPin } = ca.issue({ names: ['dns.example.org'] })
  const file = join(ca.dir, 'dotward.yaml')

  function load(upstream: object) {
    const content = {
      upstreams: [{ address: '192.0.2.1', tlsName: 'dns.example.org', ...upstream }],
    }
    writeFileSync(file, JSON.stringify(content, null, 1))
    return loadConfig({ file, environment: {} })
  }

  function problemOf(upstream: object): string {
    const loaded = load(upstream)
    assert.ok(!loaded.ok)
    assert.equal(loaded.problems.length, 1)
    const line = formatProblem(loaded.problems[0]!)
    assert.ok(line.startsWith(file))
    return line.slice(file.length)
  }

  test('are found from the folder of the file, and told as absolute paths', () => {
    const loaded = load({
      ca: basename(ca.caPath),
      clientCertificate: `./${relative(ca.dir, certPath)}`,
      clientKey: keyPath,
      pins: [spkiPin],
    })
    assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(formatProblem).join('\n'))
    const [upstream] = loaded.config.upstreams
    assert.equal(upstream!.ca, ca.caPath)
    assert.equal(upstream!.clientCertificate, certPath)
    assert.equal(upstream!.clientKey, keyPath)
    assert.deepEqual(upstream!.pins, [spkiPin])
  })

  test('must be there', () => {
    assert.equal(
      problemOf({ ca: 'none.pem' }),
      `:6:10 upstreams[0].ca: ${join(ca.dir, 'none.pem')} does not exist; check the path`,
    )
  })

  test('must be files', () => {
    assert.match(problemOf({ ca: '.' }), /^:6:10 upstreams\[0\]\.ca: .* is a folder; give the path/)
  })

  test('must hold what they are for, of which nothing is shown', () => {
    assert.match(problemOf({ ca: keyPath }), /does not hold certificates in PEM/)
    const swapped = problemOf({ clientCertificate: certPath, clientKey: certPath })
    assert.match(swapped, /clientKey: .* does not hold a private key without passphrase in PEM/)
    assert.doesNotMatch(swapped, /BEGIN/)
  })
})
