import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Rcode } from '../../wire/header.ts'
import { formatRecord } from '../../wire/text/message-text.ts'
import { parseName } from '../../wire/text/name-text.ts'
import { RecordClass, RecordType, type TypeName } from '../../wire/record-type.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { DEMO_ZONE } from './zone-data.ts'
import { type LookupResult, Zone } from './zone.ts'

const zone = zoneOf(`
$ORIGIN example.org.
@           300 SOA   ns1 hostmaster 1 7200 900 1209600 60
www         300 A     192.0.2.10
www         300 AAAA  2001:db8::10
deep.leaf   300 A     192.0.2.11
alias       300 CNAME next
next        300 CNAME www
lost        300 CNAME nowhere
away        300 CNAME www.example.com.
round       300 CNAME about
about       300 CNAME round
`)

function zoneOf(text: string): Zone {
  const { records, errors } = parseZone(text)
  assert.deepEqual(errors, [])
  return new Zone(records)
}

function lookup(text: string, type: TypeName = 'A'): LookupResult {
  const name = parseName(text) as Uint8Array
  return zone.lookup({ name, type: RecordType[type], class: RecordClass.IN })
}

const answers = (result: LookupResult): string[] => result.answers.map(formatRecord)

const SOA = 'example.org. 60 IN SOA ns1.example.org. hostmaster.example.org. 1 7200 900 1209600 60'

suite('looking up in a zone', () => {
  test('finds records in either letter case (RFC 4343 §3)', () => {
    assert.deepEqual(answers(lookup('WWW.example.ORG')), ['www.example.org. 300 IN A 192.0.2.10'])
  })

  test('gives all that there is to ANY', () => {
    assert.equal(lookup('www.example.org', 'ANY').answers.length, 2)
  })

  test('follows aliases and gives each of them (RFC 1034 §4.3.2)', () => {
    assert.deepEqual(answers(lookup('alias.example.org', 'AAAA')), [
      'alias.example.org. 300 IN CNAME next.example.org.',
      'next.example.org. 300 IN CNAME www.example.org.',
      'www.example.org. 300 IN AAAA 2001:db8::10',
    ])
  })

  test('gives an alias itself when it is asked for', () => {
    assert.equal(lookup('alias.example.org', 'CNAME').answers.length, 1)
  })

  test('denies a name with SOA, its TTL no longer than the minimum (RFC 2308 §3)', () => {
    const result = lookup('nobody.example.org')
    assert.equal(result.rcode, Rcode.NXDomain)
    assert.deepEqual(result.authorities.map(formatRecord), [SOA])
  })

  test('denies a type with SOA (RFC 2308 §2.2)', () => {
    const result = lookup('www.example.org', 'MX')
    assert.deepEqual([result.rcode, answers(result)], [Rcode.NoError, []])
    assert.deepEqual(result.authorities.map(formatRecord), [SOA])
  })

  test('tells NXDOMAIN of what an alias leads to (RFC 2308 §2.1)', () => {
    const result = lookup('lost.example.org')
    assert.deepEqual([result.rcode, result.answers.length], [Rcode.NXDomain, 1])
  })

  test('takes a name for there when something is below it (RFC 8020 §2)', () => {
    assert.equal(lookup('leaf.example.org').rcode, Rcode.NoError)
  })

  test('ends at an alias that leads out of the zone, or round in a circle', () => {
    assert.equal(lookup('away.example.org').answers.length, 1)
    assert.equal(lookup('round.example.org').answers.length, 2)
  })

  test('refuses what is not below its top', () => {
    for (const name of ['www.example.com', 'org', '.', 'otherexample.org']) {
      assert.equal(lookup(name).rcode, Rcode.Refused, name)
    }
  })
})

test('the zone of the demo has no errors', () => {
  assert.ok(zoneOf(DEMO_ZONE).covers(parseName('www.demo.example') as Uint8Array))
})
