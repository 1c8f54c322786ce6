// CPU time of the DoT client alone: questions pushed at a local Unbound, so many outstanding, and
// what each answer cost this process. Run it pinned to a core of its own, for instance
// `taskset -c 1 node bench/miss-client.ts 200000 200`; Unbound is put on core 0.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Exchange, UpstreamFailure, UpstreamQuestion } from '../src/upstream/exchange.ts'
import { DotForwarder } from '../test/support/dot-forwarder.ts'
import { DEFAULT_UPSTREAM_LIMITS } from '../src/upstream/options.ts'
import { SessionStore } from '../src/upstream/tls/session-store.ts'
import type { AnswerScan } from '../src/wire/answer-scan.ts'
import { makeCertificates, TLS_NAME } from './lab/certificates.ts'
import { Upstream } from './lab/upstream.ts'

const DEADLINE = 5_000
const PROBE_TIMEOUT = 3_000
const UPSTREAM_CORE = 0
const RETRY_AFTER = 100

/** `<number>.bench.example IN A`, changed in place before each use. */
class Asker implements Exchange {
  readonly question: UpstreamQuestion
  startedAt = 0
  deadline = 0
  readonly #digits: Uint8Array
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
    const bytes = Buffer.from('\x0800000000\x05bench\x07example\0\0\x01\0\x01', 'latin1')
    const question = new Uint8Array(bytes)
    this.#digits = question.subarray(1, 9)
    this.question = {
      question,
      dnssecOk: false,
      checkingDisabled: false,
      options: null,
      subnet: null,
    }
  }

  ask(number: number): void {
    let rest = number
    for (let i = 7; i >= 0; i--) {
      this.#digits[i] = 0x30 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    this.startedAt = performance.now()
    this.deadline = this.startedAt + DEADLINE
    this.#run.forwarder.forward(this)
  }

  onAnswer(answer: AnswerScan): void {
    if (answer.rcode === 0) this.#run.good++
    this.#run.next(this)
  }

  onFailure(failure: UpstreamFailure): void {
    this.#run.failures.push(failure)
    this.#run.next(this)
  }
}

class Run {
  readonly forwarder: DotForwarder
  good = 0
  readonly failures: UpstreamFailure[] = []
  #asked = 0
  #answered = 0
  readonly #total: number
  readonly #base: number
  #done: () => void = () => {}

  constructor(forwarder: DotForwarder, total: number, base: number) {
    this.forwarder = forwarder
    this.#total = total
    this.#base = base
  }

  async start(outstanding: number): Promise<void> {
    const finished = new Promise<void>((resolve) => {
      this.#done = resolve
    })
    for (let i = 0; i < outstanding; i++) this.#ask(new Asker(this))
    await finished
  }

  next(asker: Asker): void {
    if (++this.#answered === this.#total) this.#done()
    else if (this.#asked < this.#total) this.#ask(asker)
  }

  #ask(asker: Asker): void {
    asker.ask(this.#base + this.#asked++)
  }
}

async function measure(forwarder: DotForwarder, total: number, outstanding: number, base: number) {
  const run = new Run(forwarder, total, base)
  const begun = performance.now()
  const before = process.cpuUsage()
  await run.start(outstanding)
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - begun) / 1000
  const each = (micros: number): string => (micros / run.good).toFixed(2)
  console.log(
    `${run.good} good, ${run.failures.length} failed, ${outstanding} outstanding: ` +
      `${each(user + system)} µs per answer (user ${each(user)}, system ${each(system)}), ` +
      `${Math.round(run.good / seconds)} per second`,
  )
  if (run.failures.length > 0) console.log(run.failures[0])
}

/** Until Unbound listens. */
async function waitFor(upstreams: DotForwarder): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const [result] = await upstreams.probe(PROBE_TIMEOUT)
    if (result?.answered) return
    await delay(RETRY_AFTER)
  }
  throw new Error('the upstream does not answer')
}

const total = Number(process.argv[2] ?? 200_000)
const outstanding = Number(process.argv[3] ?? 200)
const rounds = Number(process.argv[4] ?? 3)
const dir = mkdtempSync(join(tmpdir(), 'dotward-bench-'))
const certificates = makeCertificates(dir)
const upstream = await Upstream.start(join(dir, 'upstream'), certificates, UPSTREAM_CORE)
const forwarder = new DotForwarder({
  upstreams: [
    {
      name: 'unbound',
      address: '127.0.0.1',
      port: upstream.port,
      tlsName: TLS_NAME,
      pins: [],
      ca: readFileSync(certificates.ca),
      clientCertificate: null,
      clientKey: null,
    },
  ],
  sessions: new SessionStore(),
  limits: { ...DEFAULT_UPSTREAM_LIMITS, maxInFlight: Math.max(512, outstanding) },
})
try {
  await waitFor(forwarder)
  for (let round = 0; round < rounds; round++) {
    await measure(forwarder, total, outstanding, round * total)
  }
} finally {
  forwarder.close()
  await upstream[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
}
