// Writes a file in the place of another, at once and whole: whatever happens meanwhile, there is the
// file from before or the new one.

import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface ReplaceOptions {
  readonly mode: number
  /** Gives up when it is aborted, and leaves the file as it was. */
  readonly signal?: AbortSignal
}

/**
 * Rejects, and leaves the file as it was, when it cannot be written.
 * @returns what `write` does
 */
export async function replaceFile<Result>(
  path: string,
  write: (draft: FileHandle) => Promise<Result>,
  { mode, signal }: ReplaceOptions,
): Promise<Result> {
  const draft = `${path}.tmp`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', mode)
  try {
    const result = await write(file)
    await file.sync()
    if (!(await isAt(draft, file))) throw new Error(`${draft} is another process’s by now`)
    signal?.throwIfAborted()
    await rename(draft, path)
    await syncFolder(dirname(path))
    return result
  } catch (error) {
    if (await isAt(draft, file)) await rm(draft, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/** Another process with the same path in its configuration may have a draft of its own there by now. */
async function isAt(path: string, file: FileHandle): Promise<boolean> {
  const there = await stat(path).catch(() => null)
  return there !== null && there.ino === (await file.stat()).ino
}

/** So that the new name outlives a loss of power. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
