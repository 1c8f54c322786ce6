import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Circuit } from './circuit.ts'

function rig() {
  const seen: string[] = []
  const time = { now: 0 }
  const circuit = new Circuit({
    now: () => time.now,
    onOpened: () => seen.push('opened'),
    onClosed: () => seen.push('closed'),
  })
  const failOften = (times: number) => {
    for (let i = 0; i < times; i++) circuit.onFailure(time.now)
  }
  return { circuit, seen, time, failOften }
}

test('a store that fails now and then is asked on', () => {
  const { circuit, seen, failOften } = rig()
  for (let i = 0; i < 10; i++) {
    failOften(4)
    circuit.onSuccess()
  }
  assert.ok(circuit.admits())
  assert.deepEqual(seen, [])
})

test('many that fail together are one failure: a bad moment is no outage', () => {
  const { circuit, seen, time } = rig()
  for (let moment = 0; moment < 5; moment++) {
    assert.deepEqual(seen, [])
    const begunAt = time.now
    time.now += 5
    for (let i = 0; i < 100; i++) circuit.onFailure(begunAt)
  }
  assert.deepEqual(seen, ['opened'])
})

test('after five failures in a row it is left alone, and asked once at the end of a back-off', () => {
  const { circuit, seen, time, failOften } = rig()
  failOften(5)
  assert.deepEqual(seen, ['opened'])
  assert.equal(circuit.admits(), false)
  time.now = 100
  assert.deepEqual([circuit.admits(), circuit.admits()], [true, false])
  circuit.onSuccess()
  assert.deepEqual(seen, ['opened', 'closed'])
  assert.ok(circuit.admits())
})

test('a store that stays away is asked less often, but every two seconds at the least', () => {
  const { circuit, time, failOften } = rig()
  failOften(5)
  const asked: number[] = []
  for (; time.now < 60_000; time.now += 10) {
    if (!circuit.admits()) continue
    asked.push(time.now)
    circuit.onFailure(time.now)
  }
  const pauses = asked.slice(1).map((at, i) => at - asked[i]!)
  assert.ok(pauses.every((pause, i) => i === 0 || pause >= pauses[i - 1]!))
  assert.equal(pauses.at(-1), 2_000)
})

test('those that were under way when it opened do not make it wait longer', () => {
  const { circuit, time, failOften } = rig()
  time.now = 1_000
  failOften(5)
  time.now = 1_005
  for (let i = 0; i < 100; i++) circuit.onFailure(999)
  time.now = 1_100
  assert.ok(circuit.admits())
})

test('a store that is only just too slow comes and goes ever more seldom', () => {
  const { circuit, seen, time, failOften } = rig()
  for (; time.now < 60_000; time.now++) {
    if (circuit.isOpen) {
      if (circuit.admits()) circuit.onSuccess()
    } else failOften(5)
  }
  assert.ok(seen.length < 80, `${seen.length} changes in a minute`)
})

test('a store that was well for ten seconds is tried again soon', () => {
  const { circuit, time, failOften } = rig()
  for (let i = 0; i < 5; i++) {
    failOften(5)
    time.now += 10_000
    assert.ok(circuit.admits())
    circuit.onSuccess()
  }
  time.now += 10_000
  failOften(5)
  time.now += 100
  assert.ok(circuit.admits())
})

test('what speaks for its being back is tried at once', () => {
  const { circuit, seen, failOften } = rig()
  failOften(5)
  circuit.hurry()
  assert.ok(circuit.admits())
  circuit.onSuccess()
  assert.deepEqual(seen, ['opened', 'closed'])
})
