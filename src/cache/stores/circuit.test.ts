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
    for (let i = 0; i < times; i++) circuit.onFailure()
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

test('a store that stays away is asked less often, but every five seconds at the least', () => {
  const { circuit, time, failOften } = rig()
  failOften(5)
  const asked: number[] = []
  for (; time.now < 60_000; time.now += 10) {
    if (!circuit.admits()) continue
    asked.push(time.now)
    circuit.onFailure()
  }
  const pauses = asked.slice(1).map((at, i) => at - asked[i]!)
  assert.ok(pauses.every((pause, i) => i === 0 || pause >= pauses[i - 1]!))
  assert.equal(pauses.at(-1), 5_000)
})
