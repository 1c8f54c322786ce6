// Drives the addon as nothing sane would: random datagrams from outside; counts, lengths, indices
// and peer records out of bounds from inside; sockets closed, paused and forgotten at any moment,
// threads ended under it. Run by addon.ts under sanitizers. Nothing leaves the loopback interface.

import { createSocket, type Socket } from 'node:dgram'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { BatchAddon, BatchHandle } from '../src/listen/udp/batch-addon.ts'
import { BATCH_SLOTS, BatchMemory, Control, LATE_SLOTS } from '../src/listen/udp/batch-memory.ts'
import { type Mutator, mutator } from './mutator.ts'

interface Task {
  readonly addon: string
  readonly seconds: number
  readonly seed: number
}

/** Where a socket of each kind is bound, and where its clients send to. */
const ADDRESSES = [
  { address: '127.0.0.1', asked: '127.0.0.1' },
  { address: '0.0.0.0', asked: '127.0.0.2' },
  { address: '::1', asked: '::1' },
  { address: '::', asked: '127.0.0.3' },
  { address: '::', asked: '::1' },
] as const

const HOSTILE_NUMBERS = [
  0,
  -1,
  1,
  63,
  64,
  65,
  127,
  128,
  1_280,
  1_281,
  60_000,
  2 ** 31 - 1,
  -(2 ** 31),
]
const HOSTILE_RESULTS = [undefined, null, 'x', Number.NaN, Infinity, 1e300, {}, 64n, 1e9, -5]

/** Octets of a peer record that may be anything: family, port, flags, our own address. */
const PEER_NOISE = [0, 1, 2, 3, 28, 29, 30, 31, ...Array.from({ length: 16 }, (_, i) => 32 + i)]

/** One socket and all that can be done to it. */
class Victim {
  readonly asked: string
  readonly memory = new BatchMemory()
  readonly #addon: BatchAddon
  readonly #random: Mutator
  readonly #handle: BatchHandle
  calls = 0

  constructor(addon: BatchAddon, random: Mutator) {
    const { address, asked } = ADDRESSES[random.below(ADDRESSES.length)]!
    const bufferSize = [0, 1, 65_536, 4_194_304, -1][random.below(5)]!
    const onBatch = (received: number): number => this.#onBatch(received)
    this.asked = asked
    this.#addon = addon
    this.#random = random
    this.#handle = addon.open(this.memory.buffer, address, 0, random.below(4), bufferSize, onBatch)
  }

  get port(): number {
    return this.memory.control[Control.Port]!
  }

  /** Something that the owner of a socket might do at any time. */
  act(): void {
    this.#scribble()
    switch (this.#random.below(24)) {
      case 0:
        return this.#addon.close(this.#handle)
      case 1:
        return this.#addon.pause(this.#handle)
      case 2:
        return this.#addon.resize(this.#handle, this.#random.below(2 ** 20))
      default:
        return this.#addon.flush(this.#handle, this.#number(LATE_SLOTS))
    }
  }

  close(): void {
    this.#addon.close(this.#handle)
  }

