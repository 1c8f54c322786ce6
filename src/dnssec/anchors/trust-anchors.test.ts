import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseName } from '../../wire/text/name-text.ts'
import { type Name, readName, ROOT } from '../name.ts'
import { ROOT_ANCHORS } from './root-anchors.ts'
import { type NegativeAnchor, TrustAnchors } from './trust-anchors.ts'

const NOW = 1_800_000_000

function name(text: string): Name {
  return readName(parseName(text) as Uint8Array, 0, 0)
}

function island(text: string) {
  return { zone: name(text), ds: [], keys: [new Uint8Array(8)] }
}

function negative(domain: string, until = Infinity): NegativeAnchor {
  return { domain: name(domain), until }
}

function isNegative(anchors: TrustAnchors, at: Name, now = NOW): boolean {
  return anchors.negativeUntil(at, now) > 0
}

describe('trust anchors', () => {
  const corp = island('corp.example')

  it('are those of the closest zone above (RFC 4035 §4.4)', () => {
    const anchors = new TrustAnchors({ anchors: [ROOT_ANCHORS, corp], negative: [] })
    assert.equal(anchors.closest(name('www.corp.example')), corp)
    assert.equal(anchors.closest(name('corp.example')), corp)
    assert.equal(anchors.closest(name('example')), ROOT_ANCHORS)
    assert.equal(anchors.closest(ROOT), ROOT_ANCHORS)
    const alone = new TrustAnchors({ anchors: [ROOT_ANCHORS], negative: [] })
    assert.equal(alone.closest(name('www.corp.example')), ROOT_ANCHORS)
  })

  it('may be islands: above them there are none', () => {
    const anchors = new TrustAnchors({ anchors: [corp], negative: [] })
    assert.equal(anchors.closest(name('www.corp.example')), corp)
    assert.equal(anchors.closest(name('example')), null)
  })
})

describe('negative trust anchors (RFC 7646)', () => {
  it('hold for the domain and all below, and nothing else', () => {
    const anchors = new TrustAnchors({ anchors: [ROOT_ANCHORS], negative: [negative('a.example')] })
    assert.equal(isNegative(anchors, name('a.example')), true)
    assert.equal(isNegative(anchors, name('x.y.a.example')), true)
    assert.equal(isNegative(anchors, name('example')), false)
    assert.equal(isNegative(anchors, name('ba.example')), false)
  })

  it('end at their time, the latest where there are several', () => {
    const ends = [negative('a.example', NOW + 1), negative('a.example', NOW - 5)]
    const anchors = new TrustAnchors({ anchors: [ROOT_ANCHORS], negative: ends })
    assert.equal(isNegative(anchors, name('a.example')), true)
    assert.equal(anchors.negativeUntil(name('a.example'), NOW), NOW + 1)
    assert.equal(isNegative(anchors, name('a.example'), NOW + 1), false)
    const nested = [negative('b.a.example', NOW), negative('a.example', NOW + 5)]
    const outer = new TrustAnchors({ anchors: [ROOT_ANCHORS], negative: nested })
    assert.equal(isNegative(outer, name('b.a.example'), NOW + 1), true)
  })

  it('leave islands of trust below them alone, and win over anchors of the same name', () => {
    const anchors = new TrustAnchors({
      anchors: [ROOT_ANCHORS, island('safe.a.example'), island('b.example')],
      negative: [negative('a.example'), negative('b.example'), negative('.', NOW)],
    })
    assert.equal(isNegative(anchors, name('www.safe.a.example')), false)
    assert.equal(isNegative(anchors, name('www.a.example')), true)
    assert.equal(isNegative(anchors, name('www.b.example')), true)
  })
})
