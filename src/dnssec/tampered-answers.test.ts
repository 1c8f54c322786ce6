// Answers of the small signed world, and the questions that their chains ask, each changed in one way.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { RecordType, type TypeName } from '../wire/record-type.ts'
import { formatType } from '../wire/text/type-text.ts'
import { ChainWorld, START } from './chain/testing.ts'
import { nameText } from './name.ts'
import type { Rrset, SignedMessage } from './rrset.ts'
import { Security } from './verdict.ts'

function answerOf(world: ChainWorld, owner: string, type: TypeName): SignedMessage {
  return world.answer(`${owner} ${RecordType[type]}`)
}

/** An answer, what is done to it, and what comes out. */
interface Tampering {
  readonly title: string
  readonly question: readonly [string, TypeName]
  readonly tamper: (message: SignedMessage, world: ChainWorld) => SignedMessage
  readonly code: number
  readonly now?: number
  readonly text?: RegExp
}

function section(
  message: SignedMessage,
  which: 'answer' | 'authority',
  type: TypeName,
  change: (set: Rrset) => Rrset | null,
): SignedMessage {
  const sets = message[which].flatMap((set) =>
    set.type === RecordType[type] ? (change(set) ?? []) : set,
  )
  return { ...message, [which]: sets }
}

/** The second octet: of a name, the first letter. */
function flip(octets: Uint8Array): Uint8Array {
  const changed = new Uint8Array(octets)
  changed[1]! ^= 1
  return changed
}

const unsigned = (set: Rrset): Rrset => ({ ...set, signatures: [] })
const altered = (set: Rrset): Rrset => ({ ...set, records: set.records.map(flip) })
const badly = (set: Rrset): Rrset => ({
  ...set,
  signatures: set.signatures.map((one) => ({ ...one, signature: flip(one.signature) })),
})
const changed =
  (change: Partial<Rrset['signatures'][number]>) =>
  (set: Rrset): Rrset => ({
    ...set,
    signatures: set.signatures.map((one) => ({ ...one, ...change })),
  })

const WWW = ['www.example.', 'A'] as const
const ALIAS = ['www.org.', 'A'] as const
const WILD = ['any.w.example.', 'A'] as const
const NO_NAME = ['nowhere.example.', 'A'] as const
const NO_DATA = ['www.example.', 'TXT'] as const

