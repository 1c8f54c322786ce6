// The file of what was learnt of trusted keys: read when a configuration names it, written in its place
// whole. Whatever is wrong with it is told in the log; what is configured is trusted without it.

import { readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { replaceFile } from '../cache/snapshot/replace-file.ts'
import {
  type AnchorState,
  formatAnchorState,
  isAnchorState,
  readAnchorState,
} from '../dnssec/anchors/anchor-state.ts'
import type { Logger } from '../observe/log.ts'

/** Anybody may read it: it holds public keys. */
const MODE = 0o644

export interface AnchorFileOptions {
  readonly path: string
  readonly log: Logger
}

export class AnchorFile {
  readonly path: string
  readonly #log: Logger
  /** What stands in it as far as is known; null when it must be written. */
  #text: string | null = null
  /** Writes happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #failing = false
  /** Whether what stands there is kept under another name, for people to look at. */
  #refused = false

  constructor({ path, log }: AnchorFileOptions) {
    this.path = path
    this.#log = log
  }

  /** What it holds; nothing, and a line in the log, when it cannot be used. */
  read(): AnchorState {
    const { path } = this
    try {
      const text = readFileSync(path, 'utf8')
      const state = readAnchorState(text)
      if (typeof state !== 'string') {
        this.#text = text
        return state
      }
      this.#refused = true
      this.#log.warn(`${REFUSED}: ${state}`, { path })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT') this.#log.warn(REFUSED, { path, error: message })
    }
    return new Map()
  }

  /** Writes it when something is new. Never rejects. */
  write(state: AnchorState): Promise<void> {
    const written = this.#turn.then(() => this.#write(formatAnchorState(state)))
    this.#turn = written
    return written
  }

  async #write(text: string): Promise<void> {
    if (text === this.#text) return
    const { path } = this
    try {
      if (!this.#mayReplace()) throw new Error('it is another program’s, and is left alone')
      if (this.#refused) await rename(path, `${path}.refused`)
      this.#refused = false
      await replaceFile(path, (draft) => draft.writeFile(text), { mode: MODE })
      this.#text = text
      if (this.#failing)
        this.#log.info('what is learnt of trust anchors is written again', { path })
      this.#failing = false
    } catch (error) {
      if (!this.#failing) this.#log.error(UNWRITTEN, { path, error: (error as Error).message })
      this.#failing = true
    }
  }

  #mayReplace(): boolean {
    try {
      return isAnchorState(readFileSync(this.path, 'utf8'))
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT'
    }
  }
}

const REFUSED =
  'the file of what was learnt of trust anchors is refused: those configured or built in are trusted'

const UNWRITTEN =
  'what is learnt of trust anchors cannot be written, and is lost at a restart: see that the folder is writable'
