import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { name } from '../denial/testing.ts'
import type { Rrset } from '../rrset.ts'
import { readRrsig } from '../signed-message.ts'
import { SeenSets } from './seen-sets.ts'

const SIGNATURE = readRrsig(new Uint8Array(19), 60)

function signedBy(signature: Uint8Array): Rrset {
  const signatures = [{ ...SIGNATURE, signature }]
  return { owner: name('example'), type: 1, class: 1, ttl: 60, records: [], signatures, places: [] }
}

describe('sets that were seen', () => {
  it('are known by the end of their signature', () => {
    const seen = new SeenSets(1)
    const signature = Uint8Array.from({ length: 64 }, (_, i) => i)
    const id = seen.idOf(signedBy(signature))
    assert.equal(seen.idOf(signedBy(signature.slice())), id)
    assert.notEqual(seen.idOf(signedBy(signature.with(63, 0))), id)
    assert.notEqual(new SeenSets(2).idOf(signedBy(signature)), id, 'and by a secret')
    assert.equal(typeof seen.idOf(signedBy(new Uint8Array(0))), 'number')
  })

  it('need not be looked at for a while, and are known after it', () => {
    const seen = new SeenSets(1)
    assert.deepEqual([seen.isFresh(77, 10), seen.has(77)], [false, false])
    seen.note(77, 12)
    assert.deepEqual(
      [seen.isFresh(77, 11), seen.isFresh(77, 12), seen.has(77)],
      [true, false, true],
    )
  })

  it('are looked at again when they were let go', () => {
    const seen = new SeenSets(1)
    seen.note(77, 12)
    seen.expire(77)
    assert.deepEqual([seen.isFresh(77, 11), seen.has(77)], [false, true])
  })

  it('are forgotten for others that come to their place, and the others are left alone', () => {
    const seen = new SeenSets(1)
    seen.note(5, 12)
    seen.note(5 + 8_192, 12)
    assert.deepEqual([seen.has(5), seen.has(5 + 8_192)], [false, true])
    seen.expire(5)
    assert.equal(seen.isFresh(5 + 8_192, 11), true)
  })

  it('are forgotten all together', () => {
    const seen = new SeenSets(1)
    seen.note(77, 12)
    seen.clear()
    assert.deepEqual([seen.isFresh(77, 11), seen.has(77)], [false, false])
  })
})
