// Counts, bounds and names of records (RFC 1035 §3.1, §4.1.3, §4.1.4).

import {
  answersAt,
  ASKED,
  hex,
  message,
  name,
  opt,
  pointer,
  record,
  RIGHT_ADDRESS,
} from '../forge.ts'
import { forges, type Misbehaviour, sends } from '../misbehaviour.ts'

const answers = [record()]
const SECTIONS = ['answer', 'authority', 'additional'] as const

function counts(section: number, count: number): [number?, number?, number?, number?] {
  const all: [number?, number?, number?, number?] = [1, 0, 0, 0]
  all[section + 1] = count
  return all
}

const inSection = (section: number, records: readonly Uint8Array[]): object => {
  if (section === 0) return { answers: records }
  return section === 1 ? { authorities: records } : { additionals: records }
}

const countFaults: readonly Misbehaviour[] = SECTIONS.flatMap((what, section) => [
  ...[2, 3, 255, 256, 4_000, 65_535].map((count) =>
    forges(`counts ${count} records in the ${what} section and has one`, {
      ...inSection(section, answers),
      counts: counts(section, count),
    }),
  ),
  forges(`counts none in the ${what} section and has one`, {
    ...inSection(section, answers),
    counts: counts(section, 0),
  }),
  forges(`counts one in the ${what} section and has none`, { counts: counts(section, 1) }),
])

const boundFaults: readonly Misbehaviour[] = [
  ...SECTIONS.flatMap((what, section) => [
    ...[3, 5, 6, 255, 65_535].map((length) =>
      forges(`says ${length} octets of RDATA for an address in the ${what} section`, {
        ...inSection(section, [record({ length })]),
      }),
    ),
    forges(`says no octets of RDATA and has four in the ${what} section`, {
      ...inSection(section, [record({ length: 0 })]),
    }),
  ]),
  ...[1, 2, 4, 5, 8, 12, 14, 15].map((left) =>
    sends(`cuts its answer ${left} octets short`, (query) =>
      message(query, { answers }).subarray(0, -left),
    ),
  ),
  ...[1, 2, 11, 12, 600].map((more) =>
    forges(`adds ${more} octets of nothing`, { answers, tail: Buffer.alloc(more) }),
  ),
  forges('adds a second message in the same frame', (query) => ({
    answers,
    tail: message(query, { answers }),
  })),
  sends('sends 12 octets of zero behind the ID', (query) => {
    const zero = Buffer.alloc(14)
    zero.writeUInt16BE(query.id)
    return zero
  }),
]

/** Owner names, as octets or made for the offset at which they stand. */
const OWNERS: Readonly<Record<string, Uint8Array | ((at: number) => Uint8Array)>> = {
  'points to itself': (at) => pointer(at),
  'points one octet on': (at) => pointer(at + 1),
  'points forwards': (at) => pointer(at + 12),
  'points far beyond the end': pointer(0x3fff),
  'points to the end': (at) => pointer(at + 16),
  'points into the header': pointer(4),
  'points to the first octet': pointer(0),
  'points to the last octet of the header': pointer(11),
  'points to a pointer to itself': (at) => Buffer.concat([Buffer.of(1, 0x61), pointer(at)]),
  'is a label and then a loop': (at) =>
    Buffer.concat([Buffer.of(3, 0x61, 0x62, 0x63), pointer(at)]),
  'is half a pointer': Buffer.of(0xc0),
  'ends in half a pointer': Buffer.of(1, 0x61, 0xc0),
  ...Object.fromEntries(
    [0x40, 0x41, 0x7f, 0x80, 0xbf].map((octet) => [
      `has a label of the reserved kind ${octet.toString(16)}`,
      Buffer.concat([Buffer.of(octet), Buffer.alloc(octet & 0x3f, 0x61), Buffer.of(0)]),
    ]),
  ),
  ...Object.fromEntries(
    [64, 65, 100, 191].map((length) => [
      `has a label of ${length} octets`,
      Buffer.concat([Buffer.of(length), Buffer.alloc(length, 0x61), Buffer.of(0)]),
    ]),
  ),
  'is 256 octets long': Buffer.concat([
    ...Array.from({ length: 3 }, () => long(63)),
    long(62),
    Buffer.of(0),
  ]),
  'is 300 octets long': Buffer.concat([
    ...Array.from({ length: 5 }, () => long(58)),
    Buffer.alloc(1),
  ]),
  'is 255 octets and then a pointer': Buffer.concat([
    ...Array.from({ length: 3 }, () => long(63)),
    long(61),
    ASKED,
  ]),
  'has 128 labels': Buffer.concat([Buffer.alloc(256, hex('0161')), Buffer.of(0)]),
  'runs over the end': Buffer.of(63, 0x61),
  'is another name': name('www.example.com'),
  'is the parent': name('example.org'),
  'is the root': Buffer.of(0),
  'is below the name asked for': Buffer.concat([Buffer.of(1, 0x61), ASKED]),
}

function long(length: number): Buffer {
  return Buffer.concat([Buffer.of(length), Buffer.alloc(length, 0x61)])
}

const nameFaults: readonly Misbehaviour[] = Object.entries(OWNERS).map(([what, owner]) =>
  forges(`sends a record whose name ${what}`, (query) => ({
    answers: [record({ owner: typeof owner === 'function' ? owner(answersAt(query)) : owner })],
  })),
)

const MALFORMED_OWNERS = [
  'points to itself',
  'points forwards',
  'points into the header',
  'has a label of 64 octets',
  'is 256 octets long',
  'runs over the end',
]

const elsewhere: readonly Misbehaviour[] = ['authority', 'additional'].flatMap((what, section) =>
  MALFORMED_OWNERS.map((fault) =>
    forges(`sends a record in the ${what} section whose name ${fault}`, (query) => {
      const good = record({ rdata: RIGHT_ADDRESS })
      const at = answersAt(query) + good.length
      const owner = OWNERS[fault]!
      const bad = record({ owner: typeof owner === 'function' ? owner(at) : owner })
      return { answers: [good], ...inSection(section + 1, [bad]) }
    }),
  ),
)

/** Each record's name points to the one before: steps that grow with the square. */
function pointerChain(at: number, length: number): Buffer[] {
  return Array.from({ length }, (_, i) =>
    record({
      owner: i === 0 ? ASKED : Buffer.concat([Buffer.of(1, 0x61), pointer(at + (i - 1) * 18)]),
      type: 65_280,
    }),
  )
}

const chains: readonly Misbehaviour[] = [
  forges('chains pointers through 900 records', (query) => ({
    additionals: pointerChain(answersAt(query), 900),
    answers: [],
  })),
  forges('chains 200 pointers inside RDATA', (query) => {
    const at = answersAt(query) + 12
    const links = Array.from({ length: 200 }, (_, i) => pointer(i === 0 ? 12 : at + 2 * (i - 1)))
    return {
      answers: [
        record({ type: 65_280, rdata: Buffer.concat(links) }),
        record({ owner: pointer(at + 398) }),
      ],
    }
  }),
  forges('points from one record’s name into another’s RDATA', (query) => ({
    answers: [
      record({ type: 65_280, rdata: Buffer.concat([Buffer.of(0xff, 0xff), name('a.b')]) }),
      record({ owner: pointer(answersAt(query) + 12) }),
    ],
  })),
  forges('sends OPT last with its length one too many', {
    answers,
    additionals: [opt({ length: 1 })],
  }),
]

export const sections = [...countFaults, ...boundFaults, ...nameFaults, ...elsewhere, ...chains]
