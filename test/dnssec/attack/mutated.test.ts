// A bounded part of what the fuzzers try, so that every run of the tests tries some.

import assert from 'node:assert/strict'
import { it } from 'node:test'

import { fuzzDenial } from '../../../fuzz/denial.ts'
import { fuzzSignedAnswers } from '../../../fuzz/signed-answers.ts'
import { fuzzValidator } from '../../../fuzz/validator.ts'

it('reads, and checks the signatures of, whatever changed answers hold', async () => {
  const inputs = await fuzzSignedAnswers({ seconds: Infinity, inputs: 20_000, seed: 4_035 })
  assert.ok(inputs >= 20_000)
})

it('believes nothing false, and takes nothing for unsigned, of an upstream that lies about anything', async () => {
  const { inputs, secure } = await fuzzValidator({ seconds: Infinity, inputs: 4_000, seed: 5_155 })
  assert.ok(inputs >= 4_000)
  // Lies about what does not count are not taken amiss, so that the others are told apart.
  assert.ok(secure > 100)
})

it('has nothing proven that is not so, of any choice of a zone’s records', () => {
  const { inputs, proven } = fuzzDenial({ seconds: Infinity, inputs: 8_000, seed: 6_840 })
  assert.ok(inputs >= 8_000)
  assert.ok(proven > 4_000)
})
