import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { FileWatch } from './file-watch.ts'

function setUp(files: Record<string, string>) {
  const clock = new FakeClock()
  const told: number[] = []
  const watch = new FileWatch({
    clock,
    onChange: () => told.push(clock.now()),
    read: (path) => {
      const text = files[path]
      if (text === undefined) throw new Error(`no ${path}`)
      return Buffer.from(text)
    },
  })
  const follow = () => watch.follow(watch.see(Object.keys(files)))
  return { clock, told, watch, files, follow }
}

/** Two looks. */
const LONG = 10_000

test('says nothing of files that stay as they are', () => {
  const { clock, told, follow } = setUp({ cert: 'one', key: 'two' })
  follow()
  clock.advance(20 * LONG)
  assert.deepEqual(told, [])
})

test('tells once of new contents, when they have settled', () => {
  const { clock, told, files, follow } = setUp({ cert: 'one', key: 'two' })
  follow()
  files['cert'] = 'new'
  clock.advance(5_000)
  assert.deepEqual(told, [])
  files['key'] = 'new'
  clock.advance(5_000)
  assert.deepEqual(told, [])
  clock.advance(5_000)
  assert.equal(told.length, 1)
  clock.advance(20 * LONG)
  assert.equal(told.length, 1)
})

test('a file that is away for a moment is no change, one that comes back different is', () => {
  const { clock, told, files, follow } = setUp({ cert: 'one' })
  follow()
  delete files['cert']
  clock.advance(4 * LONG)
  files['cert'] = 'one'
  clock.advance(LONG)
  assert.deepEqual(told, [])
  delete files['cert']
  clock.advance(LONG)
  files['cert'] = 'two'
  clock.advance(LONG)
  assert.equal(told.length, 1)
})

test('notices a change between the look before use and the first one after', () => {
  const { clock, told, watch, files } = setUp({ cert: 'one' })
  const seen = watch.see(['cert'])
  files['cert'] = 'two'
  watch.follow(seen)
  clock.advance(LONG)
  assert.equal(told.length, 1)
})

test('contents that change places are a change', () => {
  const { clock, told, files, follow } = setUp({ cert: 'one', key: 'two' })
  follow()
  Object.assign(files, { cert: 'two', key: 'one' })
  clock.advance(LONG)
  assert.equal(told.length, 1)
})

test('looks at nothing when there is nothing to look at, and when stopped', () => {
  const { clock, watch, follow } = setUp({ cert: 'one' })
  watch.follow(watch.see([]))
  assert.equal(clock.timers, 0)
  follow()
  follow()
  assert.equal(clock.timers, 1)
  watch.stop()
  assert.equal(clock.timers, 0)
})
