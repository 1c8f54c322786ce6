import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PROBE = fileURLToPath(new URL('allocation-probe.ts', import.meta.url))

/** Octets of a number that is no small integer. */
const TIME_LENGTH = 16

/** Octets of heap: how far it grew meanwhile, and what of that stayed. */
interface Grown {
  readonly queries: number
  readonly batches: number
  readonly grown: number
  readonly retained: number
}

for (const guard of ['unguarded', 'guarded']) {
  test(`a query that the cache answers allocates nothing, ${guard}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', PROBE, guard], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    const { queries, batches, grown, retained } = JSON.parse(stdout) as Grown
    assert.equal(queries, 200_000)
    // What the runtime does beside it, such as compiling code anew, is a few kilobytes. The time of
    // limits is a number on the heap, one for each batch; and one more for each of the two functions
    // that tell it, unless the compiler puts them where they are called.
    const expected = guard === 'guarded' ? 3 * TIME_LENGTH * batches : 0
    assert.ok(grown < expected + queries, `${grown} octets for ${queries} queries`)
    assert.ok(retained < queries / 10, `${retained} octets kept`)
  })
}
