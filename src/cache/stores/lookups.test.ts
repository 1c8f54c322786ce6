import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Lookups } from './lookups.ts'

const RECORD = Uint8Array.of(1, 2, 3)

suite('lookups of one tick', () => {
  test('are one question, with each key once', async () => {
    const asked: (readonly string[])[] = []
    const lookups = new Lookups({
      find: (keys) => {
        asked.push(keys)
        return Promise.resolve(new Map([['a', RECORD]]))
      },
      maxUnderWay: 10,
    })
    const found = await Promise.all(['a', 'b', 'a'].map((key) => lookups.get(key)))
    assert.deepEqual(found, [RECORD, null, RECORD])
    assert.equal(await lookups.get('a'), RECORD)
    assert.deepEqual(asked, [['a', 'b'], ['a']])
  })

  test('fail together, and those that are too many at once', async () => {
    const hanging = Promise.withResolvers<Map<string, Uint8Array>>()
    const lookups = new Lookups({ find: () => hanging.promise, maxUnderWay: 2 })
    const waiting = [lookups.get('a'), lookups.get('b')]
    await assert.rejects(lookups.get('c'), /too many lookups/)
    hanging.reject(new Error('it broke'))
    for (const one of waiting) await assert.rejects(one, /it broke/)
    await assert.rejects(lookups.get('c'), /it broke/)
  })
})
