import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { startWorld } from '../world/world.ts'
import { compareOpinions, formatDisagreement, take } from './compare.ts'
import { Questions } from './questions.ts'
import { startDotward } from './validators.ts'

const SEED = 8_198
const QUESTIONS = 3_000

/** Their parents deny, signed and without opt-out, that there is a child: then it is right to say so. */
const DENIED_BY_PARENT = /(?:^|\.)child\.(?:not-opted-out|no-ns-bit)\.broken\.example\.$/i

describe('answers by what was proven of other names (RFC 8198)', () => {
  it('are what the zones of the world answer themselves', async () => {
    await using world = await startWorld()
    await using asking = await startDotward(world)
    await using sparing = await startDotward(world, true)
    const questions = new Questions(world.files, SEED)
    const asked = take(QUESTIONS, () => questions.next())
    const { disagreements } = await compareOpinions([asking, sparing], asked)
    const open = disagreements.filter((found) => !DENIED_BY_PARENT.test(found.asked.name))
    assert.deepEqual(open.map(formatDisagreement), [])
  })
})
