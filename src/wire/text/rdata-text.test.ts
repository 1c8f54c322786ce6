import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatRecord } from './message-text.ts'
import { parseName } from './name-text.ts'
import { canonicalRdata, isValidRdata, readRdata } from '../codec/rdata-codec.ts'
import { formatRdata } from './rdata-text.ts'
import { RecordType } from '../record-type.ts'
import { parseType } from './type-text.ts'
import { parseRecord } from './zone-text.ts'

/** RDATA of `text`, which is a type and its presentation text, as hexadecimal text. */
function hexOf(text: string): string {
  const record = parseRecord(`example.org. 60 IN ${text}`)
  if (typeof record === 'string') assert.fail(`${text}: ${record}`)
  return Buffer.from(record.rdata).toString('hex')
}

function faultOf(text: string): string {
  const fault = parseRecord(`example.org. 60 IN ${text}`)
  assert.ok(typeof fault === 'string', text)
  return fault
}

function format(type: string, hex: string): string {
  return formatRdata(parseType(type)!, new Uint8Array(Buffer.from(hex, 'hex')))
}

/** The canonical form of RDATA, as text. */
function canonical(text: string): string {
  const record = parseRecord(`example.org. 60 ${text}`)
  assert.ok(typeof record !== 'string')
  return formatRdata(record.type, canonicalRdata(record.type, record.rdata))
}

