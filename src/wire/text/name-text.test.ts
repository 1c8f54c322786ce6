import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatName, lowerCaseName, NameFault, parseName, ROOT_NAME } from './name-text.ts'

/** A name in wire form from its labels. */
function wire(...labels: readonly string[]): Uint8Array {
  const octets = labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')])
  return Uint8Array.from([...octets, 0])
}

suite('a name in text', () => {
  test('ends with a dot, and the root is a dot alone (RFC 1035 §5.1)', () => {
    assert.equal(formatName(wire('www', 'example', 'org')), 'www.example.org.')
    assert.equal(formatName(ROOT_NAME), '.')
    assert.equal(formatName(wire('skipped', 'org'), 8), 'org.')
  })

  test('keeps a dot inside a label apart from a label break (RFC 1035 §5.1)', () => {
    assert.equal(formatName(wire('a.b', 'org')), 'a\\.b.org.')
    assert.deepEqual(parseName('a\\.b.org.'), wire('a.b', 'org'))
    assert.deepEqual(parseName('a\\046b.org.'), wire('a.b', 'org'))
  })

  test('holds every octet, those outside printable ASCII as numbers (RFC 4343 §2.1)', () => {
    for (let octet = 0; octet < 256; octet++) {
      const name = Uint8Array.of(1, octet, 0)
      const text = formatName(name)
      assert.match(text, /^(?:\\\d{3}|\\?[\x21-\x7e])\.$/)
      assert.deepEqual(parseName(text), name)
    }
  })

  test('is relative to an origin when no dot ends it (RFC 1035 §5.1)', () => {
    const origin = wire('example', 'org')
    assert.deepEqual(parseName('www', origin), wire('www', 'example', 'org'))
    assert.deepEqual(parseName('www.', origin), wire('www'))
    assert.deepEqual(parseName('www\\.', origin), wire('www.', 'example', 'org'))
    assert.deepEqual(parseName('www.example.org'), wire('www', 'example', 'org'))
  })

  test('beyond ASCII is taken as UTF-8 (RFC 2181 §11)', () => {
    assert.deepEqual(parseName('é.'), Uint8Array.of(2, 0xc3, 0xa9, 0))
  })

  test('has labels of 1 to 63 octets and 255 in all (RFC 1035 §2.3.4)', () => {
    const label = 'a'.repeat(63)
    const longest = `${label}.${label}.${label}.${'a'.repeat(61)}`
    assert.equal(parseName(longest).length, 255)
    assert.equal(parseName(`${longest}a`), NameFault.NameTooLong)
    assert.equal(parseName(longest, wire('org')), NameFault.NameTooLong)
    assert.equal(parseName(`${label}a.org`), NameFault.LabelTooLong)
    assert.equal(parseName(`org.${label}a`), NameFault.LabelTooLong)
    assert.equal(parseName('\\097'.repeat(63)).length, 65)
    for (const text of ['..', '.org', 'a..org']) assert.equal(parseName(text), NameFault.EmptyLabel)
    assert.equal(parseName(''), NameFault.Empty)
  })

  test('has no broken escapes (RFC 1035 §5.1)', () => {
    for (const text of ['a\\', '\\25', '\\2x', '\\256', '\\999.org']) {
      assert.equal(parseName(text), NameFault.BadEscape, text)
    }
  })
})

test('only ASCII letters lose their case, length octets never (RFC 4343 §3)', () => {
  const label = 'A'.repeat(63)
  assert.deepEqual(lowerCaseName(wire(label, 'Ä[')), wire('a'.repeat(63), 'Ä['))
})
