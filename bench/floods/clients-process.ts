// Good clients, in a process of their own: questions leave by a schedule that no silence changes,
// and the time of an answer counts from the moment its question was due, whatever it took to get
// it: a truncated answer is asked for again over TCP, and a connection that ended is made anew.

import { setTimeout as sleep } from 'node:timers/promises'

import { serveParent } from '../lab/child.ts'
import { now } from '../lab/clock.ts'
import { nameLabel } from '../lab/questions.ts'
import { judge, makeQuery } from '../lab/message.ts'
import type { ClientKind, ClientsJob, ClientsRecord } from './clients.ts'
import { openWay, type Way } from './ways.ts'

/** Clients of each kind, with an address each; all kinds on their own. */
const CLIENTS = 8

/** One kind's questions and what became of them. */
class Kind {
  readonly record: ClientsRecord
  readonly #job: ClientsJob
  readonly #ways: Way[]
  readonly #queries = new Map<number, Buffer>()
  /** Milliseconds by which this kind's schedule stands behind the job's. */
  readonly #shift: number
  #lag = 0

  constructor(kind: ClientKind, index: number, job: ClientsJob) {
    this.#job = job
    // Each kind a little after the other, so that they do not meet at every query.
    this.#shift = ((job.offsets[1] ?? 0) * index) / job.kinds.length
    const count = job.offsets.length
    this.record = {
      kind,
      answeredAt: new Float64Array(count).fill(Number.NaN),
      outcome: new Uint8Array(count),
      lag: 0,
      cameBack: 0,
      reconnected: 0,
    }
    this.#ways = Array.from({ length: CLIENTS }, (_, i) => {
      const from = `198.51.100.${1 + index * CLIENTS + i}`
      return openWay(kind, { ...job, from, onAnswer: (answer) => this.#take(answer) })
    })
  }

  get settled(): boolean {
    return this.#queries.size === 0
  }

  /** Milliseconds, below 0 when it is not yet time. */
  lateness(index: number): number {
    return now() - (this.#job.startAt + this.#shift + this.#job.offsets[index]!)
  }

  ask(index: number, late: number): void {
    if (late > this.#lag) this.#lag = late
    // IDs are places in the schedule, which is shorter than there are IDs.
    const query = makeQuery(nameLabel('', index % this.#job.names), index)
    this.#queries.set(index, query)
    this.#ways[index % CLIENTS]!.ask(query)
  }

  finish(): ClientsRecord {
    const sum = (of: (way: Way) => number): number =>
      this.#ways.reduce((all, way) => all + of(way), 0)
    for (const way of this.#ways) way.close()
    return {
      ...this.record,
      lag: this.#lag,
      cameBack: sum((way) => way.cameBack),
      reconnected: sum((way) => way.reconnected),
    }
  }

  #take(answer: Buffer): void {
    const at = now() - this.#job.startAt - this.#shift
    const index = answer.length < 2 ? -1 : answer.readUInt16BE(0)
    const query = this.#queries.get(index)
    if (query === undefined || answer.length < query.length) return
    this.#queries.delete(index)
    if (at - this.#job.offsets[index]! > this.#job.timeout) return
    this.record.outcome[index] = judge(answer, query)
    this.record.answeredAt[index] = at
  }
}

async function go(job: ClientsJob): Promise<ClientsRecord[]> {
  const { offsets, timeout } = job
  const kinds = job.kinds.map((kind, index) => new Kind(kind, index, job))
  let next = 0
  while (next < offsets.length * kinds.length) {
    const kind = kinds[next % kinds.length]!
    const index = Math.floor(next / kinds.length)
    const late = kind.lateness(index)
    if (late < 0) {
      await sleep(Math.max(1, Math.floor(-late)))
      continue
    }
    kind.ask(index, late)
    next++
  }
  const last = now() + timeout
  while (kinds.some((kind) => !kind.settled) && now() < last) await sleep(5)
  return kinds.map((kind) => kind.finish())
}

serveParent((job) => go(job as ClientsJob))
