import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddressChoice } from './address-choice.ts'
import { type AddressSource, StaticAddress } from './address-source.ts'

/** A source that gives what the test says, and remembers what it was told. */
class FixedAddresses implements AddressSource {
  readonly told: string[] = []
  list: readonly string[] | null

  constructor(list: readonly string[] | null) {
    this.list = list
  }

  addresses(): readonly string[] | null {
    return this.list
  }

  whenKnown(callback: (fault: string | null) => void): void {
    callback(this.list === null ? 'nobody knows' : null)
  }

  onUsed(address: string): void {
    this.told.push(`used ${address}`)
  }

  onFailed(address: string): void {
    this.told.push(`failed ${address}`)
  }
}

const LIST = ['2001:db8::1', '192.0.2.1', '192.0.2.2'] as const

test('attempts side by side go to different addresses (RFC 8305 §5)', () => {
  const choice = new AddressChoice(new FixedAddresses(LIST))
  assert.deepEqual([choice.claim(), choice.claim(), choice.claim()], LIST)
  assert.ok(!choice.untried)
  assert.equal(choice.claim(), LIST[0])
})

test('an address that failed is tried again after all others', () => {
  const source = new FixedAddresses(LIST)
  const choice = new AddressChoice(source)
  for (const address of LIST) {
    assert.ok(choice.untried)
    assert.equal(choice.claim(), address)
    choice.release(address, true)
  }
  assert.ok(!choice.untried)
  assert.equal(choice.claim(), LIST[0])
  assert.ok(choice.untried)
  assert.deepEqual(
    source.told,
    LIST.map((address) => `failed ${address}`),
  )
})

test('an attempt that was not needed says nothing about its address', () => {
  const source = new FixedAddresses(LIST)
  const choice = new AddressChoice(source)
  choice.release(choice.claim()!, false)
  assert.equal(choice.claim(), LIST[0])
  assert.deepEqual(source.told, [])
})

test('a good connection makes up for what failed before', () => {
  const source = new FixedAddresses(LIST)
  const choice = new AddressChoice(source)
  choice.release(choice.claim()!, true)
  choice.proven(choice.claim()!)
  assert.deepEqual(source.told, [`failed ${LIST[0]}`, `used ${LIST[1]}`])
  assert.equal(choice.claim(), LIST[0])
})

test('the only address is tried whatever became of it, but is no news', () => {
  const choice = new AddressChoice(new StaticAddress('192.0.2.1'))
  assert.ok(!choice.several)
  for (let i = 0; i < 3; i++) {
    assert.equal(choice.claim(), '192.0.2.1')
    choice.release('192.0.2.1', true)
    assert.ok(!choice.untried)
  }
})

test('while nothing is known there is nothing to claim, and there may be several', () => {
  const source = new FixedAddresses(null)
  const choice = new AddressChoice(source)
  assert.equal(choice.claim(), null)
  assert.ok(choice.several && !choice.untried)
  source.list = ['192.0.2.1']
  assert.ok(!choice.several && choice.untried)
})
