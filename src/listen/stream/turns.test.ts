import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { echo, message, startRig, until } from '../../../test/support/stream-rig.ts'
import { getFrame } from '../../../test/support/http2-frames.ts'
import { RawClient, startHttp2Rig } from '../../../test/support/http2-rig.ts'
import type { Query } from '../../pipeline/query.ts'
import { SLICE, Turns, type Waiter } from './turns.ts'

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

/** A clock on which looking takes so many milliseconds. */
function tickingClock(step: number): () => number {
  let now = 0
  return () => (now += step)
}

/** Needs so many slices, and notes each. */
function worker(turns: Turns, name: string, slices: number, done: string[]): Waiter {
  let left = slices
  const waiter = {
    goOn: () => {
      done.push(name)
      if (--left > 0) turns.wait(waiter)
    },
  }
  return waiter
}

describe('those who wait for their turn', () => {
  test('go on one after the other, whoever has more work behind all others', async () => {
    const turns = new Turns(() => 0)
    const done: string[] = []
    for (const [name, slices] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const) {
      turns.wait(worker(turns, name, slices, done))
    }
    await turn()
    assert.equal(done.join(''), 'abcaca')
  })

  test('go on in another turn when their share of this one is used up', async () => {
    const turns = new Turns(tickingClock(2))
    const done: string[] = []
    for (const name of ['a', 'b', 'c']) turns.wait(worker(turns, name, 1, done))
    const seen: string[] = []
    for (let i = 0; i < 3; i++) {
      await turn()
      seen.push(done.join(''))
    }
    assert.deepEqual(seen, ['a', 'ab', 'abc'])
  })

  test('write once for a turn, behind all that was done in it', async () => {
    const turns = new Turns(() => 0)
    const done: string[] = []
    turns.add({ flush: () => done.push('flush') })
    turns.wait(worker(turns, 'a', 2, done))
    await turn()
    assert.deepEqual(done, ['a', 'a', 'flush'])
  })

  test('begin their handshakes one for each turn', async () => {
    const turns = new Turns(() => 0)
    const done: string[] = []
    for (const name of ['a', 'b', 'c']) turns.waitToBegin(worker(turns, name, 1, done))
    await turn()
    assert.deepEqual(done, ['a'])
    await turn()
    assert.deepEqual(done, ['a', 'b'])
  })
})

const ONE = 9_999

/**
 * Answers each query and notes its ID; lets a turn's share pass with every slice, and calls back when
 * the greedy have begun.
 */
function noting(asked: number[], pass: () => void, onGreed: () => void): (query: Query) => number {
  return (query) => {
    asked.push(query.bytes[query.start]! * 256 + query.bytes[query.start + 1]!)
    if (asked.length % SLICE === 0) pass()
    if (asked.length === 2) onGreed()
    return echo(query)
  }
}

describe('a single query', () => {
  test('does not wait for the 5,000 that another connection brought with one write', async (t) => {
    const many = range(5_000)
    const asked: number[] = []
    const rig = await startRig(t, {
      handle: noting(
        asked,
        () => rig.advance(2),
        () => void modest.ask(message(ONE)),
      ),
    })
    const modest = rig.client()
    await modest.ask(message(1))
    await until(() => modest.ids.length === 1)
    const greedy = await rig.client().ask(...many.map((id) => message(id)))
    await until(() => greedy.ids.length === many.length)
    assert.deepEqual(modest.ids, [1, ONE])
    assert.ok(asked.indexOf(ONE) < many.length / 2, `asked after ${asked.indexOf(ONE)}`)
    assert.deepEqual(greedy.ids, many)
  })

  test('does not wait for the 1,000 of another connection over HTTP/2', async (t) => {
    const many = range(1_000)
    const asked: number[] = []
    const rig = await startHttp2Rig(t, {
      handle: noting(
        asked,
        () => rig.advance(2),
        () => void modest.socket.write(getFrame(3, ONE)),
      ),
    })
    const modest = new RawClient(rig)
    modest.begin(getFrame(1, 1))
    await until(() => modest.ids.length === 1)
    const greedy = new RawClient(rig)
    greedy.begin(...many.map((i) => getFrame(2 * i + 1, i)))
    await until(() => greedy.ids.length === many.length)
    assert.deepEqual(modest.ids, [1, ONE])
    assert.ok(asked.indexOf(ONE) < many.length / 2, `asked after ${asked.indexOf(ONE)}`)
    assert.deepEqual(greedy.ids, many)
  })
})
