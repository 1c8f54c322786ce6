import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type MongoUrl, readMongoUrl } from './mongo-url.ts'
import { Fault } from './problem.ts'

function read(text: string): MongoUrl {
  const url = readMongoUrl(text)
  assert.ok(!(url instanceof Fault))
  return url
}

suite('the address of a MongoDB', () => {
  test('may name nobody, a user, or a user with a password', () => {
    for (const [text, username, password] of [
      ['mongodb://192.0.2.1:27017,192.0.2.2/?replicaSet=answers', null, null],
      ['mongodb+srv://proxy@db.example.org/', 'proxy', null],
      ['mongodb://proxy:a%40b%3Ac@[2001:db8::1]:27017/?tls=true', 'proxy', 'a@b:c'],
    ] as const) {
      const url = read(text)
      assert.deepEqual([url.username, url.password], [username, password])
    }
  })

  test('takes a user and a password as they are', () => {
    assert.equal(
      read('mongodb://proxy@192.0.2.1,192.0.2.2/?tls=true').withUser('pro:xy', 'a@b/c%'),
      'mongodb://pro%3Axy:a%40b%2Fc%25@192.0.2.1,192.0.2.2/?tls=true',
    )
  })

  test('that is none, or is not encoded right, is told of without its secrets', () => {
    for (const text of [
      'mongodb://',
      'mongodb://proxy:hidden@',
      'mongodb://proxy:hid/den@192.0.2.1/',
      'mongodb://proxy:hidden%@192.0.2.1/',
      'mongodb://proxy:hid@den@192.0.2.1/',
    ]) {
      const fault = readMongoUrl(text)
      assert.ok(fault instanceof Fault, text)
      assert.doesNotMatch(JSON.stringify(fault), /hid|den/)
    }
  })
})
