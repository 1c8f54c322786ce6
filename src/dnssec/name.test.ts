import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { parseName } from '../wire/text/name-text.ts'
import {
  ancestorWith,
  childTowards,
  commonAncestor,
  compareNames,
  countAllLabels,
  countLabels,
  isAtOrBelow,
  isBelow,
  type Name,
  nameText,
  parentOf,
  readName,
  replaceEnd,
  ROOT,
  wildcardOf,
} from './name.ts'

function name(text: string): Name {
  return readName(parseName(text) as Uint8Array, 0, 0)
}

describe('a name in canonical form (RFC 4034 §6.2)', () => {
  it('is in lower case and uncompressed', () => {
    const message = Buffer.from('\0\0\0\0\0\0\0\0\0\0\0\0\x07Example\0\x03WwW\xc0\x0c', 'latin1')
    assert.equal(readName(message, 0, 21), name('www.example.'))
    assert.equal(nameText(name('WWW.Example')), 'www.example.')
  })

  it('is refused, and in no time, where its octets are none (RFC 9267 §2)', () => {
    const labels = (count: number): number[] =>
      Array.from({ length: count }, () => [1, 0x61]).flat()
    const wrong: Readonly<Record<string, readonly number[]>> = {
      'a pointer to itself': [0xc0, 0],
      'a pointer ahead': [0xc0, 2, 0],
      'a circle of labels': [1, 0x61, 0xc0, 0],
      'no end': [3, 0x61, 0x62, 0x63],
      'half a label': [3, 0x61],
      'half a pointer': [0xc0],
      'a long label': [64, ...Array.from({ length: 64 }, () => 0x61), 0],
      'a long name': [...labels(128), 0],
    }
    for (const [what, octets] of Object.entries(wrong)) {
      assert.throws(() => readName(Uint8Array.from(octets), 0, 0), RangeError, what)
    }
    const longest = Uint8Array.from([...labels(127), 0])
    assert.equal(countAllLabels(readName(longest, 0, 0)), 127)
  })

  it('has parents up to the root', () => {
    assert.equal(parentOf(name('a.example')), name('example'))
    assert.equal(parentOf(name('example')), ROOT)
    assert.equal(parentOf(ROOT), ROOT)
  })

  it('counts labels without the root and, as signatures do, without an asterisk', () => {
    assert.equal(countLabels(name('*.a.example')), 2)
    assert.equal(countAllLabels(name('*.a.example')), 3)
    assert.equal(countLabels(ROOT), 0)
  })

  it('knows its ancestors', () => {
    assert.equal(ancestorWith(1, name('a.b.example')), name('example'))
    assert.equal(ancestorWith(0, name('a.b.example')), ROOT)
    assert.equal(childTowards(name('a.b.example'), name('example')), name('b.example'))
    assert.equal(childTowards(name('b.example'), name('example')), name('b.example'))
    assert.equal(commonAncestor(name('a.b.example'), name('c.b.example')), name('b.example'))
    assert.equal(commonAncestor(name('a.example'), name('a.test')), ROOT)
  })

  it('is below what it ends in label by label, not letter by letter', () => {
    assert.equal(isAtOrBelow(name('a.example'), name('example')), true)
    assert.equal(isAtOrBelow(name('example'), name('example')), true)
    assert.equal(isBelow(name('example'), name('example')), false)
    assert.equal(isAtOrBelow(name('anexample'), name('example')), false)
    // A label that holds the octets of a name is not that name.
    assert.equal(isAtOrBelow(name('x\\007example'), name('example')), false)
  })

  it('has a wildcard below it, unless that would be too long', () => {
    assert.equal(wildcardOf(name('example')), name('*.example'))
    const label = 'a'.repeat(62)
    assert.equal(wildcardOf(name(`a${label}.${label}.${label}.${label}`)), null)
  })

  it('changes its end as a DNAME says, unless that would be too long (RFC 6672 §2.2)', () => {
    assert.equal(replaceEnd(name('a.b.example'), name('b.example'), name('test')), name('a.test'))
    assert.equal(replaceEnd(name('a.b.example'), name('b.example'), ROOT), name('a'))
    const long = name(`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.example`)
    assert.equal(replaceEnd(long, name('example'), long), null)
  })
})

describe('the canonical order of names (RFC 4034 §6.1)', () => {
  it('is that of the RFC', () => {
    const ordered = [
      'example',
      'a.example',
      'yljkjljk.a.example',
      'Z.a.example',
      'zABC.a.EXAMPLE',
      'z.example',
      '\\001.z.example',
      '*.z.example',
      '\\200.z.example',
    ]
    const shuffled = ordered.toReversed().map(name).sort(compareNames)
    assert.deepEqual(shuffled, ordered.map(name))
  })

  it('puts the shorter of two labels that begin alike first, and finds equal names equal', () => {
    assert.ok(compareNames(name('aa.example'), name('ab.example')) < 0)
    assert.ok(compareNames(name('a.example'), name('aa.example')) < 0)
    assert.equal(compareNames(name('a.example'), name('A.example')), 0)
  })
})
