import assert from 'node:assert/strict'
import { beforeEach, suite, test } from 'node:test'
import { ExtendedError } from '../wire/edns.ts'
import { type ClockDoubt, ClockWatch, clockDoubtText } from './clock-watch.ts'
import type { SignedMessage } from './rrset.ts'
import { messageOf } from './testing.ts'
import type { Fault } from './verdict.ts'

const seconds = (text: string): number => Date.parse(`${text}Z`) / 1_000
const NEW_YEAR = seconds('2026-01-01T00:00:00')

const early: Fault = { code: ExtendedError.SignatureNotYetValid, text: 'too early' }
const late: Fault = { code: ExtendedError.SignatureExpired, text: 'too late' }
const bogus: Fault = { code: ExtendedError.DnssecBogus, text: 'forged' }

/** Addresses in zones, signed from one day to another of a month in 2026. */
function signed(zones: readonly string[], from = '1101', until = '1201'): SignedMessage {
  const set = (zone: string) =>
    `www.${zone} 300 IN A 192.0.2.1
     www.${zone} 300 IN RRSIG A 13 3 300 2026${until}000000 2026${from}000000 1 ${zone} AAAA`
  return messageOf(zones.map(set).join('\n'))
}

const [a, b, c] = ['a.example.', 'b.example.', 'c.example.'].map((zone) => signed([zone])) as [
  SignedMessage,
  SignedMessage,
  SignedMessage,
]

suite('a clock that signatures are held against', () => {
  let now: number
  let doubts: ClockDoubt[]
  let watch: ClockWatch
  beforeEach(() => {
    now = NEW_YEAR
    doubts = []
    watch = new ClockWatch({ now: () => now, onDoubt: (doubt) => doubts.push(doubt) })
  })

  test('is behind when signatures of three zones begin later, which is told once', () => {
    assert.equal(watch.onBogus(a, early, 0), early)
    assert.equal(watch.onBogus(signed(['b.example.'], '1105', '1120'), early, 1), early)
    const told = watch.onBogus(c, early, 2)
    assert.deepEqual(told, {
      code: ExtendedError.SignatureNotYetValid,
      text: 'too early; but the clock here seems wrong: it says 2026-01-01T00:00:00Z',
    })
    assert.deepEqual(doubts, [
      {
        fault: 'behind',
        now,
        from: seconds('2026-11-05T00:00:00'),
        until: seconds('2026-11-20T00:00:00'),
      },
    ])
    assert.equal(
      clockDoubtText(doubts[0]!),
      'the system clock seems to be behind: it says 2026-01-01T00:00:00Z, and all signatures of 3 zones hold from 2026-11-05T00:00:00Z to 2026-11-20T00:00:00Z',
    )
    assert.match(watch.onBogus(a, early, 3).text, /the clock here seems wrong/)
    assert.equal(doubts.length, 1)
  })

  test('is ahead when they have ended', () => {
    now = seconds('2027-06-01T00:00:00')
    for (const message of [a, b, c]) watch.onBogus(message, late, 0)
    assert.equal(doubts[0]?.fault, 'ahead')
  })

  test('is believed while it is one zone, however often it is asked for', () => {
    for (let i = 0; i < 10; i++) watch.onBogus(a, early, i)
    for (let i = 0; i < 10; i++) watch.onBogus(b, early, i)
    assert.deepEqual(doubts, [])
  })

  test('is believed when a signature holds meanwhile', () => {
    watch.onBogus(a, early, 0)
    watch.onBogus(b, early, 0)
    watch.onSecure()
    watch.onBogus(c, early, 0)
    assert.deepEqual(doubts, [])
  })

  test('is believed when what cannot be proven was made for now', () => {
    watch.onBogus(a, early, 0)
    watch.onBogus(b, early, 0)
    watch.onBogus(signed(['c.example.'], '0101'), early, 0)
    watch.onBogus(c, early, 0)
    assert.deepEqual(doubts, [])
  })

  test('is believed when no one time would do for all', () => {
    watch.onBogus(a, early, 0)
    watch.onBogus(b, early, 0)
    watch.onBogus(signed(['c.example.'], '1202', '1231'), early, 0)
    assert.deepEqual(doubts, [])
  })

  test('is believed when some begin later and others have ended', () => {
    watch.onBogus(a, early, 0)
    watch.onBogus(b, early, 0)
    now = seconds('2027-01-01T00:00:00')
    watch.onBogus(c, late, 0)
    assert.deepEqual(doubts, [])
  })

  test('is believed when it takes longer than a minute, and for what is forged', () => {
    watch.onBogus(a, early, 0)
    watch.onBogus(b, early, 60_000)
    watch.onBogus(c, early, 60_001)
    assert.deepEqual(doubts, [])
    for (const message of [a, b, c]) watch.onBogus(message, bogus, 60_002)
    assert.deepEqual(doubts, [])
  })

  test('is doubted anew when signatures have held since', () => {
    for (const message of [a, b, c]) watch.onBogus(message, early, 0)
    watch.onSecure()
    assert.equal(watch.onBogus(a, early, 1), early)
    for (const message of [b, c]) watch.onBogus(message, early, 1)
    assert.equal(doubts.length, 2)
  })

  test('may be doubted by one answer that leads through several zones; a thousand cost no more', () => {
    watch.onBogus(signed(['a.example.', 'b.example.', 'c.example.']), early, 0)
    assert.equal(doubts.length, 1)
    watch.onSecure()
    const many = Array.from({ length: 1_000 }, (_, i) => `z${i}.example.`)
    watch.onBogus(signed(many), early, 0)
    assert.equal(doubts.length, 2)
  })
})
