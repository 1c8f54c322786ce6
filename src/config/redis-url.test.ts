import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Fault } from './problem.ts'
import { type RedisUrl, readRedisUrl } from './redis-url.ts'

const PLAIN: RedisUrl = {
  isTls: false,
  username: null,
  password: null,
  hosts: [{ host: '192.0.2.1', port: null }],
  database: 0,
}

suite('the address of a Redis', () => {
  const [user, one] = ['proxy', 'pass']
  const cases: readonly (readonly [string, Partial<RedisUrl>])[] = [
    ['redis://192.0.2.1', {}],
    ['redis://192.0.2.1/', {}],
    ['rediss://192.0.2.1/7', { isTls: true, database: 7 }],
    ['redis://[2001:db8::1]:7000', { hosts: [{ host: '2001:db8::1', port: 7000 }] }],
    ['redis://redis.example.org:6380', { hosts: [{ host: 'redis.example.org', port: 6380 }] }],
    [
      'redis://a.example:1,[::1],b.example/2',
      {
        hosts: [
          { host: 'a.example', port: 1 },
          { host: '::1', port: null },
          { host: 'b.example', port: null },
        ],
        database: 2,
      },
    ],
    ['redis://proxy:pass@192.0.2.1', { username: user, password: one }],
    ['redis://proxy@192.0.2.1', { username: user }],
    ['redis://:pass@192.0.2.1', { password: one }],
    ['redis://proxy:a%40b%25@192.0.2.1', { username: user, password: 'a@b%' }],
    // As people paste them:
    ['redis://:a/b#c?d@e:f@192.0.2.1', { password: 'a/b#c?d@e:f' }],
  ]
  for (const [text, expected] of cases) {
    test(`${text} is read`, () => {
      assert.deepEqual(readRedisUrl(text), { ...PLAIN, ...expected })
    })
  }

  const wrong = [
    'http://192.0.2.1',
    'redis:192.0.2.1',
    'redis://',
    'redis://hidden@',
    'redis://u:hidden@/0',
    'redis://u:hidden@192.0.2.1:0',
    'redis://u:hidden@192.0.2.1:65536',
    'redis://u:hidden@192.0.2.1/answers',
    'redis://u:hidden@192.0.2.1,',
    'redis://u:hidden@2001:db8::1',
    'redis://u:hidden%@192.0.2.1',
  ]
  for (const text of wrong) {
    test(`${text} is a fault that repeats nothing of it`, () => {
      const fault = readRedisUrl(text)
      assert.ok(fault instanceof Fault)
      assert.doesNotMatch(`${fault.message} ${fault.remedy}`, /hidden/)
    })
  }
})
