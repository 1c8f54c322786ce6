// What the validator reads out of messages, held against the codec, which has another way to canonical
// form.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'

import { readSigned } from '../../src/dnssec/signed-message.ts'
import { AnswerFault, AnswerScan } from '../../src/wire/answer-scan.ts'
import { encodeMessage } from '../../src/wire/codec/message-encode.ts'
import { canonicalRdata, writeRdata } from '../../src/wire/codec/rdata-codec.ts'
import { type LaidOutType, layouts } from '../../src/wire/codec/rdata-layout.ts'
import { Flag } from '../../src/wire/header.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { fieldsOf, name } from '../wire/arbitrary.ts'

/** Signatures are no records of a set, and are tested where they are read. */
const types = (Object.keys(layouts) as LaidOutType[]).filter((type) => type !== 'RRSIG')

const scan = new AnswerScan()

describe('records out of messages are in canonical form (RFC 4034 §6)', () => {
  for (const type of types) {
    it(type, () => {
      fc.assert(
        fc.property(
          name,
          fc.array(fieldsOf(type), { minLength: 1, maxLength: 4 }),
          (owner, rows) => {
            const rdatas = rows.map((fields) => writeRdata(type, fields))
            const number = RecordType[type]
            const records = [...rdatas, ...rdatas].map((rdata) => {
              return { name: owner, type: number, class: 1, ttl: 1, rdata }
            })
            const bytes = encodeMessage({
              id: 0,
              flags: Flag.QR,
              opcode: 0,
              rcode: 0,
              questions: [{ name: owner, type: number, class: 1 }],
              answers: [],
              authorities: records,
              additionals: [],
              edns: null,
            })
            // Some of what can be written makes no sense, and is not taken.
            fc.pre(scan.scan(bytes, 0, bytes.length) === AnswerFault.None)
            const { authority } = readSigned(scan)
            assert.equal(authority.length, 1)
            const expected = rdatas.map((rdata) => Buffer.from(canonicalRdata(number, rdata)))
            expected.sort((a, b) => a.compare(b))
            const distinct = expected.filter(
              (rdata, i) => i === 0 || !rdata.equals(expected[i - 1]!),
            )
            assert.deepEqual(
              authority[0]!.records.map((rdata) => Buffer.from(rdata)),
              distinct,
            )
          },
        ),
        { numRuns: 60 },
      )
    })
  }
})