const tamperings: readonly Tampering[] = [
  {
    title: 'no signature',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', unsigned),
    code: 10,
  },
  {
    title: 'other data',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', altered),
    code: 6,
  },
  {
    title: 'another signature',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', badly),
    code: 6,
  },
  {
    title: 'a signature that is over',
    question: WWW,
    tamper: (m) =>
      section(m, 'answer', 'A', changed({ expiration: START - 2_000, inception: START - 9_000 })),
    code: 7,
    text: /^www\.example\. A: signature by example\. key \d+ \(ED25519\) expired/,
  },
  {
    title: 'a signature to come',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', changed({ inception: START + 9_000 })),
    code: 8,
  },
  {
    title: 'a signature of a key that is not there',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', changed({ keyTag: 1 })),
    code: 9,
  },
  {
    title: 'a signature of an unknown algorithm',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', changed({ algorithm: 200 })),
    code: 10,
  },
  {
    title: 'a signer that is not above the owner',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', changed({ signer: m.name.replace('www', 'xyz') })),
    code: 10,
  },
  {
    title: 'the owner for a signer',
    question: WWW,
    tamper: (m) => section(m, 'answer', 'A', changed({ signer: m.name })),
    code: 10,
  },
  {
    title: 'an alias without signature',
    question: ALIAS,
    tamper: (m) => section(m, 'answer', 'CNAME', unsigned),
    code: 10,
  },
  {
    title: 'an alias to elsewhere',
    question: ALIAS,
    tamper: (m) => section(m, 'answer', 'CNAME', altered),
    code: 6,
  },
  {
    title: 'an alias’s target without signature',
    question: ALIAS,
    tamper: (m) => section(m, 'answer', 'A', unsigned),
    code: 10,
  },
  {
    title: 'an alias’s target left out',
    question: ALIAS,
    tamper: (m) => section(m, 'answer', 'A', () => null),
    code: 12,
  },
  {
    title: 'a wildcard without its proof',
    question: WILD,
    tamper: (m) => ({ ...m, authority: [] }),
    code: 12,
  },
  {
    title: 'a wildcard’s proof without signature',
    question: WILD,
    tamper: (m) => section(m, 'authority', 'NSEC', unsigned),
    code: 12,
  },
  {
    title: 'a wildcard’s proof altered',
    question: WILD,
    tamper: (m) => section(m, 'authority', 'NSEC', badly),
    code: 6,
  },
  {
    title: 'NXDOMAIN without proof',
    question: NO_NAME,
    tamper: (m) => ({ ...m, authority: [] }),
    code: 12,
  },
  {
    title: 'NXDOMAIN with unsigned proof',
    question: NO_NAME,
    tamper: (m) => section(m, 'authority', 'NSEC', unsigned),
    code: 10,
  },
  {
    title: 'NXDOMAIN with altered proof',
    question: NO_NAME,
    tamper: (m) => section(m, 'authority', 'NSEC', altered),
    code: 6,
  },
  {
    title: 'NXDOMAIN with an unsigned SOA',
    question: NO_NAME,
    tamper: (m) => section(m, 'authority', 'SOA', unsigned),
    code: 10,
  },
  {
    title: 'NXDOMAIN with another SOA',
    question: NO_NAME,
    tamper: (m) => section(m, 'authority', 'SOA', altered),
    code: 6,
  },
  {
    title: 'NODATA for NXDOMAIN',
    question: NO_NAME,
    tamper: (m) => ({ ...m, rcode: 0 }),
    code: 12,
  },
  {
    title: 'NODATA without proof',
    question: NO_DATA,
    tamper: (m) => ({ ...m, authority: [] }),
    code: 12,
  },
  {
    title: 'NODATA with altered proof',
    question: NO_DATA,
    tamper: (m) => section(m, 'authority', 'NSEC', badly),
    code: 6,
  },
  {
    title: 'NXDOMAIN for NODATA',
    question: NO_DATA,
    tamper: (m) => ({ ...m, rcode: 3 }),
    code: 12,
  },
  {
    title: 'NODATA for data',
    question: WWW,
    tamper: (m, w) => ({ ...m, answer: [], authority: answerOf(w, ...NO_NAME).authority }),
    code: 12,
  },
  { title: 'NXDOMAIN beside data', question: WWW, tamper: (m) => ({ ...m, rcode: 3 }), code: 6 },
  { title: 'YXDOMAIN beside data', question: WWW, tamper: (m) => ({ ...m, rcode: 6 }), code: 6 },
  {
    title: 'one set of ANY without signature',
    question: ['www.example.', 'ANY'],
    tamper: (m) => section(m, 'answer', 'NSEC', unsigned),
    code: 10,
  },
  {
    title: 'ANY without all its sets',
    question: ['www.example.', 'ANY'],
    tamper: (m, w) => ({ ...m, answer: [], authority: answerOf(w, ...NO_DATA).authority }),
    code: 12,
  },
  {
    title: 'a set that nobody asked for, unsigned',
    question: WWW,
    tamper: (m) => ({
      ...m,
      answer: [...m.answer, { ...unsigned(m.answer[0]!), type: RecordType.TXT }],
    }),
    code: 10,
  },
  {
    title: 'DS signed by the child',
    question: ['sub.example.', 'DS'],
    tamper: (m) => section(m, 'answer', 'DS', changed({ signer: m.name })),
    code: 10,
  },
  {
    title: 'DS altered',
    question: ['sub.example.', 'DS'],
    tamper: (m) => section(m, 'answer', 'DS', altered),
    code: 6,
  },
  {
    title: 'DS denied by the child',
    question: ['sub.example.', 'DS'],
    tamper: (m, w) => ({
      ...m,
      answer: [],
      authority: answerOf(w, 'sub.example.', 'TXT').authority,
    }),
    code: 12,
  },
  {
    title: 'DNSKEY without signature',
    question: ['example.', 'DNSKEY'],
    tamper: (m) => section(m, 'answer', 'DNSKEY', unsigned),
    code: 10,
  },
  {
    title: 'DNSKEY altered',
    question: ['example.', 'DNSKEY'],
    tamper: (m) => section(m, 'answer', 'DNSKEY', altered),
    code: 6,
  },
  {
    title: 'the parent’s denial for a child’s name',
    question: ['www.sub.example.', 'A'],
    tamper: (m, w) => ({
      ...m,
      rcode: 3,
      answer: [],
      authority: answerOf(w, ...NO_NAME).authority,
    }),
    code: 12,
  },
  { title: 'all after its time', question: WWW, tamper: (m) => m, code: 7, now: START + 900_000 },
  { title: 'all before its time', question: WWW, tamper: (m) => m, code: 8, now: START - 86_400 },
  {
    title: 'a referral',
    question: WWW,
    tamper: (m) => ({
      ...m,
      answer: [],
      authority: [{ ...unsigned(m.answer[0]!), type: RecordType.NS }],
    }),
    code: 12,
  },
  {
    title: 'nothing at all',
    question: WWW,
    tamper: (m) => ({ ...m, answer: [], authority: [] }),
    code: 12,
  },
]

