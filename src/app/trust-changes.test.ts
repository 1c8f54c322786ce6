import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ROOT_ANCHORS } from '../dnssec/anchors/root-anchors.ts'
import type { ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import { readName } from '../dnssec/name.ts'
import { parseName } from '../wire/text/name-text.ts'
import { changedTrust } from './trust-changes.ts'

function island(zone: string, ...keys: readonly number[]): ZoneAnchors {
  const name = readName(parseName(zone) as Uint8Array, 0, 0)
  return { zone: name, ds: [], keys: keys.map((octet) => Uint8Array.of(octet)) }
}

function trusting(...islands: readonly ZoneAnchors[]) {
  return { anchors: [ROOT_ANCHORS, ...islands], acceptSha1: false }
}

describe('what is trusted otherwise', () => {
  it('is nothing at the start, and where nothing changes', () => {
    assert.deepEqual(changedTrust(null, trusting(island('corp.example', 1))), [])
    assert.deepEqual(changedTrust(trusting(), trusting()), [])
  })

  it('is a zone that has anchors now, or none any more', () => {
    const corp = trusting(island('corp.example', 1))
    assert.deepEqual(changedTrust(trusting(), corp), ['corp.example.'])
    assert.deepEqual(changedTrust(corp, trusting()), ['corp.example.'])
  })

  it('is a zone whose anchors are all others, and none whose keys roll over (RFC 5011)', () => {
    const before = trusting(island('corp.example', 1, 2))
    assert.deepEqual(changedTrust(before, trusting(island('corp.example', 2, 3))), [])
    assert.deepEqual(changedTrust(before, trusting(island('corp.example', 3))), ['corp.example.'])
    const [newer] = ROOT_ANCHORS.ds.slice(-1)
    const anchors = [{ ...ROOT_ANCHORS, ds: [newer!] }]
    assert.deepEqual(changedTrust(trusting(), { anchors, acceptSha1: false }), [])
  })

  it('is everything where SHA-1 counts now, or no more, and where many zones are', () => {
    const accepting = { ...trusting(), acceptSha1: true }
    assert.deepEqual(changedTrust(trusting(), accepting), ['.'])
    assert.deepEqual(changedTrust(accepting, trusting()), ['.'])
    const many = Array.from({ length: 33 }, (_, i) => island(`n${i}.example`, 1))
    assert.deepEqual(changedTrust(trusting(), trusting(...many)), ['.'])
  })
})
