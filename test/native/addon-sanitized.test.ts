// The C addon under AddressSanitizer and UndefinedBehaviorSanitizer. Needs clang, and fails without.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { it } from 'node:test'

const FUZZ = fileURLToPath(new URL('../../fuzz/addon.ts', import.meta.url))

it('neither reads nor writes out of bounds, whatever comes from either side', () => {
  const { status, stderr } = spawnSync(process.execPath, [FUZZ, '--seconds', '5'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  assert.equal(status, 0, stderr)
})
