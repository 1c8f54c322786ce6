// Well-formed answers that say too much, too little or the wrong thing: data for other names,
// CNAMEs that lead nowhere, odd times to live, sheer size.

import assert from 'node:assert/strict'
import type { ServedQuery } from '../../support/dot-server.ts'
import type { Answer } from '../../support/messages.ts'
import {
  answersAt,
  hex,
  message,
  name,
  opt,
  pointer,
  record,
  RIGHT_ADDRESS,
  rightAnswer,
} from '../forge.ts'
import { forges, type Misbehaviour, sends } from '../misbehaviour.ts'
import { withoutRecords, withRecords, wholeOrCut } from '../outcomes.ts'

const honest = record({ rdata: RIGHT_ADDRESS })
/** A name that another client asks for at the same time, and again later. */
const OTHER = name('other.example.org')

const noData = withoutRecords(0, 2)

const elsewhere: readonly Misbehaviour[] = [
  forges('answers with an address of another name', { answers: [record({ owner: OTHER })] }),
  forges('adds an address of another name before the answer', {
    answers: [record({ owner: OTHER }), honest],
  }),
  forges('adds an address of another name behind the answer', {
    answers: [honest, record({ owner: OTHER })],
  }),
  forges('adds an address of the parent', {
    answers: [honest, record({ owner: name('example.org') })],
  }),
  forges('adds an address of the root', { answers: [honest, record({ owner: hex('00') })] }),
  forges('adds a CNAME of another name', {
    answers: [honest, record({ owner: OTHER, type: 5, rdata: name('bad.example.com') })],
  }),
  forges('answers with the name servers of the root', {
    answers: [record({ owner: hex('00'), type: 2, rdata: name('bad.example.com') })],
  }),
  // What stands beside the answer is kept with it, for its question alone.
  forges(
    'puts an address of another name into the additional section',
    {
      answers: [honest],
      additionals: [record({ owner: OTHER }), opt()],
    },
    { alone: 'right' },
  ),
  forges(
    'puts an address of another name into the authority section',
    {
      answers: [honest],
      authorities: [record({ owner: OTHER })],
    },
    { alone: 'right' },
  ),
  forges(
    'delegates the whole zone to itself',
    {
      answers: [honest],
      authorities: [
        record({ owner: name('example.org'), type: 2, rdata: name('ns.bad.example.com') }),
      ],
      additionals: [record({ owner: name('ns.bad.example.com') })],
    },
    { alone: 'right' },
  ),
  forges(
    'delegates the root to itself',
    {
      answers: [honest],
      authorities: [record({ owner: hex('00'), type: 2, rdata: OTHER })],
      additionals: [record({ owner: OTHER })],
    },
    { alone: 'right' },
  ),
  forges(
    'denies the parent in the authority section',
    {
      answers: [honest],
      authorities: [
        record({ owner: name('org'), type: 6, rdata: hex(`00 00 ${'00000001'.repeat(5)}`) }),
      ],
    },
    { alone: 'right' },
  ),
]

const alias = (target: Uint8Array, owner?: Uint8Array): Buffer =>
  record({ type: 5, rdata: target, ...(owner && { owner }) })

const chains: readonly Misbehaviour[] = [
  forges('answers with a CNAME to itself', { answers: [alias(hex('c00c'))] }),
  forges('answers with a CNAME to itself in full', ({ question }) => ({
    answers: [alias(question.subarray(0, -4))],
  })),
  forges('answers with two CNAMEs that lead to each other', {
    answers: [alias(name('a.example.org')), alias(hex('c00c'), name('a.example.org'))],
  }),
  forges('answers with CNAMEs in a ring of three', {
    answers: [
      alias(name('a.example.org')),
      alias(name('b.example.org'), name('a.example.org')),
      alias(name('a.example.org'), name('b.example.org')),
    ],
  }),
  forges('answers with a ring and an address in it', {
    answers: [alias(name('a.example.org')), alias(hex('c00c'), name('a.example.org')), record()],
  }),
  forges('answers with a chain of 100 CNAMEs', {
    answers: [
      alias(name('c0.example.org')),
      ...Array.from({ length: 100 }, (_, i) =>
        alias(name(`c${i + 1}.example.org`), name(`c${i}.example.org`)),
      ),
    ],
  }),
  forges('breaks a chain of CNAMEs', {
    answers: [alias(name('a.example.org')), record({ owner: name('b.example.org') })],
  }),
  forges(
    'answers with a chain turned round',
    {
      answers: [
        record({ owner: name('b.example.org'), rdata: RIGHT_ADDRESS }),
        alias(name('b.example.org'), name('a.example.org')),
        alias(name('a.example.org')),
      ],
    },
    { alone: 'right' },
  ),
  forges(
    'answers with a chain of twelve',
    {
      answers: [
        alias(name('c0.example.org')),
        ...Array.from({ length: 11 }, (_, i) =>
          alias(name(`c${i + 1}.example.org`), name(`c${i}.example.org`)),
        ),
        record({ owner: name('c11.example.org'), rdata: RIGHT_ADDRESS }),
      ],
    },
    { alone: 'right' },
  ),
  forges(
    'answers with a CNAME alone',
    { answers: [alias(name('a.example.org'))] },
    {
      alone: withRecords(1, 5),
      beside: withRecords(1, 5),
    },
  ),
  forges('answers with a DNAME of another branch', {
    answers: [record({ owner: name('example.com'), type: 39, rdata: name('example.net') }), honest],
  }),
  forges(
    'answers with a DNAME above and what follows from it',
    ({ label }) => ({
      answers: [
        record({ owner: name('example.org'), type: 39, rdata: name('example.com') }),
        alias(name(`${label}.example.com`)),
        record({ owner: name(`${label}.example.com`), rdata: RIGHT_ADDRESS }),
      ],
    }),
    { alone: 'right' },
  ),
  forges(
    'answers with a DNAME alone',
    {
      answers: [record({ owner: name('example.org'), type: 39, rdata: name('example.com') })],
    },
    { alone: withRecords(1, 39), beside: withRecords(1, 39) },
  ),
]