  #onBatch(received: number): number {
    this.calls++
    if (received < 1 || received > BATCH_SLOTS) throw new Error(`${received} datagrams in a batch`)
    for (const length of this.memory.lengths.subarray(0, received)) {
      if (length > 1_280 || length < -65_535) throw new Error(`a datagram of ${length} octets`)
    }
    this.#scribble()
    if (this.#random.below(16) === 0) this.act()
    if (this.#random.below(64) === 0) process.nextTick(() => this.act())
    const results = HOSTILE_RESULTS.length
    const choice = this.#random.below(4 * results)
    return choice < results ? (HOSTILE_RESULTS[choice] as number) : this.#number(received)
  }

  #number(likely: number): number {
    if (this.#random.below(4) > 0) return likely
    return HOSTILE_NUMBERS[this.#random.below(HOSTILE_NUMBERS.length)]!
  }

  #scribble(): void {
    const { outLengths, outSources, peers, out } = this.memory
    for (let slot = 0; slot < outLengths.length; slot++) outLengths[slot] = this.#number(40)
    for (let slot = 0; slot < outSources.length; slot++) outSources[slot] = this.#number(slot)
    for (let changes = this.#random.below(8); changes > 0; changes--) {
      const record = 64 * this.#random.below(peers.length / 64)
      const octet = PEER_NOISE[this.#random.below(PEER_NOISE.length)]!
      peers[record + octet] = this.#random.below(256)
    }
    out[this.#random.below(out.length)] = this.#random.below(256)
  }
}

async function drive({ addon: file, seconds, seed }: Task): Promise<number> {
  const addon = createRequire(import.meta.url)(file) as BatchAddon
  const random = mutator(seed)
  const clients = await Promise.all([openClient('udp4'), openClient('udp6')])
  const end = performance.now() + seconds * 1_000
  let victims: Victim[] = []
  let calls = 0
  for (let round = 0; performance.now() < end; round++) {
    while (victims.length < 8) victims.push(new Victim(addon, random))
    for (const victim of victims) attack(victim, clients, random)
    await new Promise(setImmediate)
    victims[random.below(victims.length)]!.act()
    checkArguments(addon, random)
    if (random.below(16) === 0) {
      // Some are closed first, some are just forgotten: their sockets live on until the end.
      const gone = victims.shift()!
      gone.close()
      calls += gone.calls
    }
    if (random.below(64) === 0) globalThis.gc?.()
    if (isMainThread && random.below(32) === 0)
      await endThread({ addon: file, seconds: 1, seed: seed + round }, random)
  }
  for (const victim of victims) calls += victim.calls
  victims.forEach((victim) => victim.close())
  victims = []
  clients.forEach((client) => client.close())
  return calls
}

function attack(victim: Victim, clients: readonly Socket[], random: Mutator): void {
  const client = clients[victim.asked.includes(':') ? 1 : 0]!
  for (let count = random.below(100); count > 0; count--) {
    const sizes = [0, 1, 12, 40, 40, 40, 1_280, 1_281, 65_507]
    const datagram = Buffer.alloc(sizes[random.below(sizes.length)]!, random.below(256))
    client.send(datagram, victim.port, victim.asked)
  }
}

/** Wrong arguments must throw, and leave nothing behind. */
function checkArguments(addon: BatchAddon, random: Mutator): void {
  const wrong = [undefined, null, 0, 'x', {}, new ArrayBuffer(8), new BatchMemory().buffer, () => 0]
  const pick = (): never => wrong[random.below(wrong.length)] as never
  for (const call of [
    () => addon.open(pick(), pick(), pick(), pick(), pick(), pick()),
    () => addon.flush(pick(), pick()),
    () => addon.pause(pick()),
    () => addon.resize(pick(), pick()),
    () => addon.close(pick()),
  ]) {
    try {
      call()
    } catch {
      continue
    }
    throw new Error(`wrong arguments were taken: ${call.toString()}`)
  }
}

/** Runs the same in a thread and ends it somewhere in the middle. */
async function endThread(task: Task, random: Mutator): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: task })
  await new Promise((resolve) => worker.once('message', resolve))
  await delay(random.below(50))
  await worker.terminate()
}

function openClient(type: 'udp4' | 'udp6'): Promise<Socket> {
  const socket = createSocket(type)
  socket.on('error', () => {})
  socket.on('message', ({ length }) => {
    if (length > 1_280) throw new Error(`an answer of ${length} octets shows what is not its own`)
  })
  return new Promise((resolve) =>
    socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1', () => resolve(socket)),
  )
}

if (isMainThread) {
  const { values } = parseArgs({
    options: { addon: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' } },
  })
  const calls = await drive({
    addon: values.addon ?? '',
    seconds: Number(values.seconds),
    seed: Number(values.seed),
  })
  if (calls === 0) throw new Error('not one batch was received')
  console.log(`addon: ${calls} batches, no fault`)
} else {
  parentPort!.postMessage('running')
  await drive(workerData as Task)
}
