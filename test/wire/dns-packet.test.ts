// Our messages against dns-packet's, for what it reads rightly: names of plain letters, and types
// that it keeps whole. (It joins labels with dots inside and mangles octets above 127.)

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import * as dnsPacket from 'dns-packet'
import { Flag } from '../../src/wire/header.ts'
import { decodeMessage, type Message, type ResourceRecord } from '../../src/wire/codec/message.ts'
import { encodeMessage } from '../../src/wire/codec/message-encode.ts'
import { formatName, parseName } from '../../src/wire/text/name-text.ts'
import { typeName } from '../../src/wire/text/type-text.ts'
import { parseZone } from '../../src/wire/text/zone-text.ts'

const KNOWN =
  'A NS CNAME SOA PTR HINFO MX TXT RP AAAA SRV NAPTR DNAME DS SSHFP RRSIG NSEC DNSKEY NSEC3 TLSA CAA'.split(
    ' ',
  )

const origin = parseName('example.org') as Uint8Array
const zone = parseZone(readFileSync(new URL('all-types.zone', import.meta.url), 'utf8'), { origin })

function isPlain(record: ResourceRecord): boolean {
  return /^[\w.-]+$/.test(formatName(record.name))
}

function message(answers: readonly ResourceRecord[]): Message {
  return {
    id: 4711,
    flags: Flag.QR | Flag.AA | Flag.RD,
    opcode: 0,
    rcode: 3,
    questions: [{ name: origin, type: 255, class: 1 }],
    answers,
    authorities: [],
    additionals: [],
    edns: { udpSize: 1232, version: 0, flags: 0x8000, options: [] },
  }
}

function theirDecode(bytes: Uint8Array): dnsPacket.Packet {
  return dnsPacket.decode(Buffer.from(bytes))
}

suite('dns-packet reads what we write, and we read what it writes', () => {
  for (const type of KNOWN) {
    test(type, () => {
      const records = zone.records.filter(
        (record) => typeName(record.type) === type && isPlain(record),
      )
      assert.notEqual(records.length, 0)
      for (const compress of [true, false]) {
        const whole = message(records)
        const theirs = dnsPacket.encode(theirDecode(encodeMessage(whole, { compress })))
        assert.deepEqual(decodeMessage(new Uint8Array(theirs)), whole)
      }
    })
  }
})

test('dns-packet sees the fields that the zone file shows', () => {
  const { answers } = theirDecode(encodeMessage(message(zone.records.filter(isPlain))))
  const data = (type: string) => answers.find((answer) => answer.type === type)?.data
  assert.deepEqual(data('MX'), { preference: 10, exchange: 'mail.example.org' })
  assert.deepEqual(data('SRV'), { priority: 1, weight: 2, port: 5060, target: 'ns.example.org' })
  assert.deepEqual(data('SOA'), {
    mname: 'ns.example.org',
    rname: 'hostmaster.example.org',
    serial: 2_026_112_300,
    refresh: 7_200,
    retry: 900,
    expire: 777_600,
    minimum: 300,
  })
})
