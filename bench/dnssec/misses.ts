// Validated misses: each question is for a name that nobody asked for before, in a zone whose keys the
// system knows by then.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Lab } from '../lab/lab.ts'
import { makeQuery } from '../lab/message.ts'
import { ask } from '../lab/probe.ts'
import type { RunningSystem } from '../lab/system.ts'
import type { Round } from '../measure/results.ts'
import { AnswerKind, RCODES } from './results.ts'
import { type Algorithm, NAMES, nameIn, noNameIn, ZONES } from './zones.ts'

/** Of the names, so many are asked for unmeasured beforehand, and all others while it counts. */
const WARM_NAMES = 20_000
const OUTSTANDING = 200

/** So many of the answers are looked at afterwards. */
const CHECKED = 50

/** Bit of the second octet of flags (RFC 4035 §3.2.3). */
const AUTHENTIC = 0x20

export interface MissRoom {
  readonly lab: Lab
  /** For files of questions. */
  readonly dir: string
}

/**
 * @param validates whether its answers must say that they are authentic
 * @throws Error when they do not
 */
export async function measureValidated(
  room: MissRoom,
  running: RunningSystem,
  { algorithm, kind, validates }: { algorithm: Algorithm; kind: AnswerKind; validates: boolean },
  round: number,
): Promise<Round> {
  const zone = ZONES[algorithm]
  const label = kind === AnswerKind.Positive ? nameIn : noNameIn
  const put = (from: number, to: number): Promise<Round> => {
    const questions = join(room.dir, 'names.questions')
    const lines = Array.from({ length: to - from }, (_, i) => `${label(from + i)}.${zone} A\n`)
    writeFileSync(questions, lines.join(''))
    return room.lab.measure(running, { questions, passes: 1, outstanding: OUTSTANDING }, round)
  }
  await put(0, WARM_NAMES)
  const measured = await put(WARM_NAMES, NAMES)
  if ((measured.rcodes[RCODES[kind]] ?? 0) === 0) throw new Error('no good answer')
  if (validates)
    await checkAuthentic(
      running.port,
      Array.from({ length: CHECKED }, (_, i) => label(WARM_NAMES + i)),
      zone,
    )
  return measured
}

/** Answers say that they were validated to those who ask with AD (RFC 6840 §5.7). */
export async function checkAuthentic(
  port: number,
  labels: readonly string[],
  zone: string,
): Promise<void> {
  for (const [id, label] of labels.entries()) {
    const query = makeQuery(label, id, zone)
    query[3]! |= AUTHENTIC
    const answer = await ask(port, query)
    if ((answer[3]! & AUTHENTIC) === 0) throw new Error(`${label}.${zone} came without AD`)
  }
}
