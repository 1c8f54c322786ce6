// Zones signed here, judged by the verifiers of LDNS and BIND, which must be installed.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { runProgram } from '../../../test/support/processes.ts'
import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { formatRecord } from '../../wire/text/message-text.ts'
import { formatName, parseName } from '../../wire/text/name-text.ts'
import { formatType } from '../../wire/text/type-text.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { type Name, readName } from '../name.ts'
import type { Nsec3Options } from './nsec3-chain.ts'
import { SignedWorld } from './signed-world.ts'
import { SignedZone } from './signed-zone.ts'
import { KeyFlag, SigningKey } from './signing-key.ts'
import type { ZoneAnswer } from './zone-lookup.ts'

const ZONE = `
$ORIGIN example.
$TTL 3600
@            SOA    ns1 Hostmaster 1 3600 300 360000 900
             NS     ns1
             NS     NS.Secure
             MX     10 Mail.Example.
             TXT    "one" "two"
Ns1          A      192.0.2.1
             AAAA   2001:db8::1
mail         A      192.0.2.2
             A      192.0.2.3
             A      192.0.2.3
a.b.c        TXT    "below two empty non-terminals"
*.wild       A      192.0.2.4
             TXT    "*"
no.wild      A      192.0.2.5
alias        CNAME  Mail
far          CNAME  www.example.org.
moved        DNAME  wild
old.moved    A      192.0.2.6
secure       NS     ns.secure
             DS     12345 13 2 ${'AB'.repeat(32)}
ns.secure    A      192.0.2.7
island       NS     ns.island
ns.island    A      192.0.2.8
unsigned.ent NS     ns1
_x._tcp      SRV    0 0 443 Mail
svc          HTTPS  1 . alpn=h2 ipv4hint=192.0.2.9
opaque       TYPE65280 \\# 4 0A000001
`

const NSEC3_PLAIN: Nsec3Options = { iterations: 0, salt: new Uint8Array(0), optOut: false }
const NSEC3_SALTED: Nsec3Options = { iterations: 5, salt: Buffer.from('abcd', 'hex'), optOut: true }

const now = Math.floor(Date.now() / 1000)
const folder = mkdtempSync(join(tmpdir(), 'dotward-signer-'))
after(() => rmSync(folder, { recursive: true }))

function signed(keys: readonly SigningKey[], nsec3?: Nsec3Options): SignedZone {
  const { records, errors } = parseZone(ZONE)
  assert.deepEqual(errors, [])
  const validity = { inception: now - 3_600, expiration: now + 86_400 }
  return new SignedZone({ records, keys, ...validity, ...(nsec3 && { nsec3 }) })
}

/** A pair as most zones have them: one key signs keys, the other one data. */
function pair(algorithm: number): SigningKey[] {
  const flags = KeyFlag.Zone | KeyFlag.EntryPoint
  return [new SigningKey({ algorithm, flags }), new SigningKey({ algorithm })]
}

async function assertVerifies(zone: SignedZone, title: string): Promise<void> {
  const path = join(folder, title)
  writeFileSync(path, `${zone.records().map(formatRecord).join('\n')}\n`)
  const byLdns = await runProgram('ldns-verify-zone', [path])
  assert.equal(byLdns.code, 0, byLdns.output)
  const oneKey = zone.keys.length === 1 ? ['-z'] : []
  const byBind = await runProgram('dnssec-verify', [...oneKey, '-o', 'example', path])
  assert.equal(byBind.code, 0, byBind.output)
}

describe('a signed zone, to the verifiers of LDNS and BIND', () => {
  for (const algorithm of [8, 10, 13, 14, 15, 16]) {
    it(`holds with keys of algorithm ${algorithm}`, async () => {
      await assertVerifies(signed(pair(algorithm)), `algorithm-${algorithm}`)
    })
  }

  it('holds with one key for all, and with two algorithms', async () => {
    await assertVerifies(signed([new SigningKey({ algorithm: 13 })]), 'one')
    await assertVerifies(signed([...pair(13), ...pair(15)]), 'two')
  })

  it('holds with NSEC3, with and without salt and opt-out (RFC 5155 §7.1)', async () => {
    await assertVerifies(signed(pair(13), NSEC3_PLAIN), 'nsec3')
    await assertVerifies(signed(pair(13), NSEC3_SALTED), 'opt-out')
  })
})

function name(text: string): Name {
  return readName(parseName(text) as Uint8Array, 0, 0)
}

