// An upstream that tampers beside an honest one, one that leaves signatures out, and one that is mended:
// clients get what is true, or hear why they get nothing, and nobody has to restart anything.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { Rcode } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import type { Name } from '../../../src/dnssec/name.ts'
import { Dotward } from '../../support/dotward.ts'
import { stripped } from '../../support/signed-upstream.ts'
import { nameOf } from '../attack/attack-world.ts'
import { flipped, is, isSignature, mapRecords } from '../attack/attack.ts'
import { Client, type Told } from './asking.ts'
import { allCases } from './cases/all.ts'
import { EDE, type TamperCase } from './case.ts'
import { Stage } from './stage.ts'
import { TamperedWorld } from './tampered-world.ts'
import { assertSame, questionOf } from './trial.ts'

const world = new TamperedWorld(allCases)
const strangers = new TamperedWorld([])
const stage = new Stage(world.anchors)
after(() => stage[Symbol.dispose]())

const honest = (name: Name, type: number): Message => world.honest(name, type)

type Saying = (name: Name, type: number) => Message

const changeAddresses: Saying = (name, type) =>
  mapRecords(honest(name, type), (record) => (is(record, 'A') ? flipped(record) : record))

const spoilKeys: Saying = (name, type) =>
  mapRecords(honest(name, type), (record) => (is(record, 'DNSKEY') ? flipped(record) : record))

const strip: Saying = (name, type) => stripped(honest(name, type))

const bare = (name: Name, type: number, rcode: number): Message => ({
  ...honest(name, type),
  rcode,
  answers: [],
  authorities: [],
})

/** What an upstream may do to all that it passes on. */
const habits: Readonly<Record<string, Saying>> = {
  'changes every address': changeAddresses,
  'changes every signature': (name, type) =>
    mapRecords(honest(name, type), (record) => (isSignature(record) ? flipped(record) : record)),
  'says SERVFAIL, and that nothing validates': (name, type) => ({
    ...bare(name, type, Rcode.ServFail),
    edns: {
      udpSize: 1232,
      version: 0,
      flags: 0,
      options: [{ code: 15, data: Buffer.of(0, EDE.Bogus) }],
    },
  }),
  'says of all names that they are not there': (name, type) => bare(name, type, Rcode.NXDomain),
}

/** What does harm to who knows no keys yet. */
const beginnings: Readonly<Record<string, Saying>> = {
  'changes the keys of the root': spoilKeys,
  'has a root of its own': (name, type) => strangers.honest(name, type),
}

const NAMES = Array.from({ length: 20 }, (_, i) => `n${i}`)

const STRIPS = /leaves out the signatures.*upstream=up-0/

function ask(client: Client, label: string, unchecked = false): Promise<Told> {
  const name = nameOf(`${label}.wild.good.example.`)
  return client.ask({ name, type: RecordType.A, authentic: true, unchecked })
}

function assertRight({ message, isAuthentic, text }: Told): void {
  assert.deepEqual([message.rcode, isAuthentic], [Rcode.NoError, true], text)
  assert.deepEqual([...message.answers[0]!.rdata], [192, 0, 2, 9])
}

const AT_A_TIME = 8

/** Cases whose tampering shows, and that are about something that is true. */
const tellable = allCases.filter((one) => {
  if (['insecure', 'replayed', 'malformed'].includes(one.outcome.is)) return false
  const { name, type } = questionOf(one, world.zoneOf(one, 'checked'))
  const { rcode } = honest(name, type)
  return rcode === Rcode.NoError || rcode === Rcode.NXDomain
})

