import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { OptionCode } from '../../wire/edns.ts'
import { Flag, Rcode } from '../../wire/header.ts'
import type { Message } from '../../wire/codec/message.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { answerText, explanationOf } from './answer-text.ts'

function message(answers: string, more: Partial<Message> = {}): Message {
  return {
    id: 1,
    flags: Flag.QR,
    opcode: 0,
    rcode: Rcode.NoError,
    questions: [],
    answers: parseZone(answers).records,
    authorities: [],
    additionals: [],
    edns: null,
    ...more,
  }
}

const { records: soa } = parseZone('example.org. 60 SOA . . 1 1 1 1 60')

suite('an answer in a few words', () => {
  test('tells records, and how many aliases lead to them', () => {
    const text = 'a.example.org. 1 CNAME b.example.org.\nb.example.org. 1 A 192.0.2.1\n'
    assert.equal(answerText(message(text)), '1 alias to 192.0.2.1')
    assert.equal(answerText(message('b.example.org. 1 A 192.0.2.1')), '192.0.2.1')
  })

  test('tells the length of what is too long for a line', () => {
    const text = `example.org. 1 TXT "${'a'.repeat(200)}"\n`
    assert.equal(answerText(message(text.repeat(20))), '4,020 octets')
  })

  test('tells what is not there, and whether SOA came with it', () => {
    assert.equal(
      answerText(message('', { rcode: Rcode.NXDomain, authorities: soa })),
      'NXDOMAIN, with SOA',
    )
    assert.equal(answerText(message('', { authorities: soa })), 'no such record, with SOA')
    assert.equal(answerText(message('', { rcode: Rcode.ServFail })), 'SERVFAIL')
  })

  test('tells why there is none (RFC 8914)', () => {
    const data = Buffer.from('\0\x07www.example.org. A: too old', 'latin1')
    const options = [{ code: OptionCode.ExtendedError, data }]
    const edns = { udpSize: 1232, version: 0, flags: 0, options }
    const failed = message('', { rcode: Rcode.ServFail, edns })
    assert.equal(answerText(failed), 'SERVFAIL: signature expired')
    assert.equal(explanationOf(failed)?.text, 'www.example.org. A: too old')
  })

  test('tells of truncation and of silence', () => {
    assert.match(answerText(message('', { flags: Flag.QR | Flag.TC })), /truncated/)
    assert.equal(answerText(null), 'no answer')
  })
})
