import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { ROOT } from '../name.ts'
import { formatAnchorState, readAnchorState } from './anchor-state.ts'
import { readAnchors } from './anchor-text.ts'
import { anchorsOf, DAY, entryKey, revoked, rootWatcher, Watcher } from './testing.ts'

const ISLAND = '\x04corp\x07example\0'

function state() {
  const [old, current, fresh] = [entryKey(), entryKey(), entryKey()]
  const watcher = rootWatcher('2026-01-01', old, current)
  watcher.see([old, current], [old, current])
  watcher.see([revoked(old), current], [revoked(old), current])
  watcher.now += DAY
  watcher.see([current, fresh], [current])
  watcher.now += DAY
  watcher.see([current, fresh], [current])
  const island = new Watcher(anchorsOf(ISLAND, old), '2026-01-01')
  island.see([old], [old])
  return new Map([
    [ROOT, watcher.point.keys],
    [ISLAND, island.point.keys],
  ])
}

describe('what was learnt of trusted keys', () => {
  const known = state()
  const text = formatAnchorState(known)

  it('comes back from its text as it was', () => {
    assert.deepEqual(readAnchorState(text), known)
    assert.deepEqual(readAnchorState(formatAnchorState(new Map())), new Map())
  })

  it('can be read by people', () => {
    const lines = text.split('\n').slice(3)
    assert.equal(lines[0], 'zone .')
    assert.match(
      lines[1]!,
      /^revoked configured since 2026-01-01T00:00:00Z seen 2026-01-01T00:00:00Z tag \d+ DNSKEY 257 3 15 \S+$/,
    )
    assert.match(lines[2]!, /^valid configured since 2026-01-01T00:00:00Z seen 2026-01-03T/)
    assert.match(lines[3]!, /^pending learnt .* held 86400 of 2592000 vouchers [0-9a-f]{32} tag/)
    assert.equal(lines[4], 'zone corp.example.')
  })

  it('is no file of trust anchors: keys that wait would be trusted', () => {
    assert.deepEqual(readAnchors(text).anchors, [])
  })

  it('is refused when a single character is another, and when some are missing', () => {
    for (let at = 0; at < text.length; at += 7) {
      const other = text[at] === 'x' ? 'y' : 'x'
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`
      assert.equal(typeof readAnchorState(changed), 'string', `at ${at}`)
      assert.equal(typeof readAnchorState(text.slice(0, at)), 'string', `up to ${at}`)
    }
    assert.equal(typeof readAnchorState(`${text}\n`), 'string')
  })

  it('is refused with a date that there is not, though its checksum is right', () => {
    const changed = text.replace('2026-01-03T00', '2026-13-03T25').replace(/sha256 .*\n$/, '')
    const whole = `${changed}sha256 ${hash('sha256', changed, 'hex')}\n`
    assert.match(readAnchorState(whole) as string, /a line that means nothing/)
  })
})
