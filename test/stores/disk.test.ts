// A file on this machine's disk: its contract, and what only a file can suffer.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiskKeeper } from '../../src/cache/stores/disk-keeper.ts'
import { DiskStore } from '../../src/cache/stores/disk.ts'
import { storeContract } from './store-contract.ts'

const SIZE = 64 * 2 ** 20

storeContract('a file on disk', async () => {
  const path = mkdtempSync(join(tmpdir(), 'dotward-disk-'))
  const thread = new SharedArrayBuffer(4)
  const keeper = await DiskKeeper.start({ path, size: SIZE, thread, onLost: () => {} })
  return {
    open: () => new DiskStore({ thread, onLost: () => {}, onConnected: () => {} }),
    server: null,
    takesClaims: false,
    [Symbol.asyncDispose]: async () => {
      await keeper.close()
      rmSync(path, { recursive: true })
    },
  }
})