describe('beside an honest upstream', { concurrency: 2 }, () => {
  test('every kind of tampering comes to what is true', async () => {
    await using liar = await world.start(stage.certificate)
    await using other = await world.serve(stage.certificate, honest)
    await using proxy = await Dotward.start(stage.config([liar, other]))
    await using client = await Client.open(proxy.port)
    const tell = async (one: TamperCase, dnssecOk: boolean): Promise<void> => {
      const question = questionOf(one, world.zoneOf(one, 'checked'))
      const said = honest(question.name, question.type)
      const told = await client.ask({ ...question, dnssecOk, authentic: true, tcp: true })
      const { message, isAuthentic, text } = told
      assert.deepEqual([message.rcode, isAuthentic], [said.rcode, true], `${one.title}: ${text}`)
      if (dnssecOk) assertSame(message, said)
    }
    for (let at = 0; at < tellable.length; at += AT_A_TIME) {
      const some = tellable.slice(at, at + AT_A_TIME)
      for (const dnssecOk of [false, true]) {
        await Promise.all(some.map((one) => tell(one, dnssecOk)))
      }
    }
    const count = await proxy.counters()
    assert.equal(count('dnssec_validations{result="bogus"}'), 0)
    assert.ok(count('dnssec_retries') > tellable.length)
    assert.equal(count('upstream_failures{upstream="up-1",kind="bogus"}'), 0)
  })

  test('one that spoils all that it passes on does no harm, and costs a question or two each time', async () => {
    let say: Saying = honest
    await using liar = await world.serve(stage.certificate, (name, type) => say(name, type))
    await using other = await world.serve(stage.certificate, honest)
    await using proxy = await Dotward.start(stage.config([liar, other]))
    await using client = await Client.open(proxy.port)
    for (const [habit, saying] of Object.entries(habits)) {
      say = saying
      const earlier = liar.queries + other.queries
      const names = NAMES.map((name) => `${name}.${habit.replaceAll(' ', '-')}`)
      for (const name of names) assertRight(await ask(client, name))
      const asked = liar.queries + other.queries - earlier
      assert.ok(asked <= NAMES.length * 6, `${habit}: ${asked}`)
      for (const name of names) assertRight(await ask(client, name))
      // None for what is in the cache; some may go to see how upstreams are.
      assert.ok(liar.queries + other.queries - earlier < asked + NAMES.length / 2, habit)
    }
  })

  for (const [habit, say] of Object.entries(beginnings)) {
    test(`one that ${habit} does no harm`, async () => {
      await using liar = await world.serve(stage.certificate, say)
      await using other = await world.serve(stage.certificate, honest)
      await using proxy = await Dotward.start(stage.config([liar, other]))
      await using client = await Client.open(proxy.port)
      for (const name of NAMES) assertRight(await ask(client, name))
      assert.ok(liar.queries + other.queries <= NAMES.length * 6)
    })
  }

  test('one that leaves all signatures out is named once, and then left alone', async () => {
    await using stripper = await world.serve(stage.certificate, strip)
    await using other = await world.serve(stage.certificate, honest)
    await using proxy = await Dotward.start(stage.config([stripper, other]))
    await using client = await Client.open(proxy.port)
    assertRight(await ask(client, 'first'))
    await proxy.program.printed(STRIPS)
    const asked = stripper.queries
    await Promise.all(NAMES.map(async (name) => assertRight(await ask(client, name))))
    // But for questions that were on their way.
    assert.ok(stripper.queries < asked + NAMES.length / 2, `${stripper.queries}, ${asked}`)
    // Who checks for himself gets what he needs for it.
    const name = nameOf('self.wild.good.example.')
    const told = await client.ask({ name, type: RecordType.A, unchecked: true, dnssecOk: true })
    assert.ok(told.message.answers.some(isSignature))
    assert.equal(proxy.program.output.match(new RegExp(STRIPS, 'g'))!.length, 1)
    assert.equal((await proxy.counters())('dnssec_stripping{event="found"}'), 1)
  })
})

/** Short lives of failures: what is broken is soon asked for again. */
const FORGETFUL = { workers: 1, cache: { size: '4MiB', failureTtl: '1s' } }

describe('alone', { concurrency: 2 }, () => {
  const kinds = [
    ['leaves all signatures out', strip, EDE.RrsigsMissing, /^\. DNSKEY: is not signed$/],
    ['changes the keys of the root', spoilKeys, EDE.DnskeyMissing, /^\. DNSKEY: no key in the set/],
    [
      'changes every address',
      changeAddresses,
      EDE.Bogus,
      /^n\d+\.wild\.good\.example\. A: .* does not match/,
    ],
  ] as const
  for (const [habit, say, code, reason] of kinds) {
    test(`one that ${habit} has clients told why, until it is mended`, async () => {
      let isMended = false
      await using upstream = await world.serve(stage.certificate, (name, type) =>
        isMended ? honest(name, type) : say(name, type),
      )
      await using proxy = await Dotward.start(stage.config([upstream], FORGETFUL))
      await using client = await Client.open(proxy.port)
      for (const name of NAMES.slice(0, 5)) {
        const { message, codes, text } = await ask(client, name)
        assert.deepEqual([message.rcode, codes], [Rcode.ServFail, [code]], text)
        assert.match(text, reason)
        assert.equal((await ask(client, name, true)).message.rcode, Rcode.NoError)
      }
      if (say === strip) {
        await proxy.program.printed(STRIPS)
        assert.equal(proxy.program.output.match(new RegExp(STRIPS, 'g'))!.length, 1)
      }
      isMended = true
      await proxy.program.until('it answers again', async () => {
        return (await ask(client, NAMES[0]!)).message.rcode === Rcode.NoError
      })
      for (const name of NAMES) {
        await proxy.program.until('it answers again', async () => {
          return (await ask(client, name)).isAuthentic
        })
        assertRight(await ask(client, name))
      }
    })
  }

  test('one that begins to lie has nothing served that was proven before it did', async () => {
    let isLying = false
    await using upstream = await world.serve(stage.certificate, (name, type) => {
      const said = isLying ? changeAddresses(name, type) : honest(name, type)
      const soon = (record: ResourceRecord) => (is(record, 'A') ? { ...record, ttl: 1 } : record)
      return mapRecords(said, soon)
    })
    await using proxy = await Dotward.start(stage.config([upstream]))
    await using client = await Client.open(proxy.port)
    assertRight(await ask(client, 'before'))
    isLying = true
    let told = await ask(client, 'before')
    await proxy.program.until('its life has ended', async () => {
      told = await ask(client, 'before')
      return told.message.rcode !== Rcode.NoError
    })
    assert.deepEqual([told.message.rcode, told.codes], [Rcode.ServFail, [EDE.Bogus]], told.text)
    assert.deepEqual(told.message.answers, [])
  })
})
