import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Edns } from '../../wire/codec/message.ts'
import { DNSSEC_OK } from '../../wire/edns.ts'
import { Rcode } from '../../wire/header.ts'
import { RecordClass, RecordType, type TypeName } from '../../wire/record-type.ts'
import { formatRecord } from '../../wire/text/message-text.ts'
import { parseName } from '../../wire/text/name-text.ts'
import { formatType } from '../../wire/text/type-text.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { DemoWorld, type LookupResult } from './world.ts'
import { BROKEN_ZONE, DEMO_ZONE, EXAMPLE_ZONE, ROOT_ZONE } from './zone-data.ts'

const world = new DemoWorld(new Date('2030-01-01T00:00:00Z'))
const PLAIN: Edns = { udpSize: 1232, version: 0, flags: 0, options: [] }
const SIGNED: Edns = { ...PLAIN, flags: DNSSEC_OK }

function lookUp(text: string, type: TypeName, edns: Edns | null = PLAIN): LookupResult {
  const name = parseName(text) as Uint8Array
  return world.lookUp({ name, type: RecordType[type], class: RecordClass.IN }, edns)
}

const typesOf = ({ answer, authority }: LookupResult): string[][] =>
  [answer, authority].map((section) => section.map(({ type }) => formatType(type)))

suite('the zones of the demo', () => {
  test('have no errors', () => {
    for (const text of [DEMO_ZONE, BROKEN_ZONE, EXAMPLE_ZONE, ROOT_ZONE]) {
      assert.deepEqual(parseZone(text).errors, [])
    }
  })

  test('are trusted by one DS record of the root', () => {
    assert.match(world.anchor, /^\. \d+ IN DS \d+ 13 2 [\dA-F]{64}$/i)
  })

  test('follow aliases, each with its signature', () => {
    const { answer } = lookUp('shop.demo.example', 'A')
    assert.equal(formatRecord(answer.at(-1)!), 'www.demo.example. 300 IN A 192.0.2.10')
    const [types] = typesOf(lookUp('shop.demo.example', 'A', SIGNED))
    assert.deepEqual(
      types!.filter((type) => type !== 'RRSIG'),
      ['CNAME', 'CNAME', 'CNAME', 'A'],
    )
    assert.equal(types!.length, 8)
  })

  test('deny names, with the proof for those who ask for it (RFC 4035 §3.1.3.2)', () => {
    const denied = lookUp('nobody.demo.example', 'A')
    assert.equal(denied.rcode, Rcode.NXDomain)
    assert.deepEqual(typesOf(denied), [[], ['SOA']])
    const [, proof] = typesOf(lookUp('nobody.demo.example', 'A', SIGNED))
    assert.ok(proof!.includes('NSEC') && proof!.includes('RRSIG'))
  })

  test('give signatures and proofs to those who ask for these types (RFC 4035 §3.2.1)', () => {
    assert.deepEqual(typesOf(lookUp('www.demo.example', 'NSEC', null)), [['NSEC'], []])
  })

  test('are signed for some weeks, but for one whose signatures ended weeks ago', () => {
    const until = (name: string): string => {
      const { answer } = lookUp(name, 'A', SIGNED)
      const signature = answer.find(({ type }) => type === RecordType.RRSIG)!
      return /RRSIG A 13 3 300 (\d{8})/.exec(formatRecord(signature))![1]!
    }
    assert.equal(until('www.demo.example'), '20300131')
    assert.equal(until('www.broken.example'), '20291202')
  })
})
