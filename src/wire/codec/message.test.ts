import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DNSSEC_OK } from '../edns.ts'
import { Flag, Rcode } from '../header.ts'
import { decodeMessage, type Message, MessageFault } from './message.ts'
import { encodeMessage } from './message-encode.ts'
import { formatMessage } from '../text/message-text.ts'
import { parseName, ROOT_NAME } from '../text/name-text.ts'
import { RecordType } from '../record-type.ts'
import { parseZone } from '../text/zone-text.ts'

const name = parseName('www.example.org') as Uint8Array
const zone = parseZone(`
www.example.org. 300 CNAME web.example.org.
web.example.org. 60 A 192.0.2.1
web.example.org. 60 A 192.0.2.2
web.example.org. 60 AAAA 2001:db8::1
`).records

const base: Message = {
  id: 4711,
  flags: Flag.QR | Flag.RD | Flag.RA,
  opcode: 0,
  rcode: Rcode.NoError,
  questions: [{ name, type: RecordType.A, class: 1 }],
  answers: zone,
  authorities: [],
  additionals: [],
  edns: { udpSize: 1232, version: 0, flags: DNSSEC_OK, options: [] },
}

function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  if (typeof message === 'string') assert.fail(message)
  return message
}

/** One record of an answer without a question, its RDATA as it stands in the message. */
function single(type: number, ...rdata: readonly number[]): Uint8Array {
  const header = [0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0]
  return Uint8Array.from([...header, 0, 0, type, 0, 1, 0, 0, 0, 9, 0, rdata.length, ...rdata])
}

suite('writing a message', () => {
  test('compresses owners and names of the types of RFC 1035 (RFC 3597 §4)', () => {
    const plain = encodeMessage(base, { compress: false })
    const compressed = encodeMessage(base)
    assert.ok(compressed.length < plain.length - 40)
    assert.deepEqual(decoded(compressed), decoded(plain))
  })

  test('compresses no name in newer types (RFC 3597 §4)', () => {
    const { records } = parseZone(`
www.example.org. 1 SRV 1 2 3 www.example.org.
www.example.org. 1 HTTPS 1 www.example.org.
`)
    const bytes = encodeMessage({ ...base, answers: records, edns: null })
    assert.equal(bytes.length, 12 + 21 + 12 + 6 + name.length + 12 + 2 + name.length)
  })

  test('keeps the letter case of every name (RFC 4343 §4)', () => {
    const answers = parseZone('WWW.example.ORG. 1 CNAME www.EXAMPLE.org.').records
    assert.deepEqual(decoded(encodeMessage({ ...base, answers })).answers, answers)
  })

  test('points to nothing behind the first 16,384 octets (RFC 1035 §4.1.4)', () => {
    const filler = { name, type: 65_280, class: 1, ttl: 0, rdata: new Uint8Array(16_380) }
    const late = { ...filler, name: parseName('late.example.com') as Uint8Array, rdata: name }
    const message = { ...base, answers: [filler, late, late] }
    assert.deepEqual(decoded(encodeMessage(message)), message)
  })

  test('cuts between RRsets and sets TC, OPT stays (RFC 2181 §9, RFC 6891 §7)', () => {
    const whole = encodeMessage(base).length
    const cut = decoded(encodeMessage(base, { maxLength: whole - 28 - 1 }))
    assert.deepEqual(cut.answers, zone.slice(0, 1))
    assert.equal(cut.flags, base.flags | Flag.TC)
    assert.deepEqual(cut.edns, base.edns)
  })

  test('leaves additional records out without TC (RFC 2181 §9)', () => {
    const message = { ...base, answers: [], additionals: zone }
    const cut = decoded(encodeMessage(message, { maxLength: 80 }))
    assert.deepEqual([cut.flags, cut.additionals.length], [base.flags, 1])
  })

  test('puts TSIG last, behind OPT (RFC 8945 §5.1)', () => {
    const tsig = { name, type: RecordType.TSIG, class: 255, ttl: 0, rdata: name }
    const bytes = encodeMessage({ ...base, answers: [], additionals: [zone[1]!, tsig] })
    assert.deepEqual(decoded(bytes).additionals, [zone[1], tsig])
    assert.deepEqual(bytes.slice(-name.length), name)
  })
})

