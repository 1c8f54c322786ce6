import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatRecord } from './message-text.ts'
import { parseName } from './name-text.ts'
import { parseRecord, parseZone } from './zone-text.ts'

const origin = parseName('example.org') as Uint8Array

function read(text: string): string[] {
  const { records, errors } = parseZone(text, { origin })
  assert.deepEqual(errors, [])
  return records.map(formatRecord)
}

function faultsOf(text: string): string[] {
  return parseZone(text, { origin }).errors.map(({ line, message }) => `${line}: ${message}`)
}

suite('a zone file', () => {
  test('has owners, TTLs and classes that may be left out, in either order (RFC 1035 §5.1)', () => {
    assert.deepEqual(
      read(`$TTL 1h
www A 192.0.2.1
    AAAA 2001:db8::1
    IN 60 A 192.0.2.2
    60 IN A 192.0.2.3
    CH TXT chaos
    TXT chaos
`),
      [
        'www.example.org. 3600 IN A 192.0.2.1',
        'www.example.org. 3600 IN AAAA 2001:db8::1',
        'www.example.org. 60 IN A 192.0.2.2',
        'www.example.org. 60 IN A 192.0.2.3',
        'www.example.org. 3600 CH TXT "chaos"',
        'www.example.org. 3600 CH TXT "chaos"',
      ],
    )
  })

  test('takes the last TTL where no $TTL stands (RFC 1035 §5.1, RFC 2308 §4)', () => {
    assert.deepEqual(read('a 5 A 192.0.2.1\nb A 192.0.2.2'), [
      'a.example.org. 5 IN A 192.0.2.1',
      'b.example.org. 5 IN A 192.0.2.2',
    ])
    assert.deepEqual(faultsOf('a A 192.0.2.1'), ['1: there is no TTL, nor a $TTL before'])
  })

  test('names its origin @, and may change it (RFC 1035 §5.1)', () => {
    assert.deepEqual(
      read(`@ 1 NS ns
$ORIGIN sub
@ 1 NS @
\\@ 1 NS "@"
www.example.com. 1 A 192.0.2.1
$origin example.com. ; in any letter case
@ 1 A 192.0.2.2`),
      [
        'example.org. 1 IN NS ns.example.org.',
        'sub.example.org. 1 IN NS sub.example.org.',
        '\\@.sub.example.org. 1 IN NS \\@.sub.example.org.',
        'www.example.com. 1 IN A 192.0.2.1',
        'example.com. 1 IN A 192.0.2.2',
      ],
    )
  })

  test('goes on over lines in parentheses, comments left out (RFC 1035 §5.1)', () => {
    assert.deepEqual(
      read(`@ 1 SOA ns hostmaster (1;one
\t 1d 1H ; "two" (
)1w 5\r
; nothing
\t; nothing either

 TXT (a"b" )`),
      [
        'example.org. 1 IN SOA ns.example.org. hostmaster.example.org. 1 86400 3600 604800 5',
        'example.org. 1 IN TXT "a\\"b\\""',
      ],
    )
  })

  test('has quoted strings in which nothing but quote and backslash is special', () => {
    assert.deepEqual(read('@ 1 TXT "a;(b)  c" "" d\\ e \\"f "\\\\\\"" "\\065"'), [
      'example.org. 1 IN TXT "a;(b)  c" "" "d e" "\\"f" "\\\\\\"" "A"',
    ])
  })

  test('shows all its errors, each with the line where its entry begins', () => {
    assert.deepEqual(
      faultsOf(`  A 192.0.2.1
@ 1 A 192.0.2
@ 1 WHAT 1
@ 1 (
 A)
a..b 1 A 192.0.2.1
$INCLUDE other.zone
$TTL 1x
$TTL
$ORIGIN a b
@ 1 TXT "open
@ 1 A 192.0.2.1 )
ok 1 A 192.0.2.1
@ 1 TXT ( open
`),
      [
        '1: the first record must have an owner',
        '2: 192.0.2 is not an IPv4 address',
        '3: WHAT is not a record type',
        '4: an IPv4 address is missing',
        '6: a..b: a label must not be empty',
        '7: $INCLUDE is not supported',
        '8: 1x is not a time to live',
        '9: a time to live is missing',
        '10: b is too much',
        '11: a quote is not closed',
        '12: a parenthesis is closed that was not opened',
        '14: a parenthesis is not closed',
      ],
    )
  })
})

test('one record is read from one line, or is said to be none', () => {
  assert.notEqual(typeof parseRecord('example.org. 60 IN A 192.0.2.1'), 'string')
  assert.equal(parseRecord('; nothing'), 'there is no record')
  assert.equal(parseRecord('example.org. 60 IN A x'), 'x is not an IPv4 address')
})