function ttlOf(low: number, high: number): (answer: Answer) => void {
  return ({ rcode, records }) => {
    assert.equal(rcode, 0)
    for (const { ttl } of records) assert.ok(ttl >= low && ttl <= high, `TTL ${ttl}`)
  }
}

const times: readonly Misbehaviour[] = [
  ...[0, 0x8000_0000, 0x8000_0001, 0xffff_ffff].map((ttl) =>
    forges(
      `says a TTL of ${ttl}`,
      { answers: [record({ rdata: RIGHT_ADDRESS, ttl })] },
      {
        alone: ttlOf(0, 0),
        beside: ttlOf(0, 0),
      },
    ),
  ),
  forges(
    'says a TTL of 2^31 - 1',
    { answers: [record({ rdata: RIGHT_ADDRESS, ttl: 0x7fff_ffff })] },
    {
      alone: ttlOf(1, 604_800),
      beside: ttlOf(1, 604_800),
    },
  ),
  forges(
    'says other TTLs within an RRset',
    {
      answers: [
        record({ rdata: RIGHT_ADDRESS, ttl: 5 }),
        record({ rdata: RIGHT_ADDRESS, ttl: 500 }),
      ],
    },
    { alone: 'right' },
  ),
]

const nothing: readonly Misbehaviour[] = [
  forges('answers with nothing at all', {}, { alone: noData, beside: noData }),
  forges(
    'denies the name without a SOA',
    { flags: 0x8183 },
    { alone: withoutRecords(3), beside: withoutRecords(3) },
  ),
  forges(
    'denies the name and gives an address',
    { flags: 0x8183, answers: [honest] },
    {
      alone: ({ rcode }) => assert.equal(rcode, 3),
      beside: ({ rcode }) => assert.equal(rcode, 3),
    },
  ),
  forges(
    'fails and gives an address',
    { flags: 0x8182, answers: [record()] },
    {
      alone: ({ rcode }) => assert.equal(rcode, 2),
    },
  ),
  forges(
    'refuses and gives an address',
    { flags: 0x8185, answers: [record()] },
    {
      alone: ({ rcode }) => assert.equal(rcode, 5),
    },
  ),
  forges(
    'refers to other servers',
    {
      authorities: [record({ owner: name('example.org'), type: 2, rdata: name('ns.example.org') })],
    },
    { alone: withRecords(1, 2), beside: withRecords(1, 2) },
  ),
]

const repeated = (count: number): Buffer[] => Array.from({ length: count }, () => honest)

/** Unknown RDATA that makes a message 65,500 octets long: with OPT it fits. */
function full(query: ServedQuery): Buffer {
  const length = 65_500 - answersAt(query) - 12
  return record({ type: 65_280, rdata: Buffer.alloc(length, 0x61) })
}

const sizes: readonly Misbehaviour[] = [
  forges(
    'repeats one address 50 times',
    { answers: repeated(50) },
    { alone: wholeOrCut(50, 1), beside: wholeOrCut(50, 1) },
  ),
  forges(
    'sends 4,000 addresses',
    { answers: repeated(4_000) },
    { alone: wholeOrCut(4_000, 1), beside: wholeOrCut(4_000, 1) },
  ),
  forges('sends 65,500 octets', (query) => ({ answers: [full(query)] }), {
    type: 65_280,
    alone: wholeOrCut(1, 65_280),
    beside: wholeOrCut(1, 65_280),
  }),
  forges('sends 4,000 records and counts 65,535', {
    answers: repeated(4_000),
    counts: [1, 65_535],
  }),
  forges(
    'sends 5,900 records of the root without RDATA',
    {
      additionals: Array.from({ length: 5_900 }, () =>
        record({ owner: hex('00'), type: 65_280, rdata: Buffer.alloc(0) }),
      ),
      answers: [honest],
    },
    { alone: 'right' },
  ),
  forges(
    'sends 2,000 names of many labels, each a chain of pointers',
    (query) => {
      const at = answersAt(query)
      const first = record({ owner: name('a.'.repeat(120)), type: 65_280, rdata: Buffer.alloc(0) })
      return {
        answers: [],
        additionals: [
          first,
          ...Array.from({ length: 2_000 }, () =>
            record({ owner: pointer(at), type: 65_280, rdata: Buffer.alloc(0) }),
          ),
        ],
      }
    },
    { alone: ({ rcode }) => assert.equal(rcode, 0), beside: ({ rcode }) => assert.equal(rcode, 0) },
  ),
  forges('sends 3,000 CNAMEs that nothing leads to', {
    answers: [
      honest,
      ...Array.from({ length: 3_000 }, (_, i) => alias(hex('c00c'), name(`x${i}`))),
    ],
  }),
]

const compression: readonly Misbehaviour[] = [
  forges(
    'grows when its names are written out',
    {
      answers: [honest],
      additionals: Array.from({ length: 400 }, () =>
        record({ type: 33, rdata: hex('000100020003 c00c') }),
      ),
    },
    { alone: 'either' },
  ),
  sends(
    'writes its answer without compression',
    (query) =>
      message(query, {
        answers: [record({ owner: query.question.subarray(0, -4), rdata: RIGHT_ADDRESS })],
      }),
    { alone: 'right' },
  ),
  sends('is right', rightAnswer, { alone: 'right' }),
]

export const data = [...elsewhere, ...chains, ...times, ...nothing, ...sizes, ...compression]
