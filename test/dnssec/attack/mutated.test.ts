// A bounded part of what the fuzzers try, so that every run of the tests tries some.

import assert from 'node:assert/strict'
import { it } from 'node:test'

import { fuzzDenial } from '../../../fuzz/denial.ts'
import { fuzzProvenRanges } from '../../../fuzz/proven-ranges.ts'
import { fuzzSignedAnswers } from '../../../fuzz/signed-answers.ts'
import { fuzzValidator } from '../../../fuzz/validator.ts'

it('reads, and checks the signatures of, whatever changed answers hold', async () => {
  const { inputs } = await fuzzSignedAnswers({ seconds: Infinity, inputs: 5_000, seed: 4_035 })
  assert.equal(inputs, 5_000)
})

it('believes nothing false, and takes nothing for unsigned, of an upstream that lies about anything', async () => {
  const options = { seconds: Infinity, inputs: 2_000, seed: 5_155 }
  const { inputs, counts, most } = await fuzzValidator(options)
  assert.equal(inputs, 2_000)
  // Lies about what does not count are not taken amiss, so that the others are told apart.
  assert.ok(counts['lies that change nothing']! > 100)
  assert.ok(most.get('verified')!.amount > 4)
})

it('has nothing proven that is not so, of any choice of a zone’s records', async () => {
  const { inputs, counts, most } = await fuzzDenial({
    seconds: Infinity,
    inputs: 4_000,
    seed: 6_840,
  })
  assert.equal(inputs, 4_000)
  assert.ok(counts['proofs that held']! > 2_000)
  // Its dearest input is found again by the seed of its round and its number there.
  const { amount, seed, number } = most.get('hashed')!
  const again = await fuzzDenial({ seconds: Infinity, inputs: number, seed })
  assert.equal(again.most.get('hashed')!.amount, amount)
  assert.equal(again.most.get('hashed')!.number, number)
})

it('says nothing without asking that is not so (RFC 8198)', async () => {
  const options = { seconds: Infinity, inputs: 1_500, seed: 8_198 }
  const { inputs, counts } = await fuzzProvenRanges(options)
  assert.equal(inputs, 1_500)
  assert.ok(counts['denials without asking']! > 200)
  assert.ok(counts['wildcards without asking']! > 20)
})