suite('service bindings, by the test vectors of RFC 9460 Appendix D', () => {
  const foo = '03666f6f076578616d706c6503636f6d00'
  const fooOrg = '03666f6f076578616d706c65036f726700'
  const vectors = {
    'HTTPS 0 foo.example.com.': `0000${foo}`,
    'SVCB 1 .': '000100',
    'SVCB 16 foo.example.com. port=53': `0010${foo}000300020035`,
    'SVCB 1 foo.example.com. key667=hello': `0001${foo}029b000568656c6c6f`,
    'SVCB 1 foo.example.com. key667="hello\\210qoo"': `0001${foo}029b000968656c6c6fd2716f6f`,
    'SVCB 1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"': `0001${foo}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
    'SVCB 16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1': `0010${fooOrg}0000000400010004000100090268320568332d313900040004c0000201`,
    'SVCB 16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"': `0010${fooOrg}0001000c08665c6f6f2c626172026832`,
    'SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2': `0010${fooOrg}0001000c08665c6f6f2c626172026832`,
  }
  for (const [text, hex] of Object.entries(vectors)) {
    test(text, () => {
      assert.equal(hexOf(text), hex)
      const type = text.split(' ', 1)[0]!
      assert.equal(hexOf(`${type} ${format(type, hex)}`), hex)
    })
  }

  test('faults are refused, in text and on the wire', () => {
    for (const params of [
      'key123=abc key123=def',
      'mandatory',
      'alpn',
      'port',
      'ipv4hint',
      'ipv6hint',
      'no-default-alpn=abc',
      'no-default-alpn',
      'mandatory=key123',
      'mandatory=mandatory',
      'mandatory=key123,key123 key123=abc',
      'port=65536',
      'ech=!',
      'key01=a',
      'key65536=a',
    ]) {
      assert.notEqual(faultOf(`SVCB 1 foo.example.com. ${params}`), '')
    }
    for (const hex of [
      '00010000010000',
      '0001000003000101',
      '000100029b0000029b0000',
      '00010000',
    ]) {
      assert.ok(!isValidRdata(RecordType.SVCB, Buffer.from(hex, 'hex')), hex)
    }
  })
})

suite('presentation text', () => {
  test('of unknown types is generic, and may be of known ones (RFC 3597 §5)', () => {
    assert.equal(hexOf('TYPE65280 \\# 4 0a000001'), '0a000001')
    assert.equal(hexOf('TYPE65280 ( \\# 4 0A00 0001 )'), '0a000001')
    assert.equal(hexOf('A \\# 4 0a000001'), '0a000001')
    assert.equal(hexOf('TYPE1 10.0.0.1'), '0a000001')
    assert.equal(format('TYPE65280', '0a000001'), '\\# 4 0A000001')
    assert.equal(format('TYPE65280', ''), '\\# 0')
    assert.match(faultOf('TYPE65280 \\# 3 0a000001'), /4 octets, not 3/)
    assert.match(faultOf('TYPE65280 10.0.0.1'), /\\#/)
    assert.match(faultOf('A \\# 3 0a0000'), /do not fit/)
    const record = parseRecord('example.org. 60 CLASS32 TYPE731 \\# 0')
    assert.ok(typeof record !== 'string')
    assert.equal(formatRecord(record), 'example.org. 60 CLASS32 TYPE731 \\# 0')
  })

  test('of RDATA that does not fit its type is generic, too', () => {
    assert.equal(format('A', '0a0000'), '\\# 3 0A0000')
    assert.equal(format('MX', '000a0361'), '\\# 4 000A0361')
    assert.equal(format('TXT', ''), '\\# 0')
    assert.equal(format('NSEC', '0000020000'), '\\# 5 0000020000')
  })

  test('of NSEC shows types by name, above 255 too (RFC 4034 §4.3)', () => {
    const hex =
      '04686f7374076578616d706c6503636f6d000006400100000003' +
      '041b000000000000000000000000000000000000000000000000000020'
    assert.equal(hexOf('NSEC host.example.com. A MX RRSIG NSEC TYPE1234'), hex)
    assert.equal(format('NSEC', hex), 'host.example.com. A MX RRSIG NSEC TYPE1234')
  })

  test('of RRSIG shows times to the second, and takes plain numbers (RFC 4034 §3.2)', () => {
    const shown = 'A 5 3 86400 20030322173103 20030220173103 2642 example.com. AQID'
    const hex = hexOf(`RRSIG ${shown}`)
    assert.equal(format('RRSIG', hex), shown)
    assert.equal(hexOf('RRSIG A 5 3 86400 1048354263 1045762263 2642 example.com. AQID'), hex)
    assert.notEqual(faultOf(`RRSIG ${shown.replace('20030322', '20030231')}`), '')
  })

  test('of NSEC3 has a dash for no salt and hashes in Base32hex (RFC 5155 §3.3)', () => {
    const shown = '1 1 12 AABBCCDD 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S MX DNSKEY NS SOA'
    const rdata = format('NSEC3', hexOf(`NSEC3 ${shown}`))
    assert.equal(rdata, '1 1 12 AABBCCDD 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S NS SOA MX DNSKEY')
    assert.equal(hexOf('NSEC3PARAM 1 0 0 -'), '0100000000')
  })

  test('of addresses: IPv6 as RFC 5952 §4 recommends', () => {
    for (const [text, shown] of [
      ['2001:DB8::', '2001:db8::'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ] as const) {
      assert.equal(format('AAAA', hexOf(`AAAA ${text}`)), shown)
    }
    for (const text of ['AAAA fe80::1%eth0', 'AAAA 192.0.2.1', 'A 192.0.2', 'A 192.0.2.256']) {
      assert.notEqual(faultOf(text), '')
    }
  })

  test('says what is missing, too much or too long (RFC 1035 §5.1)', () => {
    assert.match(faultOf('MX 10'), /a name is missing/)
    assert.match(faultOf('MX ten mail'), /ten is not a number from 0 to 65535/)
    assert.match(faultOf('A 192.0.2.1 192.0.2.2'), /192\.0\.2\.2 is too much/)
    assert.match(faultOf(`TXT ${'a'.repeat(256)}`), /longer than 255/)
    assert.match(faultOf('TXT'), /missing/)
    assert.match(faultOf('DS 1 8 2 abc'), /hexadecimal/)
    assert.match(faultOf('DNSKEY 257 3 8 AQI'), /Base64/)
  })
})

test('canonical form has names of the older types in lower case (RFC 6840 §5.1)', () => {
  assert.equal(canonical('MX 10 MAIL.Example.org.'), '10 mail.example.org.')
  assert.equal(canonical('SRV 1 2 3 Host.example.org.'), '1 2 3 host.example.org.')
  assert.equal(
    canonical('RRSIG A 8 2 1 1 1 1 EXAMPLE.org. AA=='),
    canonical('RRSIG A 8 2 1 1 1 1 example.org. AA=='),
  )
  assert.equal(canonical('NSEC A.example.org. A'), 'A.example.org. A')
  assert.equal(canonical('SVCB 1 A.example.org.'), '1 A.example.org.')
  assert.equal(canonical('TXT ABC'), '"ABC"')
})

test('typed fields come out of RDATA that fits, and null out of other', () => {
  const rdata = Uint8Array.from([0, 10, ...(parseName('mail.example.org') as Uint8Array)])
  assert.deepEqual(readRdata('MX', rdata), { preference: 10, exchange: rdata.slice(2) })
  assert.equal(readRdata('MX', rdata.subarray(0, 5)), null)
  assert.equal(readRdata('A', new Uint8Array(5)), null)
})
