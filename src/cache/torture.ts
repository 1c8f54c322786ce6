// A thread of the test 'many threads': writes, reads and flushes as fast as it can, and counts
// answers whose octets do not belong together.

import { parentPort, workerData } from 'node:worker_threads'
import { readUint32, writeUint32 } from '../wire/header.ts'
import { AnswerCache, type CacheMemory } from './answer-cache.ts'
import { answerFor, flushName, keyOf } from './testing.ts'

interface Task {
  readonly memory: CacheMemory
  readonly thread: number
  readonly rounds: number
}

const { memory, thread, rounds } = workerData as Task
const cache = new AnswerCache({ memory, thread })
const words = new Uint32Array(16_384)
const out = new Uint8Array(words.buffer)

const keys = Array.from({ length: 300 }, (_, i) => keyOf(`n${i}.example.org`))
/** Every word behind the record repeats the mark, so that a torn copy shows. */
const answers = keys.map((key, i) => answerFor(key, 0, 60, (i % 40) * 40))

let hits = 0
let wrong = 0
let state = thread + 1
for (let round = 0; round < rounds; round++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  const choice = (state >>> 8) % keys.length
  const key = keys[choice]!
  if (round % 4 === 0) {
    const answer = answers[choice]!
    const mark = (thread << 24) | round
    for (let at = 12 + key.length + 12; at < answer.length; at += 4) {
      writeUint32(answer.bytes, at, mark)
    }
    cache.put(key, answer, 0)
  } else if (round % 5000 === 1) flushName(cache, `n${choice}.example.org`)
  else {
    const length = cache.lookup(key, 0, out, words, 0, 65_535)
    if (length === 0) continue
    hits++
    const first = 12 + key.length + 12
    const mark = readUint32(out, first)
    for (let at = first; at + 4 <= length; at += 4) if (readUint32(out, at) !== mark) wrong++
    if (key.bytes.subarray(0, key.length).some((octet, i) => octet !== out[12 + i])) wrong++
  }
}
parentPort?.postMessage({ hits, wrong })