/** Owner and type of each set in a section, signatures left out. */
function sets(records: ZoneAnswer['answer']): string[] {
  const texts = records
    .filter(({ type }) => type !== RecordType.RRSIG)
    .map((record) => `${formatName(record.name)} ${formatType(record.type)}`)
  return [...new Set(texts)]
}

describe('the answers of a signed zone with NSEC (RFC 4035 §3.1)', () => {
  const zone = signed([new SigningKey({ algorithm: 15 })])
  const ask = (owner: string, type: keyof typeof RecordType): ZoneAnswer =>
    zone.answer(name(owner), RecordType[type])

  /** Each answer's rcode and sections. */
  const cases: [string, keyof typeof RecordType, number, string[], string[]][] = [
    ['mail.example', 'A', Rcode.NoError, ['mail.example. A'], []],
    ['mail.example', 'TXT', Rcode.NoError, [], ['example. SOA', 'mail.example. NSEC']],
    ['b.c.example', 'A', Rcode.NoError, [], ['example. SOA', 'alias.example. NSEC']],
    ['x.example', 'A', Rcode.NXDomain, [], ['example. SOA', 'no.wild.example. NSEC']],
    ['x.wild.example', 'A', Rcode.NoError, ['x.wild.example. A'], ['no.wild.example. NSEC']],
    ['alias.example', 'A', Rcode.NoError, ['alias.example. CNAME', 'mail.example. A'], []],
    ['far.example', 'A', Rcode.NoError, ['far.example. CNAME'], []],
    ['secure.example', 'DS', Rcode.NoError, ['secure.example. DS'], []],
    ['island.example', 'DS', Rcode.NoError, [], ['example. SOA', 'island.example. NSEC']],
    ['a.secure.example', 'A', Rcode.NoError, [], ['secure.example. NS', 'secure.example. DS']],
    ['a.island.example', 'A', Rcode.NoError, [], ['island.example. NS', 'island.example. NSEC']],
    [
      'no.moved.example',
      'A',
      Rcode.NoError,
      ['moved.example. DNAME', 'no.moved.example. CNAME', 'no.wild.example. A'],
      [],
    ],
  ]
  for (const [owner, type, rcode, answer, authority] of cases) {
    it(`has for ${owner} ${type} what belongs there`, () => {
      const found = ask(owner, type)
      assert.equal(found.rcode, rcode)
      assert.deepEqual(sets(found.answer), answer)
      for (const set of authority) assert.ok(sets(found.authority).includes(set), set)
      if (authority.length === 0) assert.deepEqual(sets(found.authority), [])
    })
  }

  it('keeps the letter case of owners, and gives wildcards the name that was asked for', () => {
    assert.equal(formatName(ask('ns1.example', 'A').answer[0]!.name), 'Ns1.example.')
    assert.equal(formatName(ask('q.wild.example', 'A').answer[0]!.name), 'q.wild.example.')
  })

  it('goes on elsewhere with aliases out of the zone, and refers to zones below', () => {
    assert.equal(ask('far.example', 'A').next, name('www.example.org'))
    assert.equal(ask('a.secure.example', 'A').isReferral, true)
  })

  it('are signed once, and nothing but the signature is kept', () => {
    const [one, other] = [ask('ns1.example', 'A'), ask('ns1.example', 'A')].map(
      ({ answer }) => answer.find(({ type }) => type === RecordType.RRSIG)!.rdata,
    )
    assert.equal(one, other)
    assert.equal(one!.byteLength, one!.buffer.byteLength)
  })

  it('are not for names outside of the zone', () => {
    assert.throws(() => ask('www.example.org', 'A'), /www\.example\.org\. is not in the zone/)
  })
})

describe('several signed zones', () => {
  it('are one to those who ask: aliases lead from zone to zone, DS come from the parent', () => {
    const other = parseZone('example.org. 60 SOA a b 1 1 1 1 60\nwww.example.org. 60 A 192.0.2.9')
    const validity = { inception: now, expiration: now + 60 }
    const child = new SignedZone({ records: other.records, keys: [], ...validity })
    const world = new SignedWorld([signed(pair(15)), child])
    const answer = world.answer(name('far.example'), RecordType.A)
    assert.deepEqual(sets(answer.answer), ['far.example. CNAME', 'www.example.org. A'])
    assert.equal(world.answer(name('a.secure.example'), RecordType.A).rcode, Rcode.ServFail)
    assert.equal(world.answer(name('test'), RecordType.A).rcode, Rcode.Refused)
    assert.equal(world.answer(name('island.example'), RecordType.DS).rcode, Rcode.NoError)
  })
})
