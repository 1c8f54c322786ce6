import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { allocateStrippingMemory, StrippingGuard } from '../upstream/stripping-guard.ts'
import { Rcode } from '../wire/header.ts'
import { RootKeys, StrippingWatch } from './stripping-watch.ts'

const turn = () => new Promise(setImmediate)

function setUp() {
  const time = { now: 1_000 }
  const told: string[] = []
  const asked: string[] = []
  const keys = { now: RootKeys.Unsigned as RootKeys }
  const names = ['one', 'two']
  const guard = new StrippingGuard({
    memory: allocateStrippingMemory(names.length),
    names,
    seconds: () => time.now,
  })
  const watch = new StrippingWatch({
    guard,
    rootKeysAt: (upstream) => {
      asked.push(upstream)
      return Promise.resolve(keys.now)
    },
    events: {
      strippingFound: (upstream) => told.push(`found ${upstream}`),
      strippingGone: (upstream) => told.push(`gone ${upstream}`),
    },
  })
  return { watch, time, told, asked, keys }
}

suite('an upstream that answers without signatures', () => {
  test('strips them if the root’s keys come without one, which is told once', async () => {
    const it = setUp()
    for (let i = 0; i < 3; i++) it.watch.suspect('two', Rcode.NoError)
    await turn()
    assert.deepEqual(it.watch.strippers, ['two'])
    assert.deepEqual([it.asked, it.told], [['two'], ['found two']])
  })

  for (const keys of [RootKeys.Signed, RootKeys.None]) {
    test(`is not to blame when the root’s keys are ${keys}`, async () => {
      const it = setUp()
      it.keys.now = keys
      it.watch.suspect('two', Rcode.NXDomain)
      await turn()
      assert.deepEqual([it.watch.strippers, it.told], [[], []])
    })
  }

  test('is asked again when it does better, which is looked at while there are questions', async () => {
    const it = setUp()
    it.watch.suspect('two', Rcode.NoError)
    await turn()
    it.keys.now = RootKeys.Signed
    it.time.now += 600
    assert.deepEqual(it.watch.strippers, ['two'])
    await turn()
    assert.deepEqual(it.watch.strippers, [])
    assert.deepEqual(it.told, ['found two', 'gone two'])
  })

  test('may have had an error', async () => {
    const it = setUp()
    it.watch.suspect('two', Rcode.ServFail)
    await turn()
    assert.deepEqual(it.asked, [])
  })
})
