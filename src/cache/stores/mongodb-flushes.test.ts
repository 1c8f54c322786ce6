// What follows a stream of changes, with a stream that is made up: no server was at hand that has them.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FlushWatch, type FlushWatchOptions } from './mongodb-flushes.ts'
import type { Flush } from './store.ts'

const FLUSH = { name: 'example.org.', subtree: true, at: 1 }

/** A stream whose next change is whatever is pushed. */
class MadeUpStream {
  closed = 0
  #next = Promise.withResolvers<object>()

  push(fullDocument: object): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve({ operationType: 'insert', fullDocument })
  }

  break(): void {
    this.#next.reject(new Error('the stream cannot be resumed'))
  }

  tryNext(): Promise<null> {
    return Promise.resolve(null)
  }

  next(): Promise<object> {
    return this.#next.promise
  }

  close(): Promise<void> {
    this.closed++
    return Promise.resolve()
  }
}

function watch(stream: () => MadeUpStream, stored: readonly Flush[] = []) {
  const heard: Flush[] = []
  const notices: string[] = []
  let polls = 0
  const collection = { watch: stream } as unknown as FlushWatchOptions['collection']
  const one = new FlushWatch({
    collection,
    since: () => {
      polls++
      return Promise.resolve(stored)
    },
    onFlush: (flush) => heard.push(flush),
    onNotice: (error) => notices.push((error as Error).message),
  })
  return { one, heard, notices, polls: () => polls }
}

suite('flushes of others, by a stream of changes', () => {
  test('are told as they come, after those of the time before the stream', async () => {
    const stream = new MadeUpStream()
    const earlier = { ...FLUSH, at: 0 }
    const { one, heard } = watch(() => stream, [earlier])
    await turn()
    assert.deepEqual(heard, [earlier])
    stream.push({ _id: 'x', ...FLUSH, expiresAt: new Date() })
    await turn()
    assert.deepEqual(heard, [earlier, FLUSH])
    one.close()
    assert.equal(stream.closed, 1)
  })

  test('are asked for when the stream breaks, or there never was one', async () => {
    const stream = new MadeUpStream()
    const { one, notices, polls } = watch(() => stream)
    await turn()
    assert.equal(polls(), 1)
    stream.break()
    await turn()
    assert.equal(polls(), 2)
    assert.deepEqual(notices, ['the stream cannot be resumed'])
    one.close()
  })
})
