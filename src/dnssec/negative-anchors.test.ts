import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { RecordType, type TypeName } from '../wire/record-type.ts'
import { ChainWorld, name, START } from './chain/testing.ts'
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

  it('what is insecure elsewhere is so for good', async () => {
    const verdict = await judge('www.unsigned.example.', 'A', START + 1)
    assert.deepEqual([verdict.security, verdict.isPassing], [Security.Insecure, false])
  })
})
