// A bounded part of what the fuzzers try, so that every run of the tests tries some.

import assert from 'node:assert/strict'
import { it } from 'node:test'

import { fuzzSignedAnswers } from '../../../fuzz/signed-answers.ts'

it('reads, and checks the signatures of, whatever changed answers hold', async () => {
  const inputs = await fuzzSignedAnswers({ seconds: Infinity, inputs: 20_000, seed: 4_035 })
  assert.ok(inputs >= 20_000)
})
