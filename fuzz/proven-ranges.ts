// Fuzzes what is answered without asking (RFC 8198): node fuzz/proven-ranges.ts [--seconds N] [--seed S]
// [--inputs N]. What an upstream that lies had taken for secure is learnt; whatever is made of it for any
// other question must be true of the zones as they are.

import { ProvenRanges } from '../src/dnssec/aggressive/proven-ranges.ts'
import { type Name, nameOctets, parentOf } from '../src/dnssec/name.ts'
import { SynthesisLane } from '../src/pipeline/synthesis-lane.ts'
import type { Exchange } from '../src/upstream/exchange.ts'
import { decodeMessage } from '../src/wire/codec/message.ts'
import { writeUint16 } from '../src/wire/header.ts'
import { RecordClass, RecordType } from '../src/wire/record-type.ts'
import { runTarget } from './command.ts'
import { LyingUpstream, must } from './lying-upstream.ts'
import type { Mutator } from './mutator.ts'
import { fuzz, type Fuzzed, type FuzzOptions } from './rounds.ts'
import { type Scene, Scenes } from './scenes.ts'
import { WORK_LIMITS, WorkMeter } from './work-meter.ts'

/** Answers that one round learns from. */
const INPUTS = 200

/** Questions after each. */
const QUESTIONS = 6

/** Of all that can be asked in a scene, in one round: so few that they meet. */
const ASKED = 60

/** Seconds that may go by between two answers: ranges hold for some minutes. */
const PACE = 60

/** Octets: room for few sets, for some, for all. */
const MEMORIES = [16_000, 64_000, 4_000_000]

/** Throws at the first input after which something is said that is not so. */
export async function fuzzProvenRanges(options: FuzzOptions): Promise<Fuzzed> {
  const scenes = new Scenes()
  const work = new WorkMeter()
  const counts = { 'denials without asking': 0, 'wildcards without asking': 0 }
  try {
    return await fuzz(
      {
        name: 'proven-ranges',
        inputs: INPUTS,
        limits: WORK_LIMITS,
        counts,
        meter: work,
        begin: (mutate) => {
          const round = new Round(scenes.draw(mutate.below), mutate, work)
          return async () => {
            work.begin()
            const { denials, wildcards } = await round.input()
            counts['denials without asking'] += denials
            counts['wildcards without asking'] += wildcards
            return work.taken
          }
        },
      },
      options,
    )
  } finally {
    work.end()
  }
}

class Round {
  readonly #scene: Scene
  readonly #mutate: Mutator
  readonly #upstream: LyingUpstream
  readonly #ranges: ProvenRanges
  readonly #lane: SynthesisLane
  #answer: Uint8Array | null = null

  constructor(scene: Scene, mutate: Mutator, work: WorkMeter) {
    const { below } = mutate
    const first = below(scene.questions.length - ASKED)
    const questions = scene.questions.slice(first, first + ASKED)
    this.#scene = { ...scene, questions }
    this.#mutate = mutate
    this.#upstream = new LyingUpstream(this.#scene, mutate, work, PACE)
    const seconds = (): number => this.#upstream.now
    this.#ranges = new ProvenRanges({
      clock: { seconds },
      isNegative: () => false,
      borders: [],
      maxTtl: 86_400,
      seed: below(2 ** 31),
      memory: MEMORIES[below(MEMORIES.length)]!,
    })
    this.#lane = new SynthesisLane({
      next: { forward() {}, reachable: () => true },
      ranges: this.#ranges,
      clock: { now: () => seconds() * 1_000, startTimer() {}, stopTimer() {} },
      flushes: () => 0,
      metrics: { synthesized() {} },
    })
  }

  /** @returns how many questions were answered, and by what */
  async input(): Promise<{ denials: number; wildcards: number }> {
    const judged = await this.#upstream.judge()
    if (judged !== null && judged.verdict.ttls !== null) {
      this.#ranges.learn(judged.message, judged.verdict.ttls, true)
    }
    let [denials, wildcards] = [0, 0]
    for (let left = QUESTIONS; left > 0; left--) {
      const { name, type } = this.#question()
      const octets = this.#ask(name, type)
      if (octets === null) continue
      if (this.#check(octets)) wildcards++
      else denials++
    }
    return { denials, wildcards }
  }

  /** One that is asked of all zones, at its name or near it. */
  #question(): { readonly name: Name; readonly type: number } {
    const { below } = this.#mutate
    const { questions } = this.#scene
    const { name, type } = questions[below(questions.length)]!
    const near = nearby(name, below)
    return { name: near, type: below(8) === 0 ? RecordType.NSEC : type }
  }

  #ask(name: Name, type: number): Uint8Array | null {
    const question = new Uint8Array(name.length + 4)
    question.set(nameOctets(name))
    writeUint16(question, name.length, type)
    writeUint16(question, name.length + 2, RecordClass.IN)
    this.#answer = null
    const common = { checkingDisabled: false, options: null, subnet: null }
    const exchange: Exchange = {
      question: { question, dnssecOk: this.#mutate.below(4) !== 0, ...common },
      startedAt: 0,
      deadline: 0,
      onAnswer: ({ bytes, start, length }) => {
        this.#answer = bytes.slice(start, start + length)
      },
      onFailure: ({ detail }) => must(false, detail),
    }
    this.#lane.forward(exchange)
    return this.#answer
  }

  /** @returns whether there is an answer, and not only what denies one */
  #check(octets: Uint8Array): boolean {
    const hex = (): string => Buffer.from(octets).toString('hex')
    const message = decodeMessage(octets)
    if (typeof message === 'string') throw new Error(`${message}: ${hex()}`)
    const ttls = [...message.answers, ...message.authorities].map(({ ttl }) => ttl)
    must(Math.min(...ttls) > 0, `it is over: ${hex()}`)
    const lie = this.#scene.truth.lie(message, Int32Array.from(ttls))
    must(lie === null, `${lie}: ${hex()}`)
    return message.answers.length > 0
  }
}

/** The name, or one that only a range or a wildcard can say something of. */
function nearby(name: Name, below: Mutator['below']): Name {
  const label = (): string => {
    const length = 1 + below(3)
    const octets = Array.from({ length }, () => (below(4) === 0 ? below(256) : 0x61 + below(26)))
    // In lower case, as questions are there.
    return String.fromCharCode(length, ...octets).toLowerCase()
  }
  switch (below(4)) {
    case 0:
      return name
    case 1:
      return label() + (name.length > 1 ? parentOf(name) : name)
    default:
      return name.length > 240 ? name : label() + name
  }
}

if (import.meta.main) await runTarget('proven-ranges', fuzzProvenRanges)
