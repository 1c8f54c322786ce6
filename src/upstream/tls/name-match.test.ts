import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { alternativeNames, namesServer } from './name-match.ts'

const matches = (subjectAltName: string | undefined, reference: string): boolean =>
  namesServer(alternativeNames(subjectAltName), reference)

interface Row {
  readonly presented: string | undefined
  readonly reference: string
}

const TAKEN: readonly Row[] = [
  { presented: 'DNS:dot.example.org', reference: 'dot.example.org' },
  { presented: 'DNS:DOT.Example.ORG', reference: 'dot.example.org' },
  { presented: 'DNS:dot.example.org', reference: 'Dot.Example.Org.' },
  { presented: 'DNS:a.example, DNS:dot.example.org', reference: 'dot.example.org' },
  { presented: 'DNS:*.example.org', reference: 'dot.example.org' },
  { presented: 'DNS:*.example.org', reference: 'xn--bcher-kva.example.org' },
  { presented: 'DNS:xn--bcher-kva.example', reference: 'bücher.example' },
  { presented: 'DNS:_dot.example.org', reference: '_dot.example.org' },
  { presented: 'DNS:"strange, name", DNS:dot.example.org', reference: 'dot.example.org' },
  { presented: 'IP Address:192.0.2.1', reference: '192.0.2.1' },
  { presented: 'DNS:a.example, IP Address:2001:DB8:0:0:0:0:0:1', reference: '2001:db8::1' },
  { presented: 'IP Address:FE80:0:0:0:0:0:0:1', reference: 'fe80::1%eth0' },
]

const REFUSED: readonly Row[] = [
  { presented: undefined, reference: 'dot.example.org' },
  { presented: '', reference: 'dot.example.org' },
  { presented: 'DNS:dot.example.com', reference: 'dot.example.org' },
  { presented: 'DNS:example.org', reference: 'dot.example.org' },
  { presented: 'DNS:dot.example.org', reference: 'example.org' },
  { presented: 'DNS:dot.example.org.', reference: 'dot.example.org' },
  { presented: 'DNS:*.example.org', reference: 'example.org' },
  { presented: 'DNS:*.example.org', reference: 'a.dot.example.org' },
  { presented: 'DNS:*.org', reference: 'example.org' },
  { presented: 'DNS:*', reference: 'localhost' },
  { presented: 'DNS:*.*.org', reference: 'dot.example.org' },
  { presented: 'DNS:dot.*.org', reference: 'dot.example.org' },
  { presented: 'DNS:d*.example.org', reference: 'dot.example.org' },
  { presented: 'DNS:*t.example.org', reference: 'dot.example.org' },
  { presented: 'DNS:xn--*.example.org', reference: 'xn--bcher-kva.example.org' },
  { presented: 'DNS:bücher.example', reference: 'bücher.example' },
  { presented: 'DNS:', reference: '' },
  { presented: 'DNS:a..example.org', reference: 'a..example.org' },
  { presented: 'URI:https://dot.example.org, email:dot.example.org', reference: 'dot.example.org' },
  { presented: 'DNS:"a, DNS:dot.example.org"', reference: 'dot.example.org' },
  { presented: 'DNS:"a\\", DNS:dot.example.org"', reference: 'dot.example.org' },
  { presented: 'DNS:dot.example.org\u0000.example.com', reference: 'dot.example.org' },
  { presented: 'DNS:192.0.2.1', reference: '192.0.2.1' },
  { presented: 'DNS:*.0.2.1', reference: '192.0.2.1' },
  { presented: 'IP Address:192.0.2.1', reference: '192.0.2.2' },
  { presented: 'IP Address:192.0.2.1', reference: '::ffff:192.0.2.1' },
  { presented: 'IP Address:dot.example.org', reference: 'dot.example.org' },
  { presented: 'IP Address:<invalid>', reference: '192.0.2.1' },
]

for (const { presented, reference } of TAKEN) {
  test(`takes ${presented} for ${reference} (RFC 9525 §6)`, () =>
    assert.ok(matches(presented, reference)))
}

for (const { presented, reference } of REFUSED) {
  test(`refuses ${presented} for ${reference} (RFC 9525 §6)`, () =>
    assert.ok(!matches(presented, reference)))
}

test('a wildcard stands for one label, whatever that is, and for no other number of them', () => {
  const label = fc.stringMatching(/^[a-z0-9]{1,12}$/)
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
      const host = [...labels, 'example', 'org'].join('.')
      assert.equal(matches('DNS:*.example.org', host), labels.length === 1)
    }),
  )
})
