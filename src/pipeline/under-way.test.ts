import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../cache/testing.ts'
import type { QuestionKey } from '../wire/question-key.ts'
import { Resolution, type ResolutionOwner } from './resolution.ts'
import { UnderWay } from './under-way.ts'

const owner: ResolutionOwner = { answered() {}, failed() {} }

function within(subnet: readonly number[]): QuestionKey {
  const key = keyOf('www.example.org')
  key.within(Uint8Array.from(subnet))
  return key
}

function begin(key: QuestionKey): Resolution {
  const times = { startedAt: 0, deadline: 1_000 }
  return new Resolution({ owner, key, options: null, subnet: null, ...times, isRenewal: false })
}

test('questions for other networks are other questions, even where they hash alike (RFC 7871)', () => {
  const underWay = new UnderWay()
  const keys = [
    keyOf('www.example.org'),
    within([0, 1, 24, 0, 198, 51, 100]),
    within([0, 1, 24, 0, 198, 51, 101]),
    within([0, 1, 23, 0, 198, 51, 100]),
    within([0, 2, 24, 0, 198, 51, 100]),
    within([0, 1, 0, 0]),
  ]
  const resolutions = keys.map((key) => {
    key.hash = keys[0]!.hash
    const found = underWay.find(key)
    assert.equal(found, null)
    const resolution = begin(key)
    underWay.add(resolution)
    return resolution
  })
  for (const [i, key] of keys.entries()) assert.equal(underWay.find(key), resolutions[i])
})
