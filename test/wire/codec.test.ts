import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { decodeMessage } from '../../src/wire/codec/message.ts'
import { encodeMessage } from '../../src/wire/codec/message-encode.ts'
import { formatName, parseName } from '../../src/wire/text/name-text.ts'
import { ROOT_NAME } from '../../src/wire/text/name-text.ts'
import {
  canonicalRdata,
  isValidRdata,
  readRdata,
  writeRdata,
} from '../../src/wire/codec/rdata-codec.ts'
import { type LaidOutType, layouts } from '../../src/wire/codec/rdata-layout.ts'
import { formatRdata, parseRdata } from '../../src/wire/text/rdata-text.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { octetText } from '../../src/wire/text/text-escape.ts'
import { TokenReader } from '../../src/wire/text/token-reader.ts'
import { tokenizeZone } from '../../src/wire/text/zone-tokens.ts'
import { fieldsOf, message, name, octets, record, uint16 } from './arbitrary.ts'
import { checkMessage, checkOctets, checkText } from './invariants.ts'

function parseRdataText(type: number, text: string): Uint8Array | string {
  const [entry] = tokenizeZone(octetText(` ${text}`))
  const tokens = new TokenReader({ tokens: entry?.tokens ?? [], origin: ROOT_NAME })
  const rdata = parseRdata(type, tokens)
  return tokens.fault ?? rdata
}

suite('RDATA of every type survives', () => {
  for (const type of Object.keys(layouts) as LaidOutType[]) {
    test(`${type}: wire form, presentation text and canonical form (RFC 1035 §3.2.1, §5.1)`, () => {
      fc.assert(
        fc.property(fieldsOf(type), (fields) => {
          const rdata = writeRdata(type, fields)
          assert.deepEqual(readRdata(type, rdata), { ...fields })
          const text = formatRdata(RecordType[type], rdata)
          assert.deepEqual(parseRdataText(RecordType[type], text), rdata, text)
          const canonical = canonicalRdata(RecordType[type], rdata)
          assert.equal(canonical.length, rdata.length)
          assert.ok(isValidRdata(RecordType[type], canonical))
        }),
        { numRuns: 60 },
      )
    })
  }

  test('an unknown type: as octets in hexadecimal (RFC 3597 §5)', () => {
    fc.assert(
      fc.property(octets(0, 300), (rdata) => {
        assert.deepEqual(parseRdataText(65_280, formatRdata(65_280, rdata)), rdata)
      }),
    )
  })
})

test('any octets as RDATA of any type are a value (RFC 3597 §3)', () => {
  fc.assert(
    fc.property(fc.oneof(uint16, fc.integer({ min: 0, max: 70 })), octets(0, 60), (type, rdata) => {
      const text = formatRdata(type, rdata)
      const parsed = parseRdataText(type, text)
      if (isValidRdata(type, rdata) && type !== RecordType.WKS) assert.deepEqual(parsed, rdata)
    }),
    { numRuns: 2_000 },
  )
})

test('names of any octets survive presentation text (RFC 4343 §2.1)', () => {
  fc.assert(
    fc.property(name, (wire) => {
      const text = formatName(wire)
      assert.match(text, /^[\x21-\x7e]+$/)
      assert.deepEqual(parseName(text), wire)
    }),
    { numRuns: 500 },
  )
})

test('messages survive the wire, and their records presentation text (RFC 1035 §4.1)', () => {
  fc.assert(fc.property(message, checkMessage))
})

test('a message is cut to its limit between RRsets, with TC (RFC 2181 §9)', () => {
  fc.assert(
    fc.property(message, fc.integer({ min: 512, max: 2_000 }), (whole, maxLength) => {
      const bytes = encodeMessage(whole, { maxLength })
      const cut = decodeMessage(bytes)
      assert.ok(typeof cut !== 'string')
      assert.deepEqual(cut.edns, whole.edns)
      assert.deepEqual(cut.answers, whole.answers.slice(0, cut.answers.length))
      const asked = encodeMessage({ ...whole, answers: [], authorities: [], additionals: [] })
      assert.ok(bytes.length <= Math.max(maxLength, asked.length))
    }),
  )
})

test('every truncation and every changed octet of a message is a value', () => {
  fc.assert(
    fc.property(fc.record({ whole: message, octet: fc.nat(255) }), ({ whole, octet }) => {
      const bytes = encodeMessage(whole).subarray(0, 700)
      for (let i = 0; i < bytes.length; i++) {
        checkOctets(bytes.slice(0, i))
        const changed = bytes.slice()
        changed[i] = octet
        checkOctets(changed)
      }
    }),
    { numRuns: 5 },
  )
})

test('any text as a name or a zone file is a value', () => {
  const word = fc.constantFrom('example.org.', 'A', '1h', 'IN', '(', ')', '"', ';', '\n', '\\', '$')
  const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 12 })
  fc.assert(fc.property(text, (words) => checkText(words.join(' '))))
  fc.assert(
    fc.property(record, ({ name: owner }) => checkText(`${formatName(owner)} 1 A 192.0.2.1`)),
  )
})
