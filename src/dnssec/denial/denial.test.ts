import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { RecordType } from '../../wire/record-type.ts'
import { formatBase32Hex } from '../../wire/text/octet-text.ts'
import { Budget, DEFAULT_WORK } from '../budget.ts'
import { type Denied, delegationOf, denyCloser, denyName, denyType } from './denial.ts'
import { hashName, hashOfOwner } from './nsec3-hash.ts'
import { budget, denialBy, denialOf, name, NSEC3, signZone } from './testing.ts'

const { A, AAAA, ANY, DS, TXT } = RecordType

function nodata(zone: string, text: string, at: string, type: number): Denied['kind'] {
  return denyType(denialBy(zone, text), name(at), type, budget()).kind
}

function nxdomain(zone: string, text: string, at: string): Denied['kind'] {
  return denyName(denialBy(zone, text), name(at), budget()).kind
}

/** An NSEC3 record at a name of example., or one octet behind it, up to a name or one octet before. */
interface Span {
  readonly from: string
  readonly to: string
  readonly types?: string
  readonly flags?: number
  readonly iterations?: number
  readonly salt?: string
}

function hashText(text: string, iterations: number, salt: string): string {
  const shift = text.startsWith('<') ? -1 : text.startsWith('>') ? 1 : 0
  const octets = salt === '-' ? new Uint8Array(0) : Buffer.from(salt, 'hex')
  const plain = name(shift === 0 ? text : text.slice(1))
  const hash = Buffer.from(hashName(plain, { iterations, salt: octets }), 'latin1')
  // Nobody's hash ends in 00 or ff in these tests.
  hash[19]! += shift
  return formatBase32Hex(hash)
}

function nsec3({ from, to, types = '', flags = 0, iterations = 0, salt = '-' }: Span): string {
  const owner = hashText(from, iterations, salt)
  const next = hashText(to, iterations, salt)
  return `${owner}.example. 60 NSEC3 1 ${flags} ${iterations} ${salt} ${next} ${types}\n`
}

function recordAt(owner: string, types: string, rest: Partial<Span> = {}): string {
  return nsec3({ from: owner, to: `>${owner}`, types, ...rest })
}

function around(owner: string, rest: Partial<Span> = {}): string {
  return nsec3({ from: `<${owner}`, to: `>${owner}`, types: 'A RRSIG', ...rest })
}

