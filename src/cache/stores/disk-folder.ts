// Which folder the file of answers lies in: one for each boot of the machine, for a file that nobody
// has flushed is whole as long as the machine runs, and perhaps torn when it died. See disk-file.ts.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const PREFIX = 'boot-'

/** How LMDB's files begin: two pages, of which one tells what holds. */
export const PAGE = 4_096
const META_PAGES = [0, PAGE]
const META_MAGIC = 24
const META_VERSION = 28
const MAGIC = 0xbe_ef_c0_de
const VERSION = 2

const DATA = 'data.mdb'

/** Null where the machine does not tell its boots apart: then the file must be safe at any time. */
export const BOOT = readBootId()

/** Holds the number of the last transaction that has reached the disk. */
const FLUSHED = 'flushed'

/**
 * @param path an existing folder
 * @param lastTransaction of the file in a folder; may throw where there is none
 * @returns the folder of this boot, with what the one before left if that is whole
 */
export function claimFolder(path: string, lastTransaction: (folder: string) => number): string {
  const folder = join(path, `${PREFIX}${BOOT ?? 'unknown'}`)
  const others = readdirSync(path).filter((name) => name.startsWith(PREFIX))
  for (const name of others) {
    const other = join(path, name)
    if (other === folder) continue
    if (!others.includes(folder) && isWhole(other, lastTransaction)) takeOver(other, folder)
    rmSync(other, { recursive: true, force: true })
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  removeForeign(join(folder, DATA))
  return folder
}

/** LMDB brings the process down over a file that is none of its own, so such a file is removed. */
function removeForeign(data: string): void {
  let begin: Buffer
  try {
    begin = readBegin(data)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // One that was only just made is empty.
  if (begin.length > 0 && !META_PAGES.every((at) => isMetaPage(begin, at))) rmSync(data)
}

function isMetaPage(begin: Buffer, at: number): boolean {
  if (begin.length < at + META_VERSION + 4) return false
  return (
    begin.readUInt32LE(at + META_MAGIC) === MAGIC &&
    begin.readUInt32LE(at + META_VERSION) === VERSION
  )
}

function readBegin(path: string): Buffer {
  const handle = openSync(path, 'r')
  try {
    const begin = Buffer.alloc(2 * PAGE)
    return begin.subarray(0, readSync(handle, begin, 0, begin.length, 0))
  } finally {
    closeSync(handle)
  }
}

/** Has everything in a folder reach the disk, and says so there. */
export function markFlushed(folder: string, lastTransaction: number): void {
  flushToDisk(join(folder, DATA))
  const mark = join(folder, FLUSHED)
  const written = `${mark}.${process.pid}`
  writeFileSync(written, String(lastTransaction), { mode: 0o600, flush: true })
  renameSync(written, mark)
  flushToDisk(folder)
}

/** Whether nothing was written since it last reached the disk. */
function isWhole(folder: string, lastTransaction: (folder: string) => number): boolean {
  try {
    const flushed = Number(readFileSync(join(folder, FLUSHED), 'utf8'))
    return flushed > 0 && flushed === lastTransaction(folder)
  } catch {
    return false
  }
}

/** Of several who start at once, one does it; for the others it is done. */
function takeOver(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch {
    // Somebody else has made the folder of this boot.
  }
}

function flushToDisk(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Null elsewhere than on Linux. */
function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null
  }
}
