// Answers that are made to be endless work, before a whole dotward: each question costs no more than it
// may, the process no more memory, and clients who ask for good names get their answers meanwhile.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { nameText } from '../../../src/dnssec/name.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { Rcode } from '../../../src/wire/header.ts'
import { DotServer, ServedQuery } from '../../support/dot-server.ts'
import { Dotward } from '../../support/dotward.ts'
import { makeQuery } from '../../support/messages.ts'
import { nameOf } from '../attack/attack-world.ts'
import { Client } from './asking.ts'
import { textPattern } from './case.ts'
import { Stage } from './stage.ts'
import { TamperedWorld } from './tampered-world.ts'
import { links, QUESTIONS, type Trap, traps } from './traps.ts'

/** Names of each zone that are asked for, all at once: from 10 on, so that they are of one length. */
const FIRST = 10

/** Signatures that it takes to prove a zone's keys and delegation, in each of two workers. */
const SHARED = 8

/** Good names that others ask for meanwhile. */
const MIN_HITS = 20

/** Octets of memory: a third of it is what a process with two workers has from the start. */
const MAX_MEMORY = 640 * 2 ** 20

const chain = links(traps.length)
const world = new TamperedWorld([...traps, ...chain])
const running = new AsyncDisposableStack()
const stage = running.use(new Stage(world.anchors))
let upstream: DotServer
let proxy: Dotward

/** Answers about numbered names of a zone, which are alike and are made but once: they are long. */
const canned = new Map<string, Buffer>()

/** A question without its first label. */
const keyOf = (question: Buffer): string => question.toString('latin1', 3)

const typeOf = ({ question }: Trap): number =>
  question.endsWith(' NS') ? RecordType.NS : RecordType.A

function can(trap: Trap): void {
  const name = nameText(world.zoneOf(trap, 'checked').name(trap.label(FIRST)))
  const query = makeQuery(name, { type: typeOf(trap), opts: [{ dnssecOk: true }] })
  canned.set(
    keyOf(new ServedQuery(query, null as never).question),
    Buffer.from(world.replyTo(query)),
  )
}

function react(query: ServedQuery): void {
  const { message, question, label, connection } = query
  if (!/^\d\d$/.test(label)) {
    connection.sendMessage(world.replyTo(message))
    return
  }
  const answer = Buffer.from(canned.get(keyOf(question))!)
  message.copy(answer, 0, 0, 2)
  question.copy(answer, 12)
  connection.sendMessage(answer)
}

before(async () => {
  for (const trap of [...traps, chain[0]!]) can(trap)
  upstream = running.use(await DotServer.start({ certificate: stage.certificate, react }))
  proxy = running.use(await Dotward.start(stage.config([upstream])))
})
after(() => running.disposeAsync())

async function askGood(client: Client, label: string): Promise<void> {
  const name = nameOf(`${label}.good.example.`)
  const { message, isAuthentic } = await client.ask({ name, type: RecordType.A, authentic: true })
  assert.deepEqual([message.rcode, isAuthentic], [Rcode.NoError, true])
}

async function work() {
  const count = await proxy.counters()
  return {
    signatures:
      count('dnssec_signatures{result="good"}') + count('dnssec_signatures{result="bad"}'),
    asked: upstream.queries,
  }
}

async function spring(trap: Trap, zone = world.zoneOf(trap, 'checked')): Promise<void> {
  await using client = await Client.open(proxy.port)
  await using others = await Client.open(proxy.port)
  await askGood(others, 'www')
  const earlier = await work()
  const type = typeOf(trap)
  let isOver = false
  const asked = Promise.all(
    Array.from({ length: QUESTIONS }, (_, i) =>
      client.ask({ name: zone.name(trap.label(FIRST + i)), type }),
    ),
  ).finally(() => {
    isOver = true
  })
  let hits = 0
  for (; hits < MIN_HITS || !isOver; hits++) await askGood(others, 'www')
  for (const { message, isAuthentic, codes, text } of await asked) {
    const said = `${message.rcode} ${codes.join()} ${text}`
    assert.equal(isAuthentic, false, said)
    const { outcome } = trap
    if (outcome.is === 'bogus') {
      assert.equal(message.rcode, Rcode.ServFail, said)
      assert.match(text, textPattern(outcome.text, zone.text))
      assert.deepEqual(codes, [outcome.code], said)
    } else if (outcome.is === 'insecure') assert.deepEqual(codes, [outcome.code], said)
    else assert.equal(message.rcode, Rcode.NoError, said)
  }
  const later = await work()
  // What the zone's keys and delegation cost, all questions share.
  const signatures = later.signatures - earlier.signatures
  assert.ok(signatures <= trap.signatures * QUESTIONS + SHARED, `${signatures} signatures`)
  const questions = later.asked - earlier.asked
  assert.ok(questions <= trap.questions * QUESTIONS, `${questions} questions`)
}

describe('an attacker’s zone with', () => {
  for (const trap of traps) {
    test(`${trap.title} costs no more than it may`, () => spring(trap))
  }

  test('an alias into another zone, and so on through 16 of them, costs no more than it may', () =>
    spring(chain[0]!))
})

test('memory stays within bounds, and no fault of the program shows', () => {
  assert.ok(proxy.residentBytes() < MAX_MEMORY, `${proxy.residentBytes()} octets`)
  assert.doesNotMatch(proxy.program.output, /fault in/)
})
