import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { Budget } from './budget.ts'
import { isQuick, QuickChecks } from './quick-checks.ts'
import type { Check } from './turns.ts'

function rig(options: { perTurn: number; waiting: number }) {
  const quick = new QuickChecks(options)
  const started: string[] = []
  const wait = (name: string): boolean => {
    const start = (): void => void started.push(name)
    return quick.wait({ budget: new Budget(), behind: null, start } satisfies Check)
  }
  return { quick, started, wait }
}

describe('quick checks', () => {
  it('are so many in each turn of the event loop', async () => {
    const { quick } = rig({ perTurn: 2, waiting: 9 })
    assert.deepEqual([quick.take(), quick.take(), quick.take()], [true, true, false])
    await nextTurn()
    assert.deepEqual([quick.take(), quick.take(), quick.take()], [true, true, false])
  })

  it('wait for the next turns in their order, before any that come later', async () => {
    const { quick, started, wait } = rig({ perTurn: 2, waiting: 9 })
    while (quick.take());
    for (const name of ['a', 'b', 'c']) assert.ok(wait(name))
    assert.deepEqual(started, [])
    await nextTurn()
    assert.deepEqual(started, ['a', 'b'])
    assert.ok(!quick.take())
    await nextTurn()
    assert.deepEqual(started, ['a', 'b', 'c'])
    assert.ok(quick.take())
    assert.ok(!quick.take())
  })

  it('are refused when too many wait, and taken again when there is room', async () => {
    const { quick, started, wait } = rig({ perTurn: 1, waiting: 1 })
    assert.ok(quick.take())
    assert.deepEqual([wait('a'), wait('b')], [true, false])
    await nextTurn()
    assert.ok(wait('c'))
    await nextTurn()
    assert.deepEqual(started, ['a', 'c'])
  })
})

describe('a quick key', () => {
  const rsa = (modulusLength: number, publicExponent: number): KeyObject =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey

  it('is RSA of the usual size and exponent', () => {
    assert.ok(isQuick(rsa(2_048, 65_537)))
    assert.ok(isQuick(rsa(1_024, 3)))
  })

  it('is none that is longer, has a larger exponent or lies on a curve', () => {
    assert.ok(!isQuick(rsa(2_112, 65_537)))
    assert.ok(!isQuick(rsa(1_024, 65_539)))
    assert.ok(!isQuick(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey))
    assert.ok(!isQuick(generateKeyPairSync('ed25519').publicKey))
  })
})