describe('no records of a type, by NSEC (RFC 4035 §5.4)', () => {
  const plain = 'a.example. 60 NSEC c.example. A RRSIG NSEC'

  it('is proven by the NSEC of the name, unless that lists the type or CNAME (RFC 6840 §4.3)', () => {
    assert.equal(nodata('example', plain, 'a.example', AAAA), 'proven')
    assert.equal(nodata('example', plain, 'a.example', A), 'unproven')
    const alias = 'a.example. 60 NSEC c.example. CNAME RRSIG NSEC'
    assert.equal(nodata('example', alias, 'a.example', A), 'unproven')
  })

  it('is proven by a gap that ends below the name: an empty non-terminal', () => {
    const gap = 'a.example. 60 NSEC x.y.c.example. A RRSIG NSEC'
    assert.equal(nodata('example', gap, 'c.example', A), 'proven')
    assert.equal(nodata('example', gap, 'y.c.example', DS), 'proven')
    assert.equal(nodata('example', gap, 'b.example', A), 'unproven')
    assert.equal(nxdomain('example', gap, 'c.example'), 'unproven')
  })

  it('is proven by the wildcard at the closest encloser, and a gap where the name would be', () => {
    const gap = 'a.w.example. 60 NSEC example. A RRSIG NSEC\n'
    const wildcard = '*.w.example. 60 NSEC a.w.example. TXT RRSIG NSEC\n'
    assert.equal(nodata('example', gap + wildcard, 'q.w.example', A), 'proven')
    assert.equal(nodata('example', gap + wildcard, 'q.w.example', TXT), 'unproven')
    assert.equal(nodata('example', wildcard, 'q.w.example', A), 'unproven')
    assert.equal(nodata('example', gap, 'q.w.example', A), 'unproven')
    // Of the wrong encloser.
    assert.equal(nodata('example', gap + wildcard, 'q.a.w.example', A), 'unproven')
  })

  it('is proven where the wildcard is an empty non-terminal (RFC 4592 §2.2.2)', () => {
    const sets = 'example. 60 NSEC b.*.example. SOA NS RRSIG NSEC\nb.*.example. 60 NSEC example. A'
    assert.equal(nodata('example', sets, 'q.example', A), 'proven')
    assert.equal(nxdomain('example', sets, 'q.example'), 'unproven')
  })

  it('is for DS what the parent says, for all else what the zone says (RFC 6840 §4.1, §4.4)', () => {
    const parent = 'c.example. 60 NSEC d.example. NS RRSIG NSEC'
    assert.equal(nodata('example', parent, 'c.example', DS), 'proven')
    assert.equal(nodata('example', parent, 'c.example', A), 'unproven')
    const child = 'c.example. 60 NSEC c.example. NS SOA RRSIG NSEC DNSKEY'
    assert.equal(nodata('c.example', child, 'c.example', DS), 'unproven')
    assert.equal(nodata('c.example', child, 'c.example', A), 'proven')
    assert.equal(nodata('.', '. 60 NSEC aaa. NS SOA RRSIG NSEC DNSKEY', '.', DS), 'proven')
  })

  it('is for ANY a name with nothing but proofs', () => {
    assert.equal(nodata('example', plain, 'a.example', ANY), 'unproven')
    assert.equal(
      nodata('example', 'a.example. 60 NSEC c.example. RRSIG NSEC', 'a.example', ANY),
      'proven',
    )
  })

  it('is what compact answers prove of names that do not exist (RFC 9824 §3)', () => {
    const compact = 'q.example. 60 NSEC \\000.q.example. RRSIG NSEC TYPE128'
    assert.equal(nodata('example', compact, 'q.example', A), 'proven')
    assert.equal(nodata('example', compact, 'q.example', ANY), 'proven')
    assert.equal(nxdomain('example', compact, 'q.example'), 'proven')
    assert.equal(nodata('example', compact, 'r.example', A), 'unproven')
  })
})

describe('no such name, by NSEC (RFC 4035 §5.4)', () => {
  const wildcard = 'example. 60 NSEC a.example. SOA NS RRSIG NSEC\n'

  it('takes a gap at the name and one at the wildcard', () => {
    const gap = 'b.example. 60 NSEC d.example. A RRSIG NSEC\n'
    assert.equal(nxdomain('example', gap + wildcard, 'c.example'), 'proven')
    assert.equal(nxdomain('example', gap, 'c.example'), 'unproven')
    assert.equal(nxdomain('example', wildcard, 'c.example'), 'unproven')
    assert.equal(nxdomain('example', gap + wildcard, 'b.example'), 'unproven')
    assert.equal(nxdomain('example', gap + wildcard, 'd.example'), 'unproven')
  })

  it('may be proven by the last record, which leads to the apex, and by an only one', () => {
    const last = 'b.example. 60 NSEC example. A RRSIG NSEC\n'
    assert.equal(nxdomain('example', last + wildcard, 'c.example'), 'proven')
    assert.equal(nxdomain('example', last + wildcard, 'b.c.example'), 'proven')
    assert.equal(nxdomain('example', 'example. 60 NSEC example. SOA NS', 'c.example'), 'proven')
    // Backwards, but not to the apex.
    const bad = 'x.example. 60 NSEC b.example. A RRSIG NSEC\n'
    assert.equal(nxdomain('example', bad + wildcard, 'y.example'), 'unproven')
  })

  it('may be proven by records whose ends are no names of the zone (RFC 4470 §3)', () => {
    const lies = '!.example. 60 NSEC +.example. RRSIG NSEC\n'
    const beside = 'nond~.example. 60 NSEC none!.example. RRSIG NSEC\n'
    assert.equal(nxdomain('example', lies + beside, 'none.example'), 'proven')
    assert.equal(nxdomain('example', beside, 'none.example'), 'unproven')
    // An end below the name makes it an empty non-terminal.
    const below = 'nond~.example. 60 NSEC \\000.none.example. RRSIG NSEC\n'
    assert.equal(nxdomain('example', lies + below, 'none.example'), 'unproven')
    assert.equal(nodata('example', below, 'none.example', A), 'proven')
  })

  it('is not proven for names below a zone cut or a DNAME by its record (RFC 6840 §4.1)', () => {
    for (const types of ['NS RRSIG NSEC', 'NS DS RRSIG NSEC', 'DNAME RRSIG NSEC']) {
      const gap = `c.example. 60 NSEC d.example. ${types}\n`
      assert.equal(nxdomain('example', gap + wildcard, 'x.c.example'), 'unproven', types)
      assert.equal(nxdomain('example', gap + wildcard, 'ca.example'), 'proven', types)
    }
  })

  it('is not proven by what is outside of the zone', () => {
    const gap = 'b.example. 60 NSEC d.example. A RRSIG NSEC\n'
    assert.equal(nxdomain('a.example', gap + wildcard, 'c.example'), 'unproven')
    assert.equal(nxdomain('a.example', gap + wildcard, 'c.a.example'), 'unproven')
    assert.equal(
      nxdomain('example', `b.example. 60 NSEC test. A\n${wildcard}`, 'c.example'),
      'unproven',
    )
  })
})

