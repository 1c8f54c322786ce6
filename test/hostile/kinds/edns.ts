// EDNS (RFC 6891) and its options: keepalive (RFC 7828), padding (RFC 7830), cookies (RFC 7873),
// extended errors (RFC 8914).

import assert from 'node:assert/strict'
import type { Answer } from '../../support/messages.ts'
import { hex, name, opt, option, type OptParts, record, RIGHT_ADDRESS } from '../forge.ts'
import { forges, type Misbehaviour } from '../misbehaviour.ts'

const answers = [record()]
const honest = [record({ rdata: RIGHT_ADDRESS })]

/** A right answer with an odd OPT record, which is between the server and us alone. */
const harmless = (what: string, parts: OptParts): Misbehaviour =>
  forges(what, { answers: honest, additionals: [opt(parts)] }, { alone: 'right' })

const malformed = (what: string, parts: OptParts): Misbehaviour =>
  forges(what, { answers, additionals: [opt(parts)] })

const placement: readonly Misbehaviour[] = [
  forges('sends two OPT records', { answers, additionals: [opt(), opt()] }),
  forges('sends nine OPT records', {
    answers,
    additionals: Array.from({ length: 9 }, () => opt()),
  }),
  forges('sends OPT in the answer section', { answers: [...answers, opt()] }),
  forges('sends OPT alone in the answer section', { answers: [opt()] }),
  forges('sends OPT in the authority section', { answers, authorities: [opt()] }),
  forges('sends OPT in the authority and the additional section', {
    answers,
    authorities: [opt()],
    additionals: [opt()],
  }),
  malformed('sends OPT below the name asked for', { owner: hex('c00c') }),
  malformed('sends OPT below a name', { owner: name('example.org') }),
  malformed('sends OPT below a name that points to the root', { owner: hex('c021') }),
  malformed('says that OPT is longer than it is', { length: 8 }),
  malformed('says that OPT has 65,535 octets', { length: 65_535 }),
  malformed('says that OPT is shorter than it is', {
    options: option(12, Buffer.alloc(8)),
    length: 4,
  }),
]

const options: readonly Misbehaviour[] = [
  malformed('sends an option that runs over', { options: option(12, Buffer.alloc(4), 5) }),
  malformed('sends an option of 65,535 octets that is not there', {
    options: option(12, Buffer.alloc(4), 0xffff),
  }),
  malformed('sends half an option’s header', { options: hex('000c00') }),
  malformed('sends one octet of an option', { options: hex('00') }),
  malformed('sends octets behind the last option', {
    options: Buffer.concat([option(12, Buffer.alloc(4)), hex('0000')]),
  }),
  malformed('sends a second option that runs over', {
    options: Buffer.concat([option(15, hex('0000')), option(15, hex('0000'), 99)]),
  }),
  ...[0, 300, 65_535].map((time) =>
    harmless(`sends keepalive of ${time}`, {
      options: option(11, Buffer.of(time >> 8, time & 255)),
    }),
  ),
  harmless('sends keepalive of one octet', { options: option(11, hex('01')) }),
  harmless('sends keepalive without a time', { options: option(11, Buffer.alloc(0)) }),
  harmless('sends keepalive of four octets', { options: option(11, hex('00000001')) }),
  harmless('sends keepalive twice, of two times', {
    options: Buffer.concat([option(11, hex('0001')), option(11, hex('ffff'))]),
  }),
  harmless('sends padding of 60,000 octets', { options: option(12, Buffer.alloc(60_000)) }),
  harmless('sends padding that is not zero', { options: option(12, Buffer.alloc(300, 0xa5)) }),
  harmless('sends padding a thousand times', {
    options: Buffer.concat(Array.from({ length: 1_000 }, () => option(12, Buffer.alloc(3)))),
  }),
  harmless('sends 16,000 empty options', {
    options: Buffer.concat(Array.from({ length: 16_000 }, () => option(65_001, Buffer.alloc(0)))),
  }),
  harmless('sends a cookie of 3 octets', { options: option(10, hex('010203')) }),
  harmless('sends a cookie unasked', { options: option(10, Buffer.alloc(24, 7)) }),
  harmless('sends a client subnet of another family', {
    options: option(8, hex('ffff2000c0000201')),
  }),
  harmless('sends a client subnet that runs over', { options: option(8, hex('0001ff00')) }),
  harmless('sends NSID unasked', { options: option(3, Buffer.from('made up')) }),
  harmless('sends option 0', { options: option(0, hex('ff')) }),
  harmless('sends option 65,535', { options: option(65_535, hex('ff')) }),
]

