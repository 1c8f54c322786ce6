import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PROBE = fileURLToPath(new URL('allocation-probe.ts', import.meta.url))

/** Octets of heap: how far it grew meanwhile, and what of that stayed. */
interface Grown {
  readonly requests: number
  readonly grown: number
  readonly retained: number
}

test('a request that is answered at once allocates nothing, GET or POST', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', PROBE], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  const { requests, grown, retained } = JSON.parse(stdout) as Grown
  assert.equal(requests, 200_000)
  // What the runtime does beside it, such as compiling code anew, is a few kilobytes.
  assert.ok(grown < requests, `${grown} octets for ${requests} requests`)
  assert.ok(retained < requests / 10, `${retained} octets kept`)
})
