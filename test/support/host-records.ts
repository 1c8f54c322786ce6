// Answers about hosts, and a transport whose server answers when a test tells it to.

import type { Health } from '../../src/upstream/health.ts'
import { Health as RealHealth } from '../../src/upstream/health.ts'
import type { PendingQuery } from '../../src/upstream/pending-query.ts'
import type { ProbeResult } from '../../src/upstream/probe.ts'
import type { UpstreamTransport } from '../../src/upstream/transport.ts'
import { parseIpv4, parseIpv6 } from '../../src/wire/text/address-text.ts'
import { AnswerScan } from '../../src/wire/answer-scan.ts'

export interface HostRecord {
  /** The question's name unless told otherwise. */
  readonly owner?: string
  /** What the owner is an alias of, instead of addresses. */
  readonly alias?: string
  readonly address?: string
  /** Seconds. */
  readonly ttl?: number
}

const TYPE_A = 1
const TYPE_CNAME = 5
const TYPE_AAAA = 28

/** An answer with those records; addresses of the other family than the one asked for stay out. */
export function makeHostAnswer(
  id: number,
  question: Uint8Array,
  records: readonly HostRecord[],
  rcode = 0,
): Buffer {
  const asked = question.at(-3)
  const fitting = records
    .map((record) => ({ record, type: typeOf(record) }))
    .filter(({ type }) => type === TYPE_CNAME || type === asked)
  const header = Buffer.from([id >> 8, id & 0xff, 0x81, 0x80 | rcode, 0, 1, 0, 0, 0, 0, 0, 0])
  header.writeUInt16BE(fitting.length, 6)
  return Buffer.concat([header, question, ...fitting.map(({ record }) => wireRecord(record))])
}

function typeOf({ alias, address }: HostRecord): number {
  if (alias !== undefined) return TYPE_CNAME
  return address?.includes(':') ? TYPE_AAAA : TYPE_A
}

function wireRecord(record: HostRecord): Buffer {
  const { owner, alias, address = '192.0.2.1', ttl = 3_600 } = record
  const name = owner === undefined ? Buffer.of(0xc0, 12) : wireName(owner)
  const octets = parseIpv4(address) ?? parseIpv6(address)!
  const rdata = alias === undefined ? Buffer.from(octets) : wireName(alias)
  const fixed = Buffer.from([0, typeOf(record), 0, 1, 0, 0, 0, 0, 0, rdata.length])
  fixed.writeUInt32BE(ttl, 4)
  return Buffer.concat([name, fixed, rdata])
}

function wireName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0])
}

/** A server behind a transport: what it was asked waits until the test has it answered. */
export class ManualServer implements UpstreamTransport {
  readonly name: string
  readonly health: Health = new RealHealth()
  readonly waiting = 0
  /** Questions ever asked, by their types. */
  readonly asked: number[] = []
  readonly cancelled: PendingQuery[] = []
  readonly #pending: PendingQuery[] = []
  readonly #scan = new AnswerScan()

  constructor(name: string) {
    this.name = name
  }

  get inFlight(): number {
    return this.#pending.length
  }

  submit(pending: PendingQuery): void {
    this.asked.push(pending.question.question.at(-3)!)
    this.#pending.push(pending)
  }

  cancel(pending: PendingQuery): void {
    this.cancelled.push(pending)
    this.#pending.splice(this.#pending.indexOf(pending), 1)
  }

  /** Answers all that waits. */
  answer(records: readonly HostRecord[], rcode = 0, only: number | null = null): void {
    const chosen = this.#pending.filter(
      ({ question }) => only === null || question.question.at(-3) === only,
    )
    for (const pending of chosen) {
      const { question } = pending.question
      this.#pending.splice(this.#pending.indexOf(pending), 1)
      const message = makeHostAnswer(1, question, records, rcode)
      const fault = this.#scan.scan(message, 0, message.length)
      if (fault !== 0) throw new Error(`the answer has fault ${fault}`)
      pending.owner.onPendingAnswer(pending, this.#scan)
    }
  }

  /** Fails all that waits. */
  fail(detail = 'connection refused'): void {
    for (const pending of this.#pending.splice(0)) {
      pending.owner.onPendingFailure(pending, 'connect', detail)
    }
  }

  probe(): Promise<ProbeResult> {
    return Promise.reject(new Error('nobody probes here'))
  }

  drain(): void {}

  close(): void {}
}
