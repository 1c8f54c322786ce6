import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cleared, openClient } from './mongodb-client.ts'

suite('what is told of errors of MongoDB', () => {
  test('repeats neither url nor password, encoded or not', () => {
    const url = 'mongodb://proxy:hid%2Fden@192.0.2.1:27017/'
    for (const text of [url, 'no user proxy:hid%2Fden', 'hid/den is wrong', 'a hid%2Fden']) {
      const shown = cleared(new Error(`it failed: ${text}`), url)
      assert.match(shown, /^it failed: /)
      assert.doesNotMatch(shown, /hid(?!den\))|den@/)
    }
  })

  test('is all of it where the url holds no secret', () => {
    assert.equal(
      cleared(new Error('192.0.2.1 refused'), 'mongodb://192.0.2.1/'),
      '192.0.2.1 refused',
    )
  })

  test('of a url that the driver does not take names no password', async () => {
    for (const url of [
      'mongodb://proxy:hidden@192.0.2.1:port/',
      'mongodb://proxy:hidden@192.0.2.1/?tls=perhaps',
      'mongodb://proxy:hidden@/',
    ]) {
      await assert.rejects(openClient({ url, tls: null }), ({ message, cause }: Error) => {
        assert.match(message, /the url of the store is of no use/)
        assert.doesNotMatch(message, /hidden(?!\))/)
        return cause === undefined
      })
    }
  })
})
