import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readSnapshot } from './read.ts'
import { readOptions, SnapshotFolder, TestCache } from './testing.ts'

const PROCESS = fileURLToPath(new URL('./kill-process.ts', import.meta.url))

/** Entries of the largest snapshot: it takes some ten milliseconds, most of them on the disk. */
const ENTRIES = 5_000

const KILLS = 50

/** Milliseconds of writing before the end comes, at the most: several snapshots' worth. */
const MAX_LIFE = 60

test(`killed in the middle of a snapshot, ${KILLS} times: the next start finds a whole one`, async () => {
  using folder = new SnapshotFolder()
  let drafts = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [PROCESS, folder.path, String(ENTRIES)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    // At another moment each time.
    await delay((kill * 37) % MAX_LIFE)
    child.kill('SIGKILL')
    await ended
    const after = new TestCache(16 * 1024 * 1024)
    const result = await readSnapshot(folder.path, readOptions(after))
    assert.ok(result.ok, `kill ${kill}: ${result.ok || result.fault}`)
    assert.ok(result.restored > 0 && result.passed === 0)
    for (let i = 0; i < ENTRIES; i += 97) {
      const found = after.get(`n${i}.example.org`)
      if (found !== null) assert.equal(found.mark, i)
    }
    if (folder.hasDraft) drafts++
  }
  assert.ok(drafts > 0, 'no kill came in the middle')
})