describe('that a wildcard stands for a name with right, by NSEC (RFC 4035 §5.3.4)', () => {
  const gap = denialBy('example', 'b.w.example. 60 NSEC d.w.example. A RRSIG NSEC')
  const closer = (owner: string, wildcard: string): string =>
    denyCloser(gap, name(owner), name(wildcard), budget()).kind

  it('takes a gap at the name, whose closest encloser the wildcard is at', () => {
    assert.equal(closer('c.w.example', '*.w.example'), 'proven')
    assert.equal(closer('x.c.w.example', '*.w.example'), 'proven')
    assert.equal(closer('c.w.example', '*.example'), 'unproven')
    assert.equal(closer('x.b.w.example', '*.w.example'), 'unproven')
    assert.equal(closer('e.w.example', '*.w.example'), 'unproven')
  })
})

describe('denial by NSEC3 (RFC 5155 §8)', () => {
  const apex = recordAt('example', 'NS SOA RRSIG DNSKEY NSEC3PARAM')
  const proof = apex + around('x.example')

  it('proves a name away by its closest encloser, next closer name and wildcard (§8.4)', () => {
    const whole = proof + around('*.example')
    assert.equal(nxdomain('example', whole, 'x.example'), 'proven')
    assert.equal(nxdomain('example', whole, 'a.b.x.example'), 'proven')
    assert.equal(nxdomain('example', proof, 'x.example'), 'unproven')
    assert.equal(nxdomain('example', apex + around('*.example'), 'x.example'), 'unproven')
    assert.equal(
      nxdomain('example', around('x.example') + around('*.example'), 'x.example'),
      'unproven',
    )
    assert.equal(
      nxdomain('example', whole + recordAt('x.example', 'A RRSIG'), 'x.example'),
      'unproven',
    )
  })

  it('proves a type away by the record of the name (§8.5) or of the wildcard (§8.7)', () => {
    const own = recordAt('x.example', 'TXT RRSIG')
    assert.equal(nodata('example', own, 'x.example', A), 'proven')
    assert.equal(nodata('example', own, 'x.example', TXT), 'unproven')
    assert.equal(
      nodata('example', recordAt('x.example', 'CNAME RRSIG'), 'x.example', A),
      'unproven',
    )
    assert.equal(nodata('example', recordAt('x.example', ''), 'x.example', ANY), 'proven')
    const wildcard = recordAt('*.example', 'TXT RRSIG')
    assert.equal(nodata('example', proof + wildcard, 'x.example', A), 'proven')
    assert.equal(nodata('example', proof + wildcard, 'x.example', TXT), 'unproven')
    assert.equal(nodata('example', apex + wildcard, 'x.example', A), 'unproven')
    assert.equal(nodata('example', proof, 'x.example', A), 'unproven')
  })

  it('does not take the parent for the child, nor the child for the parent (RFC 6840 §4.1)', () => {
    const cut = recordAt('c.example', 'NS DS RRSIG')
    assert.equal(nodata('example', cut, 'c.example', A), 'unproven')
    assert.equal(nodata('example', recordAt('c.example', 'NS'), 'c.example', DS), 'proven')
    assert.equal(nodata('example', apex, 'example', DS), 'unproven')
    for (const types of ['NS', 'NS DS RRSIG', 'DNAME RRSIG']) {
      const below = recordAt('c.example', types) + around('x.c.example') + around('*.c.example')
      assert.equal(nxdomain('example', below, 'x.c.example'), 'unproven', types)
    }
  })

  it('proves that a wildcard stands for a name with right by the next closer name (§8.8)', () => {
    const closer = (text: string): string =>
      denyCloser(denialBy('example', text), name('a.x.example'), name('*.example'), budget()).kind
    assert.equal(closer(around('x.example')), 'proven')
    assert.equal(closer(around('x.example', { flags: 1 })), 'opt-out')
    assert.equal(closer(around('a.x.example')), 'unproven')
  })

  it('proves among signed names only where the next closer name is opted out (§6, §9.2)', () => {
    const gap = apex + around('x.example', { flags: 1 })
    assert.equal(nxdomain('example', gap + around('*.example'), 'x.example'), 'opt-out')
    assert.equal(
      nxdomain('example', proof + around('*.example', { flags: 1 }), 'x.example'),
      'proven',
    )
    assert.equal(nodata('example', gap, 'x.example', DS), 'opt-out')
    assert.equal(nodata('example', gap, 'x.example', A), 'opt-out')
    assert.equal(
      nodata('example', gap + recordAt('*.example', 'TXT RRSIG'), 'x.example', A),
      'opt-out',
    )
  })

  it('leaves out what cannot be read: algorithms, flags, owners, lengths (§8.1, §8.2)', () => {
    const own = recordAt('x.example', 'TXT RRSIG')
    const changes: [RegExp, string][] = [
      [/NSEC3 1/, 'NSEC3 2'],
      [/NSEC3 1 0/, 'NSEC3 1 2'],
      [/NSEC3 1 0/, 'NSEC3 1 129'],
      [/ - \S+ TXT/, ' - 00000000 TXT'],
      [/^\S/, 'w'],
      [/^\S{8}/, ''],
      [/example\./, 'a.example.'],
    ]
    for (const [pattern, text] of changes) {
      assert.equal(nodata('example', own.replace(pattern, text), 'x.example', A), 'unproven', text)
    }
    const wrapped = own.replace('example.', 'EXAMPLE.')
    assert.equal(nodata('example', wrapped, 'x.example', A), 'proven')
  })

  it('uses together only what was made with the same parameters (§8.2)', () => {
    const salted = { salt: 'abcd', iterations: 3 }
    const gaps = around('x.example', salted) + around('*.example', salted)
    assert.equal(nxdomain('example', apex + gaps, 'x.example'), 'unproven')
    const other = recordAt('example', 'NS SOA RRSIG', salted)
    assert.equal(nxdomain('example', apex + gaps + other, 'x.example'), 'proven')
    const longest = { salt: '5a'.repeat(255) }
    assert.equal(nodata('example', recordAt('x.example', '', longest), 'x.example', A), 'proven')
  })

  it('is what compact answers prove of names that do not exist (RFC 9824 §4)', () => {
    const compact = recordAt('q.example', 'RRSIG TYPE128')
    assert.equal(nodata('example', compact, 'q.example', A), 'proven')
    assert.equal(nxdomain('example', compact, 'q.example'), 'proven')
    assert.equal(nodata('example', compact, 'r.example', A), 'unproven')
    const { kind } = delegationOf(denialBy('example', compact), name('q.example'), budget())
    assert.equal(kind, 'no-name')
  })

  it('counts as not signed with more than 50 iterations (RFC 9276 §3.2)', () => {
    assert.equal(
      nodata('example', recordAt('x.example', '', { iterations: 50 }), 'x.example', A),
      'proven',
    )
    const denial = denialBy('example', recordAt('x.example', '', { iterations: 51 }))
    assert.deepEqual(denyType(denial, name('x.example'), A, budget()), {
      kind: 'insecure',
      fault: { code: 27, text: 'example. NSEC3: 51 iterations, more than 50' },
    })
    assert.equal(delegationOf(denial, name('x.example'), budget()).kind, 'insecure')
  })

  it('hashes no more than the budget allows (CVE-2023-50868)', () => {
    const deep = 'a.'.repeat(120)
    const text = around('example', { iterations: 50 })
    const little = new Budget({ ...DEFAULT_WORK, hashes: 510 })
    const denied = denyName(denialBy('example', text), name(`${deep}example`), little)
    assert.equal(denied.kind, 'unproven')
    assert.match(denied.kind === 'unproven' ? denied.fault.text : '', /too many names to hash$/)
    assert.equal(little.take('hashes'), false)
  })
})

