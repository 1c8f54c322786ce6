import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { stringify } from 'yaml'
import { parseConfig } from '../load.ts'
import { formatProblem } from '../problem.ts'

const folder = mkdtempSync(join(tmpdir(), 'dotward-store-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'empty'), '\n')

const secret = 'a secret of some length'
const redis = { kind: 'redis', url: 'redis://192.0.2.1', secret }
const secure = { kind: 'redis', url: 'rediss://192.0.2.1', secret }
const mongodb = { kind: 'mongodb', url: 'mongodb://192.0.2.1', secret }

function problemsOf(store: object): string[] {
  const text = stringify({ cache: { store } })
  const file = join(folder, 'dotward.yaml')
  const loaded = parseConfig({ text, file, environment: {} })
  return loaded.ok ? [] : loaded.problems.map(formatProblem)
}

suite('a store', () => {
  const right: readonly object[] = [
    { kind: 'none', url: 'redis://192.0.2.1,192.0.2.2' },
    redis,
    { ...redis, url: 'redis://proxy@192.0.2.1', password: 'x' },
    { ...redis, url: 'redis://a.example,b.example', mode: 'cluster' },
    { ...redis, url: 'redis://a.example,b.example', mode: 'sentinel', masterName: 'answers' },
    { ...secure, serverName: 'redis.example.org' },
    { ...mongodb, username: 'proxy', password: 'x' },
    { kind: 'disk', path: 'answers', secret },
  ]
  for (const [i, store] of right.entries()) {
    test(`may be told like this (${i + 1})`, () => assert.deepEqual(problemsOf(store), []))
  }

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['a server without address', { kind: 'redis', secret }, /store\.url: is missing/],
    [
      'another’s address',
      { ...redis, url: 'mongodb://a.example' },
      /url: is no redis:\/\/ address/,
    ],
    ['no address at all', { ...redis, url: 'a.example' }, /url: is not the address of a server/],
    ['what is no Redis', { ...redis, url: 'redis://u:hidden@/' }, /not the address of a Redis/],
    ['several servers', { ...redis, url: 'redis://a.example,b.example' }, /url: names several/],
    [
      'a database of a cluster',
      { ...redis, url: 'redis://a.example/1', mode: 'cluster' },
      /url: names a database/,
    ],
    ['Sentinels without a set', { ...redis, mode: 'sentinel' }, /masterName: is missing/],
    ['a user twice', { ...redis, url: 'redis://u@a.example', username: 'v' }, /url gives it too/],
    [
      'a password twice',
      { ...redis, url: 'redis://:hidden@a.example', passwordFile: 'empty' },
      /passwordFile: url gives it too/,
    ],
    [
      'a password in two ways',
      { ...redis, password: 'hidden', passwordFile: 'x' },
      /password: passwordFile gives it too/,
    ],
    ['a password that is a number', { ...redis, password: 192_837 }, /password: is not a text/],
    ['a password file without one', { ...redis, passwordFile: 'empty' }, /empty is empty/],
    ['a password file that is missing', { ...redis, passwordFile: 'nowhere' }, /does not exist/],
    ['authorities without TLS', { ...redis, ca: 'ca.pem' }, /ca: is for TLS, and the url has none/],
    ['authorities that are none', { ...secure, ca: 'empty' }, /empty does not hold/],
    ['a password of nobody', { ...mongodb, password: 'hidden' }, /password: is nobody’s/],
    ['no secret', { ...redis, secret: null }, /secret: is missing: anybody could plant/],
    ['a short secret', { ...redis, secret: 'hidden' }, /secret: is too short/],
    ['a secret that is a number', { ...redis, secret: 1_928_374_650_192_837 }, /is not a text/],
    ['a disk without folder', { kind: 'disk', secret }, /path: is missing/],
  ]
  for (const [what, store, problem] of wrong) {
    test(`with ${what} is a problem, and shows no secret`, () => {
      const problems = problemsOf(store).join('\n')
      assert.match(problems, problem)
      assert.doesNotMatch(problems, /hidden|19283/)
    })
  }
})
