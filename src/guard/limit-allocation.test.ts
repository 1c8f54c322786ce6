import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PROBE = fileURLToPath(new URL('limit-allocation-probe.ts', import.meta.url))

test('limits allocate nothing for a query or an answer', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', PROBE], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  const { queries, grown, verdicts } = JSON.parse(stdout) as {
    queries: number
    grown: number
    verdicts: number[]
  }
  assert.ok(verdicts.slice(0, 3).every((count) => count > 1_000))
  // What the runtime does beside it is a megabyte, however many queries there are.
  assert.ok(grown < queries / 2, `${grown} octets for ${queries} queries`)
})
