import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { compareNames, isBelow, type Name, ROOT } from '../name.ts'
import { commonKey, isKeyBelow, sortKeyOf, wildcardKey } from './sort-key.ts'

/** Octets that a label's end could be taken for, among others. */
const label = fc
  .array(fc.constantFrom(0, 1, 2, 0x2a, 0x61, 0xff), { minLength: 1, maxLength: 3 })
  .map((octets) => String.fromCharCode(octets.length, ...octets))
const names: fc.Arbitrary<Name> = fc.array(label, { maxLength: 4 }).map((labels) => {
  return `${labels.join('')}\x07example${ROOT}`
})
const ZONES = [ROOT, `\x07example${ROOT}`]

describe('the keys of two names', () => {
  for (const zone of ZONES) {
    it(`are in the order of the names, of a zone with ${zone.length} octets (RFC 4034 §6.1)`, () => {
      fc.assert(
        fc.property(names, names, (a, b) => {
          const [x, y] = [sortKeyOf(a, zone), sortKeyOf(b, zone)]
          assert.equal(x < y ? -1 : x > y ? 1 : 0, Math.sign(compareNames(a, b)))
          assert.equal(isKeyBelow(x, y), isBelow(a, b))
        }),
        { numRuns: 1_000 },
      )
    })
  }

  it('have that of the closest name above both in common', () => {
    const key = (text: string) => sortKeyOf(text, ROOT)
    assert.equal(commonKey(key('\x01b\x01a\0'), key('\x01c\x01a\0')), key('\x01a\0'))
    assert.equal(commonKey(key('\x02ab\0'), key('\x02ac\0')), key('\0'))
    assert.equal(commonKey(key('\x01\0\x01a\0'), key('\x01\x01\x01a\0')), key('\x01a\0'))
    assert.equal(wildcardKey(key('\x01a\0')), key('\x01*\x01a\0'))
  })
})
