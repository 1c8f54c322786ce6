import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseConfig } from '../config/load.ts'
import { CookieSecrets } from '../guard/cookie-secrets.ts'
import { LimitVerdict } from '../guard/limit-verdict.ts'
import { cookiesPlan } from './cookies-plan.ts'

function configOf(settings: string) {
  const loaded = parseConfig({ text: `cookies: ${settings}`, file: null, environment: {} })
  assert.ok(loaded.ok)
  return loaded.config.cookies
}

suite('cookies of a plan', () => {
  test('are none where they are off', () => {
    assert.equal(cookiesPlan(configOf('{ mode: off }'), null), null)
  })

  test('by chance keep their secrets over a reload, whatever else changes', () => {
    const first = cookiesPlan(configOf('{}'), null)!
    const second = cookiesPlan(configOf('{ mode: require, onMissing: refuse }'), first)!
    assert.equal(second.secrets, first.secrets)
    assert.deepEqual([first.required, second.required], [false, true])
    assert.equal(second.onMissing, LimitVerdict.Refuse)
  })

  test('have the secrets that are given, the first of them current', () => {
    const [one, other] = ['1'.repeat(32), 'AB'.repeat(16)]
    const before = cookiesPlan(configOf('{}'), null)
    const plan = cookiesPlan(configOf(`{ secrets: ["${one}", "${other}"] }`), before)!
    assert.equal(plan.areRandom, false)
    const secrets = new CookieSecrets(plan.secrets)
    const state = secrets.state()
    const at = (age: number) => {
      const from = secrets.keyAt(state, age)
      return Buffer.from(Int32Array.from(secrets.words.subarray(from, from + 4)).buffer)
    }
    assert.equal(secrets.countOf(state), 2)
    assert.equal(at(0).toString('hex'), one)
    assert.equal(at(1).toString('hex'), other.toLowerCase())
    assert.notEqual(cookiesPlan(configOf('{}'), plan)!.secrets, plan.secrets)
  })
})

suite('a secret that is none', () => {
  test('is told where it stands and never shown, whatever it is', () => {
    const almost = `${'0123456789abcdef'.repeat(2)}0`
    for (const written of [
      `{ secrets: ["${almost}"] }`,
      `{ secrets: [${'1'.repeat(32)}] }`,
      `{ secrets: "${almost}" }`,
      `{ secrets: { a: "${almost}" } }`,
      `{ secrets: [["${almost}"]] }`,
    ]) {
      const loaded = parseConfig({ text: `cookies: ${written}`, file: null, environment: {} })
      assert.ok(!loaded.ok, written)
      const told = JSON.stringify(loaded.problems)
      assert.match(told, /secrets/)
      assert.doesNotMatch(told, /0123456789|1111/, told)
    }
  })
})