describe('what is at a name without DS (RFC 4035 §5.2, RFC 5155 §8.9)', () => {
  const cut = (text: string, owner = 'c.example'): string =>
    delegationOf(denialBy('example', text), name(owner), budget()).kind

  it('is told apart by NSEC', () => {
    assert.equal(cut('c.example. 60 NSEC d.example. NS RRSIG NSEC'), 'insecure')
    assert.equal(cut('c.example. 60 NSEC d.example. A RRSIG NSEC'), 'no-cut')
    assert.equal(cut('b.example. 60 NSEC x.c.example. A RRSIG NSEC'), 'no-cut')
    assert.equal(cut('b.example. 60 NSEC d.example. A RRSIG NSEC'), 'no-name')
    assert.equal(cut('c.example. 60 NSEC \\000.c.example. RRSIG NSEC TYPE128'), 'no-name')
    assert.equal(cut('c.example. 60 NSEC d.example. NS DS RRSIG NSEC'), 'unproven')
    assert.equal(cut('c.example. 60 NSEC d.example. NS SOA RRSIG NSEC'), 'unproven')
    assert.equal(cut('*.example. 60 NSEC a.example. NS RRSIG NSEC'), 'unproven')
    assert.equal(cut('example. 60 NSEC a.example. NS RRSIG NSEC', 'example'), 'unproven')
  })

  it('is told apart by NSEC3', () => {
    const apex = recordAt('example', 'NS SOA RRSIG DNSKEY')
    assert.equal(cut(recordAt('c.example', 'NS')), 'insecure')
    assert.equal(cut(recordAt('c.example', 'A RRSIG')), 'no-cut')
    assert.equal(cut(recordAt('c.example', '')), 'no-cut')
    assert.equal(cut(apex + around('c.example')), 'no-name')
    assert.equal(cut(apex + around('c.example', { flags: 1 })), 'opt-out')
    assert.equal(cut(recordAt('c.example', 'NS DS RRSIG')), 'unproven')
    assert.equal(cut(recordAt('c.example', 'NS SOA RRSIG')), 'unproven')
    assert.equal(cut(around('c.example')), 'unproven')
  })
})

