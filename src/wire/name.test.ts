import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HEADER_LENGTH } from './header.ts'
import { equalIgnoringCase, lowerCaseOctet, skipName, skipPlainName } from './name.ts'

/** A message whose octets behind the header are `octets`. */
function message(...octets: readonly number[]): Uint8Array {
  return Uint8Array.from([...Array<number>(HEADER_LENGTH).fill(0), ...octets])
}

/** Labels with these lengths, then the root label. */
function labels(...lengths: readonly number[]): number[] {
  return [...lengths.flatMap((length) => [length, ...Array<number>(length).fill(0x61)]), 0]
}

function skip(bytes: Uint8Array, offset = HEADER_LENGTH): number {
  return skipName(bytes, 0, offset, bytes.length)
}

function skipPlain(bytes: Uint8Array): number {
  return skipPlainName(bytes, HEADER_LENGTH, bytes.length)
}

/** A pointer to `offset`. */
function pointer(offset: number): [number, number] {
  return [0xc0 | (offset >>> 8), offset & 0xff]
}

suite('skipName', () => {
  test('steps over the root and over labels (RFC 1035 §3.1)', () => {
    assert.equal(skip(message(0)), 13)
    assert.equal(skip(message(...labels(3, 7, 3))), 12 + 17)
  })

  test('steps behind a pointer, not behind what it points to (RFC 1035 §4.1.4)', () => {
    const bytes = message(...labels(3), 1, 0x62, ...pointer(12), 0xff)
    assert.equal(skip(bytes, 17), 21)
  })

  test('counts offsets of pointers from where the message starts', () => {
    const inner = message(...labels(3), ...pointer(12))
    const bytes = Uint8Array.from([1, 2, 3, ...inner])
    bytes[12] = 0x80
    assert.equal(skipName(bytes, 3, 3 + 17, bytes.length), 3 + 19)
    assert.equal(skipName(bytes, 0, 3 + 17, bytes.length), -1)
  })

  test('takes labels of 63 octets and refuses 64 to 191: no such label (RFC 1035 §3.1)', () => {
    assert.equal(skip(message(...labels(63))), 12 + 65)
    for (const length of [64, 127, 128, 191]) assert.equal(skip(message(...labels(length))), -1)
  })

  test('takes names of 255 octets and refuses 256, compressed or not (RFC 1035 §3.1)', () => {
    assert.equal(skip(message(...labels(63, 63, 63, 61))), 12 + 255)
    assert.equal(skip(message(...labels(63, 63, 63, 62))), -1)
    const suffix = labels(63, 63, 63)
    const behind = 12 + suffix.length
    assert.notEqual(
      skip(message(...suffix, ...labels(61).slice(0, -1), ...pointer(12)), behind),
      -1,
    )
    assert.equal(skip(message(...suffix, ...labels(62).slice(0, -1), ...pointer(12)), behind), -1)
  })

  test('refuses pointers forwards, to themselves and into the header (RFC 1035 §4.1.4)', () => {
    for (const target of [0, 11, 12, 13, 14, 0x3fff]) {
      assert.equal(skip(message(...pointer(target), 0, 0)), -1, String(target))
    }
  })

  test('refuses pointers in a circle (RFC 9267 §2)', () => {
    assert.equal(skip(message(1, 0x61, ...pointer(12)), 14), -1)
    assert.equal(skip(message(...pointer(14), ...pointer(12)), 14), -1)
  })

  test('refuses more pointers than a name has labels', () => {
    const octets = [0]
    for (let at = 13; at < 13 + 2 * 200; at += 2) octets.push(...pointer(Math.max(12, at - 2)))
    octets.splice(1, 2, ...pointer(12))
    const bytes = message(...octets)
    assert.equal(skip(bytes, 13 + 2 * 126), 15 + 2 * 126)
    assert.equal(skip(bytes, 13 + 2 * 127), -1)
  })

  test('refuses what runs over the end', () => {
    const whole = message(...labels(3, 7, 3))
    for (let end = 12; end < whole.length; end++) {
      assert.equal(skipName(whole, 0, 12, end), -1, String(end))
    }
    assert.equal(skip(message(0, 0xc0), 13), -1)
  })
})

suite('skipPlainName', () => {
  test('takes names of up to 255 octets (RFC 1035 §3.1)', () => {
    assert.equal(skipPlain(message(0)), 13)
    assert.equal(skipPlain(message(...labels(63, 63, 63, 61))), 12 + 255)
    assert.equal(skipPlain(message(...labels(63, 63, 63, 62))), -1)
  })

  test('refuses pointers and what runs over the end', () => {
    assert.equal(skipPlainName(message(0, ...pointer(12)), 13, 15), -1)
    const whole = message(...labels(3, 7))
    for (let end = 12; end < whole.length; end++) {
      assert.equal(skipPlainName(whole, 12, end), -1, String(end))
    }
  })
})

test('only ASCII letters have two cases (RFC 4343 §3)', () => {
  for (let octet = 0; octet < 256; octet++) {
    const letter = octet >= 0x41 && octet <= 0x5a
    assert.equal(lowerCaseOctet(octet), letter ? octet + 32 : octet)
  }
})

test('compares octets but for the case of ASCII letters (RFC 4343 §3)', () => {
  const a = Buffer.from('xx\x03wWw\xc0\x40')
  const b = Buffer.from('\x03WwW\xc0\x60')
  assert.ok(equalIgnoringCase(a, 2, b, 0, 4))
  assert.ok(!equalIgnoringCase(a, 2, b, 0, b.length))
})
