// What a DoT upstream can do to answers that it passes on, in front of which a whole dotward stands that
// has no other: nothing bogus is ever served as secure, or at all but to those who disable checking.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Dotward } from '../../support/dotward.ts'
import { allCases, casesByKind } from './cases/all.ts'
import { Stage } from './stage.ts'
import { ORDERS, TamperedWorld } from './tampered-world.ts'
import { tryCase } from './trial.ts'

/** Cases tried at the same time. */
const AT_A_TIME = 8

const world = new TamperedWorld(allCases)
const running = new AsyncDisposableStack()
const stage = running.use(new Stage(world.anchors))
let proxy: Dotward

before(async () => {
  const upstream = running.use(await world.start(stage.certificate))
  proxy = running.use(await Dotward.start(stage.config([upstream])))
})
after(() => running.disposeAsync())

test('there is one of each kind', () => {
  const titles = allCases.map(({ title }) => title)
  assert.deepEqual(
    titles.filter((title, i) => titles.indexOf(title) !== i),
    [],
  )
})

for (const [kind, cases] of Object.entries(casesByKind)) {
  describe(`an upstream that ${kind}`, { concurrency: AT_A_TIME }, () => {
    for (const one of cases) {
      test(`${one.title}: ${one.outcome.is}`, async () => {
        for (const order of ORDERS) await tryCase(one, order, world, proxy.port)
      })
    }
  })
}

test('all of it is counted, by what it was found to be', async () => {
  const count = await proxy.counters()
  const bogus = allCases.map(({ outcome }) => outcome).filter((outcome) => outcome.is === 'bogus')
  const found = count('dnssec_validations{result="bogus"}')
  // Of each case two zones, and of each zone what those get who ask with DO and those who do not.
  assert.ok(found >= bogus.length * 4, `${found}`)
  assert.equal(count('upstream_failures{upstream="up-0",kind="bogus"}'), found)
  let told = 0
  for (const code of new Set(bogus.map((outcome) => outcome.code))) {
    const ofCode = count(`dnssec_bogus{info_code="${code}"}`)
    assert.ok(ofCode >= bogus.filter((outcome) => outcome.code === code).length * 4, `${code}`)
    told += ofCode
  }
  assert.equal(told, found)
  assert.ok(count('dnssec_signatures{result="bad"}') > 0)
  assert.ok(count('dnssec_validations{result="secure"}') >= allCases.length)
  // There is nobody else to ask, and whoever has the keys of the root signed strips nothing.
  assert.equal(count('dnssec_retries'), 0)
  assert.equal(count('dnssec_stripping{event="found"}'), 0)
})

test('the log names no client’s question, and no fault of the program', () => {
  assert.doesNotMatch(proxy.program.output, /fault in|checked-\d+/)
})