describe('a tampered answer is bogus', () => {
  for (const { title, question, tamper, code, now = START, text = /./ } of tamperings) {
    it(`${title}: EDE ${code}`, async () => {
      const world = new ChainWorld()
      world.now = now
      const verdict = await world.validator.validate(tamper(answerOf(world, ...question), world))
      assert.equal(verdict.security, Security.Bogus)
      assert.equal(verdict.fault!.code, code, verdict.fault!.text)
      assert.match(verdict.fault!.text, text)
      assert.equal(verdict.ttls, null)
    })
  }
})

describe('a tampered chain is bogus', () => {
  const chains: readonly [string, string, (m: SignedMessage) => SignedMessage, number][] = [
    ['DS left out', 'sub.example. DS', (m) => ({ ...m, answer: [] }), 12],
    ['DS unsigned', 'sub.example. DS', (m) => section(m, 'answer', 'DS', unsigned), 10],
    ['DS of another key', 'sub.example. DS', (m) => section(m, 'answer', 'DS', altered), 6],
    ['DS refused', 'sub.example. DS', (m) => ({ ...m, rcode: 5, answer: [] }), 5],
    ['DNSKEY left out', 'sub.example. DNSKEY', (m) => ({ ...m, answer: [] }), 9],
    ['DNSKEY altered', 'sub.example. DNSKEY', (m) => section(m, 'answer', 'DNSKEY', altered), 9],
    ['DNSKEY unsigned', 'sub.example. DNSKEY', (m) => section(m, 'answer', 'DNSKEY', unsigned), 10],
    ['DNSKEY badly signed', 'sub.example. DNSKEY', (m) => section(m, 'answer', 'DNSKEY', badly), 6],
    ['the anchor’s keys altered', '. DNSKEY', (m) => section(m, 'answer', 'DNSKEY', altered), 9],
  ]
  for (const [title, asked, tamper, code] of chains) {
    it(`${title}: EDE ${code}`, async () => {
      const world = new ChainWorld()
      const [owner, type] = asked.split(' ') as [string, TypeName]
      const message = tamper(answerOf(world, owner, type))
      assert.equal(asked, `${nameText(message.name)} ${formatType(message.type)}`)
      world.tamper = (question) => (question === asked ? { message, upstream: 'first' } : null)
      const verdict = await world.validator.validate(answerOf(world, 'www.sub.example.', 'A'))
      assert.equal(verdict.security, Security.Bogus)
      assert.equal(verdict.fault!.code, code, verdict.fault!.text)
    })
  }
})
