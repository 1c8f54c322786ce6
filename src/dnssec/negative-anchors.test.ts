import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ExtendedError } from '../wire/edns.ts'
import { RecordType, type TypeName } from '../wire/record-type.ts'
import { ChainWorld, name, START } from './chain/testing.ts'
import { EXEMPT_FOR_NOW } from './chain/trust.ts'
import { insecure, worse } from './finding.ts'
import { Security, type Verdict } from './verdict.ts'

const SUB = name('sub.example.')

async function judge(owner: string, type: TypeName, until: number): Promise<Verdict> {
  const world = new ChainWorld([{ domain: SUB, until }])
  return await world.validator.validate(world.answer(`${owner} ${RecordType[type]}`))
}

describe('below a negative trust anchor (RFC 7646)', () => {
  const below: readonly [string, TypeName][] = [
    ['www.sub.example.', 'A'],
    ['www.sub.example.', 'TXT'],
    ['nowhere.sub.example.', 'A'],
    // It leads there.
    ['www.org.', 'A'],
    ['www.org.', 'TXT'],
  ]
  for (const [owner, type] of below) {
    it(`${owner} ${type} is insecure, and for as long as that lasts`, async () => {
      for (const [until, isPassing] of [
        [START + 1, true],
        [Infinity, false],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop
        const verdict = await judge(owner, type, until)
        assert.deepEqual([verdict.security, verdict.isPassing], [Security.Insecure, isPassing])
      }
    })
  }

  it('is nothing proven, though the zone around it has signed it', async () => {
    const world = new ChainWorld([{ domain: name('www.example.'), until: START + 1 }])
    for (const question of ['www.example. 1', 'www.example. 16']) {
      // oxlint-disable-next-line no-await-in-loop
      const verdict = await world.validator.validate(world.answer(question))
      assert.deepEqual([verdict.security, verdict.isPassing], [Security.Insecure, true])
    }
  })

  it('passes with all that it is a part of', () => {
    const fault = { code: ExtendedError.UnsupportedDsDigest, text: 'of another part' }
    const other = insecure(fault, SUB)
    for (const both of [worse(other, EXEMPT_FOR_NOW), worse(EXEMPT_FOR_NOW, other)]) {
      assert.deepEqual(both, { ...other, isPassing: true })
    }
  })

  it('what is insecure elsewhere is so for good', async () => {
    const verdict = await judge('www.unsigned.example.', 'A', START + 1)
    assert.deepEqual([verdict.security, verdict.isPassing], [Security.Insecure, false])
  })
})
