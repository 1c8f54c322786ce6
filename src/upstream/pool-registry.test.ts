import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Health } from './health.ts'
import { PoolRegistry } from './pool-registry.ts'
import type { UpstreamTransport } from './transport.ts'

class FakeTransport implements UpstreamTransport {
  readonly name: string
  readonly health = new Health()
  readonly inFlight = 0
  readonly waiting = 0
  drained = 0
  closed = 0

  constructor(name: string) {
    this.name = name
  }

  submit(): void {}
  cancel(): void {}

  async probe(): Promise<never> {
    throw new Error('not probed here')
  }

  drain(): void {
    this.drained++
  }

  close(): void {
    this.closed++
  }
}

const setUp = () => {
  const opened: FakeTransport[] = []
  const registry = new PoolRegistry<{ name: string; certificate: string }>({
    open({ name, certificate }) {
      if (certificate === 'bad') throw new Error('cannot be read')
      const transport = new FakeTransport(name)
      opened.push(transport)
      return transport
    },
  })
  return { registry, opened }
}

describe('transports of a worker', () => {
  test('groups that have the same upstream share one, and it ends with the last of them', () => {
    const { registry, opened } = setUp()
    const first = registry.acquire({ name: 'a', certificate: 'old' })
    assert.equal(registry.acquire({ name: 'a', certificate: 'old' }), first)
    assert.equal(opened.length, 1)
    registry.release(first)
    assert.equal(opened[0]!.drained, 0)
    registry.release(first)
    assert.equal(opened[0]!.drained, 1)
    assert.equal(opened[0]!.closed, 0)
    assert.deepEqual(registry.transports, [])
  })

  test('one whose upstream did not change is kept over a reload', () => {
    const { registry, opened } = setUp()
    const before = registry.acquire({ name: 'a', certificate: 'old' })
    const after = registry.acquire({ name: 'a', certificate: 'old' })
    registry.release(before)
    assert.equal(after, before)
    assert.equal(opened[0]!.drained, 0)
    assert.equal(registry.generation(after), 1)
  })

  test('a change makes a new generation, and the old one drains', () => {
    const { registry, opened } = setUp()
    const before = registry.acquire({ name: 'a', certificate: 'old' })
    const after = registry.acquire({ name: 'a', certificate: 'new' })
    assert.notEqual(after, before)
    assert.equal(registry.generation(after), 2)
    registry.release(before)
    assert.deepEqual(
      opened.map(({ drained }) => drained),
      [1, 0],
    )
    assert.equal(registry.generation(before), 0)
  })

  test('what cannot be opened changes nothing', () => {
    const { registry } = setUp()
    const held = registry.acquire({ name: 'a', certificate: 'old' })
    assert.throws(() => registry.acquire({ name: 'a', certificate: 'bad' }))
    assert.deepEqual(registry.transports, [held])
  })

  test('one more release than acquired does no harm', () => {
    const { registry, opened } = setUp()
    const held = registry.acquire({ name: 'a', certificate: 'old' })
    registry.release(held)
    registry.release(held)
    assert.equal(opened[0]!.drained, 1)
  })

  test('closes all at the end', () => {
    const { registry, opened } = setUp()
    registry.acquire({ name: 'a', certificate: 'old' })
    registry.acquire({ name: 'b', certificate: 'old' })
    registry.close()
    assert.deepEqual(
      opened.map(({ closed }) => closed),
      [1, 1],
    )
  })
})