suite('reading a message', () => {
  test('joins the two halves of the response code (RFC 6891 §6.1.3)', () => {
    assert.equal(decoded(encodeMessage({ ...base, rcode: Rcode.BadVers })).rcode, Rcode.BadVers)
    assert.equal(decoded(encodeMessage({ ...base, rcode: 16, edns: null })).rcode, 0)
  })

  test('expands names in RDATA that pointers may stand in (RFC 3597 §4)', () => {
    const message = encodeMessage({ ...base, answers: [], edns: null })
    const srv = [0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 9, 0, 8, 0, 1, 0, 2, 0, 3, 0xc0, 12]
    message[7] = 1
    const [record] = decoded(Uint8Array.from([...message, ...srv])).answers
    assert.deepEqual(record?.rdata, Uint8Array.from([0, 1, 0, 2, 0, 3, ...name]))
  })

  test('keeps the RDATA of types that it does not know as it is (RFC 3597 §3)', () => {
    for (const type of [RecordType.TSIG, RecordType.NULL, 65_280]) {
      const [record] = decoded(single(type, 0xc0, 12)).answers
      assert.deepEqual(record?.rdata, Uint8Array.of(0xc0, 12))
    }
  })

  test('says what is wrong, and throws nothing', () => {
    assert.equal(decodeMessage(new Uint8Array(11)), MessageFault.TooShort)
    assert.equal(decodeMessage(single(RecordType.A, 1, 2, 3)), MessageFault.BadRdata)
    assert.equal(decodeMessage(single(RecordType.NS, 0xc0, 23)), MessageFault.BadRdata)
    assert.equal(decodeMessage(single(RecordType.MINFO, 0)), MessageFault.BadRdata)
    assert.equal(decodeMessage(single(RecordType.HTTPS, 0, 1, 0xc0, 12)), MessageFault.BadRdata)
    assert.equal(decodeMessage(single(RecordType.OPT)), MessageFault.BadOpt)
    const whole = encodeMessage(base)
    assert.equal(decodeMessage(Uint8Array.from([...whole, 0])), MessageFault.LeftOver)
    assert.equal(decodeMessage(whole.slice(0, -1)), MessageFault.BadBounds)
    assert.equal(decodeMessage(whole.slice(0, 14)), MessageFault.BadName)
    assert.equal(decodeMessage(whole.slice(0, 12 + name.length + 1)), MessageFault.BadBounds)
  })

  test('takes OPT once, of the root, with whole options (RFC 6891 §6.1)', () => {
    const opt = { name: ROOT_NAME, type: RecordType.OPT, class: 512, ttl: 0, rdata: ROOT_NAME }
    const empty = { ...opt, rdata: new Uint8Array(0) }
    const read = (record: typeof opt, edns: Message['edns'] = null) =>
      decodeMessage(encodeMessage({ ...base, additionals: [record], edns }))
    assert.equal(typeof read(empty), 'object')
    assert.equal(read(empty, base.edns), MessageFault.BadOpt)
    assert.equal(read(opt), MessageFault.BadOpt)
    assert.equal(read({ ...empty, name }), MessageFault.BadOpt)
  })
})

test('a message prints with all that it holds', () => {
  const edns = { udpSize: 1232, version: 0, flags: DNSSEC_OK, options: [{ code: 15, data: name }] }
  const message = { ...base, answers: zone.slice(0, 2), authorities: zone.slice(2, 3), edns }
  assert.equal(
    formatMessage(message),
    `;; QUERY NOERROR id 4711 flags qr rd ra
;; edns version 0 udp 1232 do option 15=03777777076578616D706C65036F726700
;; question
;www.example.org. IN A
;; answer
www.example.org. 300 IN CNAME web.example.org.
web.example.org. 60 IN A 192.0.2.1
;; authority
web.example.org. 60 IN A 192.0.2.2
`,
  )
})
