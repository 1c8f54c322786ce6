// What only a file on disk can suffer: processes that are killed while they write, threads that end,
// a file that is full, a machine that dies, a folder that is of no use.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { DiskFile } from '../../src/cache/stores/disk-file.ts'
import { DiskKeeper } from '../../src/cache/stores/disk-keeper.ts'
import { DiskStore } from '../../src/cache/stores/disk.ts'
import { wholeBatch } from '../support/numbered-entries.ts'
import { type RunningProgram, startProgram } from '../support/processes.ts'

const MIB = 2 ** 20
const SUPPORT = join(import.meta.dirname, '..', 'support')
const LOCK = join(import.meta.dirname, '../../src/cache/stores/disk-lock.ts')
const WRITER = join(SUPPORT, 'disk-writer.ts')
const USER = join(SUPPORT, 'disk-user.ts')

let path: string
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'dotward-disk-'))
})
afterEach(() => rmSync(path, { recursive: true }))

suite('a process that is killed while it writes', () => {
  test('leaves a file that opens, with all that it said was in and nothing by halves', async () => {
    for (let round = 0; round < 10; round++) {
      await using writer = await startWriter('a')
      await writer.stop('SIGKILL')
      const told = Number(writer.output.trimEnd().split('\n').at(-1))
      const file = new DiskFile({ path, size: 32 * MIB })
      const found = wholeBatch('a', (key) => file.get([key])[0]!)
      assert.ok(found >= told, `${told} was in, ${found} is there`)
      file.close()
    }
  })
})

suite('a folder', () => {
  test('is for one process at a time, and free as soon as that has ended', async () => {
    const script = `
      import { lockFolder } from ${JSON.stringify(LOCK)}
      await lockFolder(process.argv[1])
      console.log('locked')
      setInterval(() => {}, 1_000)`
    const args = ['--input-type=module', '-e', script, '--', path]
    await using holder = startProgram(process.execPath, args)
    await holder.printed(/locked/)
    await assert.rejects(start(), /another process uses it/)
    const patient = start()
    await holder.stop('SIGKILL')
    const { keeper } = await patient
    await keeper.close()
  })
})

async function startWriter(name: string): Promise<RunningProgram> {
  const writer = startProgram(process.execPath, [WRITER, path, name])
  await writer.printed(/^3\d*\n/m)
  return writer
}

