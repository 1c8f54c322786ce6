import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { lowerCaseName, parseName } from '../wire/text/name-text.ts'
import { DomainTable } from './domain-table.ts'

/** The name as it begins a question section: type and class follow. */
function question(name: string): Uint8Array {
  const wire = parseName(name)
  assert.ok(typeof wire !== 'string', name)
  return Uint8Array.of(...lowerCaseName(wire), 0, 1, 0, 1)
}

function tableOf(...domains: string[]): DomainTable {
  return new DomainTable(domains.map((domain, value) => ({ domain, value })))
}

suite('a table of domains', () => {
  const table = tableOf('corp.example', 'eu.corp.example.', 'Example.ORG', '10.in-addr.arpa')

  for (const [name, value] of [
    ['corp.example', 0],
    ['www.corp.example', 0],
    ['a.b.c.d.corp.example', 0],
    ['eu.corp.example', 1],
    ['www.eu.corp.example', 1],
    ['www.example.org', 2],
    ['3.2.1.10.in-addr.arpa', 3],
    ['example', -1],
    ['.', -1],
    ['notcorp.example', -1],
    ['corp.example.com', -1],
    ['xeu.corp.example', 0],
  ] as const) {
    test(`gives ${value} for ${name}`, () => assert.equal(table.find(question(name)), value))
  }

  test('takes no label border from inside a label (RFC 1035 §3.1)', () => {
    assert.equal(table.find(question('a\\007example\\003org')), -1)
    assert.equal(table.find(question('x\\.corp.example')), -1)
    assert.equal(table.find(question('a\\.b.corp.example')), 0)
  })

  test('the root stands for every name that nothing else does', () => {
    const all = tableOf('.', 'corp.example')
    assert.equal(all.find(question('.')), 0)
    assert.equal(all.find(question('www.example.net')), 0)
    assert.equal(all.find(question('www.corp.example')), 1)
  })

  test('an empty one gives nothing', () => {
    assert.equal(tableOf().find(question('www.example.org')), -1)
  })

  test('a domain must be one, and stand there once', () => {
    assert.throws(() => tableOf('a..b'), RangeError)
    assert.throws(() => tableOf('corp.example', 'CORP.example.'), RangeError)
  })
})

test('finds what a search over all domains finds', () => {
  const label = fc.constantFrom('a', 'b', 'ab', 'ba', 'abc')
  const name = fc.array(label, { maxLength: 6 }).map((labels) => `${labels.join('.')}.`)
  const domains = fc.uniqueArray(name, { maxLength: 20 })
  fc.assert(
    fc.property(domains, name, (entries, asked) => {
      const fitting = entries.filter(
        (domain) => domain === '.' || asked === domain || asked.endsWith(`.${domain}`),
      )
      const longest = fitting.toSorted((a, b) => b.length - a.length)[0]
      const expected = longest === undefined ? -1 : entries.indexOf(longest)
      assert.equal(tableOf(...entries).find(question(asked)), expected)
    }),
  )
})
