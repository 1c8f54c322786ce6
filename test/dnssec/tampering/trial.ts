// One case, tried: every kind of client asks, over UDP and TCP, and again when the answer is in the
// cache; first those who want to have it checked or first those who do not. Others ask good names
// meanwhile.

import assert from 'node:assert/strict'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { canonicalRdata } from '../../../src/wire/codec/rdata-codec.ts'
import { ExtendedError } from '../../../src/wire/edns.ts'
import { Flag, Rcode } from '../../../src/wire/header.ts'
import { RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { type Name, nameText, readName } from '../../../src/dnssec/name.ts'
import { nameOf } from '../attack/attack-world.ts'
import { type Asking, Client, type Told } from './asking.ts'
import { type Asked, type TamperCase, textPattern } from './case.ts'
import type { CaseZone } from './case-zone.ts'
import { type Order, type TamperedWorld, withoutDnssec } from './tampered-world.ts'

/** Every kind of client that wants to have answers checked. */
const CHECKED: readonly Partial<Asking>[] = [
  {},
  { tcp: true, authentic: true },
  { dnssecOk: true },
  { tcp: true, dnssecOk: true, authentic: true },
]

const UNCHECKED: readonly Partial<Asking>[] = CHECKED.map((one) => ({ ...one, unchecked: true }))

/** Numbers of names that were not asked for before. */
const fresh = Array(100_000).keys()

export function questionOf({ question }: TamperCase, zone: CaseZone): Asked {
  const [label, type] = question.split(' ') as [string, TypeName]
  return { name: zone.name(label), type: RecordType[type] }
}

/** Throws when a client is told what it must not be. */
export async function tryCase(
  one: TamperCase,
  order: Order,
  world: TamperedWorld,
  port: number,
): Promise<void> {
  const zone = world.zoneOf(one, order)
  const asked = questionOf(one, zone)
  await using client = await Client.open(port)
  const checked = async (): Promise<void> => {
    for (const how of [...CHECKED, ...CHECKED]) {
      const [told] = await Promise.all([client.ask({ ...asked, ...how }), askGood(client)])
      judgeChecked(one, told, { ...asked, ...how }, zone, world)
    }
  }
  const unchecked = async (): Promise<void> => {
    for (const how of [...UNCHECKED, ...UNCHECKED]) {
      judgeUnchecked(one, await client.ask({ ...asked, ...how }), { ...asked, ...how }, world)
    }
  }
  if (order === 'unchecked') await unchecked()
  await checked()
  await unchecked()
  await checked()
}

/** A name that all ask for, and one that nobody asked for before. */
async function askGood(client: Client): Promise<void> {
  for (const [label, address] of [
    ['www', 1],
    [`n${fresh.next().value}.wild`, 9],
  ] as const) {
    const name = nameOf(`${label}.good.example.`)
    const told = await client.ask({ name, type: RecordType.A, authentic: true })
    assert.equal(told.message.rcode, Rcode.NoError, `a good name: ${told.text}`)
    assert.ok(told.isAuthentic, 'a good name is not called secure')
    assert.deepEqual(told.message.answers[0]!.rdata.at(-1), address)
  }
}

function judgeChecked(
  { outcome }: TamperCase,
  { message, isAuthentic, isUnchecked, codes, text }: Told,
  asking: Asking,
  zone: CaseZone,
  world: TamperedWorld,
): void {
  const { name, type, dnssecOk = false, authentic = false } = asking
  const wantsToKnow = dnssecOk || authentic
  assert.equal(isUnchecked, false)
  const saying = `${message.rcode} ${codes.join()} ${text}`
  switch (outcome.is) {
    case 'bogus':
      assert.equal(message.rcode, Rcode.ServFail, saying)
      assert.match(text, textPattern(outcome.text, zone.text))
      assert.deepEqual(codes, [outcome.code], saying)
      assertEmpty(message, isAuthentic)
      return
    case 'malformed':
      assert.deepEqual([message.rcode, codes], [Rcode.ServFail, [24]], saying)
      assertEmpty(message, isAuthentic)
      return
    case 'failure':
      assert.equal(message.rcode, outcome.rcode, saying)
      assertCodes(codes, ExtendedError.CachedError)
      assertEmpty(message, isAuthentic)
      return
    case 'insecure':
      assert.equal(message.rcode, Rcode.NoError, saying)
      assert.deepEqual(codes, outcome.code === undefined ? [] : [outcome.code], saying)
      assert.equal(isAuthentic, false)
      return
    case 'honest':
    case 'replayed': {
      const said = outcome.is === 'honest' ? world.honest(name, type) : world.tampered(name, type)
      assert.equal(message.rcode, said.rcode, saying)
      assertCodes(codes, ExtendedError.Synthesized)
      assert.equal(isAuthentic, wantsToKnow)
      assertSame(message, dnssecOk ? said : withoutDnssec(said))
    }
  }
}

/** The data as the upstream has them, called secure by nobody. */
function judgeUnchecked(
  { outcome }: TamperCase,
  { message, isAuthentic, isUnchecked }: Told,
  { name, type, dnssecOk = false }: Asking,
  world: TamperedWorld,
): void {
  assert.deepEqual([isAuthentic, isUnchecked], [false, true])
  const said = world.tampered(name, type)
  if (outcome.is === 'malformed') {
    assert.equal(message.rcode, Rcode.ServFail)
    assert.deepEqual(message.answers, [])
    return
  }
  if (outcome.is === 'failure') {
    assert.equal(message.rcode, outcome.rcode)
    return
  }
  assert.equal(message.rcode, said.rcode)
  if ((message.flags & Flag.TC) !== 0) return
  const expected = dnssecOk ? said : withoutDnssec(said)
  assert.deepEqual(formsOf(message.answers), formsOf(expected.answers))
}

/** None but one that may be there. */
function assertCodes(codes: readonly number[], allowed: number): void {
  assert.deepEqual(
    codes.filter((code) => code !== allowed),
    [],
  )
}

function assertEmpty({ answers, authorities, additionals }: Message, isAuthentic: boolean): void {
  assert.deepEqual([answers, authorities, additionals], [[], [], []])
  assert.equal(isAuthentic, false)
}

/**
 * Nothing that was not signed, nothing that is missing, nothing for longer than it should be. What came
 * twice need not go on so (RFC 2181 §5).
 */
export function assertSame(message: Message, expected: Message): void {
  assert.deepEqual(new Set(formsOf(message.answers)), new Set(formsOf(expected.answers)))
  assert.deepEqual(message.additionals, [])
  const known = new Set(formsOf(expected.authorities))
  for (const form of formsOf(message.authorities)) assert.ok(known.has(form), form)
  for (const record of [...message.answers, ...message.authorities]) {
    assert.ok(record.ttl <= 300, `${record.ttl} s`)
  }
}

function formsOf(records: readonly ResourceRecord[]): string[] {
  return records
    .map(({ name, type, rdata }) => {
      const owner: Name = readName(name, 0, 0)
      return `${nameText(owner)} ${type} ${Buffer.from(canonicalRdata(type, rdata)).toString('hex')}`
    })
    .sort()
}