suite('a file on disk', () => {
  test('that is full forgets what lapses soonest, and takes and answers all the while', () => {
    const file = new DiskFile({ path, size: 16 * MIB })
    const now = Date.now()
    const count = 100
    for (let batch = 0; batch < count; batch++) {
      const entries = Array.from({ length: 100 }, (_, i) => ({
        key: `${batch}-${i}.example.org./A/IN/0`,
        record: randomBytes(i === 0 ? 65_535 : 3_000),
        expiresAt: now + 60_000 + batch * 1_000,
      }))
      file.put(entries)
      const found = file.get(entries.map(({ key }) => key))
      assert.ok(found.every((record) => record !== null))
    }
    assert.equal(file.get(['0-1.example.org./A/IN/0'])[0], null)
    assert.notEqual(file.get([`${count - 5}-1.example.org./A/IN/0`])[0], null)
    assert.ok(statSync(join(folderIn(path), 'data.mdb')).size < 20 * MIB)
    file.close()
  })

  test('is for its owner alone', () => {
    const file = new DiskFile({ path: join(path, 'made'), size: 16 * MIB })
    const folder = folderIn(join(path, 'made'))
    for (const [entry, mode] of [
      [join(path, 'made'), 0o700],
      [folder, 0o700],
      [join(folder, 'data.mdb'), 0o600],
      [join(folder, 'data.mdb-lock'), 0o600],
    ] as const) {
      assert.equal(statSync(entry).mode & 0o777, mode, entry)
    }
    file.close()
  })

  test('that an earlier boot closed well is taken over', () => {
    const file = writeOne()
    file.close()
    renameSync(folderIn(path), join(path, 'boot-before'))
    assert.equal(readOne(), 'kept')
    assert.equal(readdirSync(path).length, 1)
  })

  test('that was in use when the machine died is not trusted, and started anew', () => {
    const file = writeOne()
    file.close()
    const again = new DiskFile({ path, size: 16 * MIB })
    again.put([{ key: 'b', record: Buffer.from('b'), expiresAt: Date.now() + 60_000 }])
    renameSync(folderIn(path), join(path, 'boot-before'))
    assert.equal(readOne(), null)
    assert.equal(readdirSync(path).length, 1)
  })

  test('that is no file of answers is started anew', () => {
    for (const octets of [randomBytes(100_000), Buffer.alloc(8_192), randomBytes(10)]) {
      const file = writeOne()
      file.close()
      writeFileSync(join(folderIn(path), 'data.mdb'), octets)
      assert.equal(readOne(), null)
    }
  })

  test('whose beginning is torn is started anew', () => {
    for (const page of [0, 4_096]) {
      const file = writeOne()
      file.close()
      const data = join(folderIn(path), 'data.mdb')
      const octets = readFileSync(data)
      octets.fill(0xff, page, page + 100)
      writeFileSync(data, octets)
      assert.equal(readOne(), null)
    }
  })

  test('that cannot be made is not opened, and the reason is told', async () => {
    const folder = join(path, 'in-the-way')
    writeFileSync(folder, '')
    await assert.rejects(start(folder), /EEXIST/)
    await assert.rejects(start(join(folder, 'below')), /ENOTDIR/)
  })

  function writeOne(): DiskFile {
    const file = new DiskFile({ path, size: 16 * MIB })
    file.put([{ key: 'a', record: Buffer.from('kept'), expiresAt: Date.now() + 60_000 }])
    return file
  }

  function readOne(): string | null {
    const file = new DiskFile({ path, size: 16 * MIB })
    const record = file.get(['a'])[0]!
    file.close()
    return record === null ? null : Buffer.from(record).toString()
  }
})

suite('threads that use a file on disk', () => {
  test('may end at any time, in any way, and the others go on', async () => {
    const { keeper, thread } = await start()
    const store = openStore(thread)
    for (const way of ['terminate', 'exit', 'throw']) {
      for (let round = 0; round < 5; round++) {
        const worker = new Worker(USER, { workerData: { thread, way } })
        worker.on('error', () => {})
        const exited = new Promise((resolve) => {
          worker.once('exit', resolve)
        })
        await new Promise((resolve) => {
          worker.once('message', resolve)
        })
        if (way === 'terminate') await worker.terminate()
        await exited
      }
      await untilItTakes(store, way)
      assert.notEqual(await store.get(way), null)
    }
    await store.close()
    await keeper.close()
  })

  test('find it again when it was closed and is open again', async () => {
    const { keeper, thread } = await start()
    const store = openStore(thread)
    await untilItTakes(store, 'before')
    await keeper.close()
    await assert.rejects(store.get('before'))
    const { keeper: next } = await start(path, thread)
    await untilItTakes(store, 'after')
    assert.notEqual(await store.get('before'), null)
    await store.close()
    await next.close()
  })
})

async function start(folder = path, thread = new SharedArrayBuffer(4)) {
  const options = { path: folder, size: 16 * MIB, thread, onLost: () => {} }
  return { thread, keeper: await DiskKeeper.start(options) }
}

function openStore(thread: SharedArrayBuffer): DiskStore {
  return new DiskStore({ thread, onLost: () => {}, onConnected: () => {} })
}

async function untilItTakes(store: DiskStore, key: string): Promise<void> {
  const expiresAt = Date.now() + 60_000
  const put = () => store.put([{ key, record: randomBytes(9), expiresAt, readable: null }])
  while (
    !(await put().then(
      () => true,
      () => false,
    ))
  ) {
    await sleep(20)
  }
}

function folderIn(parent: string): string {
  return join(parent, readdirSync(parent).find((name) => name.startsWith('boot-'))!)
}