const extendedErrors: readonly Misbehaviour[] = [
  ...[0, 3, 22, 24, 49_152, 65_535].map((code) =>
    harmless(`sends extended error ${code} with a right answer`, {
      options: option(15, Buffer.of(code >> 8, code & 255)),
    }),
  ),
  harmless('sends an extended error of one octet', { options: option(15, hex('00')) }),
  harmless('sends an extended error of no octet', { options: option(15, Buffer.alloc(0)) }),
  harmless('sends an extended error with text that is no UTF-8', {
    options: option(15, hex('0000 fffe80c0')),
  }),
  harmless('sends an extended error with text that ends in zero', {
    options: option(15, hex('0000 616200')),
  }),
  harmless('sends an extended error with commands for a terminal', {
    options: option(15, Buffer.concat([hex('0000'), Buffer.from('\x1b[2J\x1b]0;x\x07')])),
  }),
  harmless('sends an extended error with 20,000 octets of text', {
    options: option(15, Buffer.concat([hex('0000'), Buffer.alloc(20_000, 0x61)])),
  }),
  harmless('sends fifty extended errors', {
    options: Buffer.concat(Array.from({ length: 50 }, (_, i) => option(15, Buffer.of(0, i)))),
  }),
]

/** Upper bits of the response code speak of the hop to us: the client learns that it failed. */
function failed({ rcode, records }: Answer): void {
  assert.equal(rcode, 2)
  assert.deepEqual(records, [])
}

const codes: readonly Misbehaviour[] = [
  ...[
    ['BADVERS', 1, 0],
    ['BADCOOKIE', 1, 7],
    ['BADTIME', 1, 2],
    ['code 4,095', 255, 15],
    ['code 3,841', 240, 1],
    ['code 16 + NXDOMAIN', 1, 3],
  ].map(([what, upperRcode, lower]) =>
    forges(
      `answers ${what}`,
      {
        flags: 0x8180 | (lower as number),
        additionals: [opt({ upperRcode: upperRcode as number })],
      },
      { alone: failed },
    ),
  ),
  forges(
    'answers code 16 with records',
    { answers, additionals: [opt({ upperRcode: 1 })] },
    {
      alone: 'failure',
    },
  ),
]

const fields: readonly Misbehaviour[] = [
  harmless('says EDNS version 1', { version: 1 }),
  harmless('says EDNS version 255', { version: 255 }),
  harmless('takes 0 octets over UDP', { udpSize: 0 }),
  harmless('takes 65,535 octets over UDP', { udpSize: 65_535 }),
  harmless('sets DO unasked', { flags: 0x8000 }),
  harmless('sets all flags of EDNS', { flags: 0xffff }),
  forges('knows no EDNS', { answers: honest }, { alone: 'right' }),
  forges(
    'sends OPT before other additional records',
    {
      answers: honest,
      additionals: [opt(), record({ owner: name('mailer.example.org'), rdata: RIGHT_ADDRESS })],
    },
    { alone: 'right' },
  ),
  forges(
    'sends OPT between records with pointers across it',
    {
      answers: honest,
      additionals: [
        record({ owner: name('a.b.example.org'), rdata: RIGHT_ADDRESS }),
        opt({ options: option(12, Buffer.alloc(40)) }),
        record({ owner: hex('c00c'), rdata: RIGHT_ADDRESS }),
      ],
    },
    { alone: 'right' },
  ),
]

export const edns = [...placement, ...options, ...extendedErrors, ...codes, ...fields]