describe('hashed names', () => {
  it('are those of RFC 5155 appendix A', () => {
    const salt = Buffer.from('aabbccdd', 'hex')
    const text = formatBase32Hex(
      Buffer.from(hashName(name('*.w.example'), { iterations: 12, salt }), 'latin1'),
    )
    assert.equal(text, 'R53BQ7CC2UVMUBFU5OCMM6PERS9TK9EN')
    const owner = name(`${text}.example`)
    assert.equal(hashOfOwner(owner), hashName(name('*.w.example'), { iterations: 12, salt }))
  })

  it('are read from 32 digits of Base32hex only', () => {
    assert.equal(hashOfOwner(name(`${'v'.repeat(32)}.example`)), '\xff'.repeat(20))
    assert.equal(hashOfOwner(name(`${'w'.repeat(32)}.example`)), null)
    assert.equal(hashOfOwner(name(`${'0'.repeat(31)}.example`)), null)
  })
})

describe('why nothing is proven', () => {
  it('names the name, the type and what is missing', () => {
    const zone = signZone('example. 60 SOA a b 1 1 1 1 60\nexample. 60 NS a.example.', NSEC3)
    const denied = denyType(denialOf(zone.apex, []), name('www.example'), TXT, budget())
    const text = 'www.example. TXT: no NSEC covers www.example.'
    assert.deepEqual(denied, { kind: 'unproven', fault: { code: 12, text } })
  })
})
