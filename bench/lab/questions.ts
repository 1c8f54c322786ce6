// Files of questions, as the load generators read them.

import { closeSync, openSync, writeSync } from 'node:fs'

import { makeQuery } from './message.ts'
import { ZONE } from './upstream.ts'

export interface QuestionFile {
  readonly file: string
  /** Start of every name, of letters and digits; another prefix, other names. */
  readonly prefix: string
  /** How many names there are to ask for. */
  readonly names: number
  /** How many questions to write; as many as there are names unless said. */
  readonly questions?: number
  /** Names in scattered order, so that neighbours in the file are no neighbours in a cache. */
  readonly scattered?: boolean
}

/** A prime above every number of names in use: steps of it, modulo that number, meet each once. */
const STRIDE = 7_368_787

/** For dnsperf, one "name type" a line. */
export const writeQuestions = (options: QuestionFile): string =>
  writeLines(options, (label) => `${label}.${ZONE} A`)

/** For h2load, one URI a line, the ID of each query 0 (RFC 8484 §4.1). */
export const writeUris = (options: QuestionFile, origin: string): string =>
  writeLines(
    options,
    (label) => `${origin}/dns-query?dns=${makeQuery(label, 0).toString('base64url')}`,
  )

/** The first label of the name with that number. */
export const nameLabel = (prefix: string, number: number): string =>
  prefix.padStart(8, 'x') + number.toString(36).padStart(5, '0')

/** Names are of one length within a file and between files, so that all weigh the same. */
function writeLines(options: QuestionFile, toLine: (label: string) => string): string {
  const { file, prefix, names, questions = names, scattered = false } = options
  const output = openSync(file, 'w')
  let lines: string[] = []
  for (let i = 0; i < questions; i++) {
    const name = scattered ? (i * STRIDE) % names : i % names
    lines.push(`${toLine(nameLabel(prefix, name))}\n`)
    if (lines.length === 65_536 || i === questions - 1) {
      writeSync(output, lines.join(''))
      lines = []
    }
  }
  closeSync(output)
  return file
}
