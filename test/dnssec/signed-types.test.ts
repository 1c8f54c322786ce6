// Every type of RFC 4034 §6.2, as it may arrive: names in mixed case, and compressed where that is to be
// expected (RFC 3597 §4). What was signed is written here octet by octet, so that no code of ours has a
// part in it but the cryptography.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { SetSigner } from '../../src/dnssec/signer/set-signer.ts'
import { SigningKey } from '../../src/dnssec/signer/signing-key.ts'
import { nameOctets } from '../../src/dnssec/name.ts'
import { Security, type Verdict } from '../../src/dnssec/verdict.ts'
import { AnswerFault } from '../../src/wire/answer-scan.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { nameOf, NOW } from './attack/attack-world.ts'
import { keyAnchor, messageOf, VectorRig } from './vectors/vector-rig.ts'
import { signedOctets } from './vectors/signed.ts'

/** Names in RDATA: "A.Host.Example." in three forms. */
const MIXED = '\x01A\x04HoSt\x07eXAMPLE\0'
const LOWER = '\x01a\x04host\x07example\0'
/** Its end is the question's name. */
const POINTED = '\x01A\xc0\x0c'

interface SignedType {
  readonly type: string
  readonly number: number
  /** RDATA, each `%` a name. */
  readonly rdata: string
  /** Whether its names are to be read when they are compressed. */
  readonly isCompressed: boolean
  /** Whether its names are in lower case where they are signed. */
  readonly isLowered: boolean
}

const types: readonly SignedType[] = [
  lowered('NS', 2, '%', true),
  lowered('MD', 3, '%', true),
  lowered('MF', 4, '%', true),
  lowered('CNAME', 5, '%', true),
  lowered('SOA', 6, `%%${'\0\0\0\x01'.repeat(5)}`, true),
  lowered('MB', 7, '%', true),
  lowered('MG', 8, '%', true),
  lowered('MR', 9, '%', true),
  lowered('PTR', 12, '%', true),
  lowered('MINFO', 14, '%%', true),
  lowered('MX', 15, '\0\x42%', true),
  lowered('RP', 17, '%%', true),
  lowered('AFSDB', 18, '\0\x01%', true),
  lowered('RT', 21, '\0\x01%', true),
  lowered('SIG', 24, `\0\0${'S'.repeat(16)}%SIG`, false),
  lowered('PX', 26, '\0\x01%%', true),
  lowered('NXT', 30, '%\x40', false),
  lowered('SRV', 33, '\0A\0B\0C%', true),
  lowered('NAPTR', 35, '\0A\0B\x01U\x07SIP+D2U\0%', true),
  lowered('KX', 36, '\0A%', true),
  lowered('A6', 38, '\x40PREFIXES%', true),
  lowered('DNAME', 39, '%', true),
  // Strings are nobody's names, though RFC 4034 §6.2 lists the type.
  kept('HINFO', 13, '\x03CPU\x02Os'),
  // No more of that list (RFC 6840 §5.1), and never of it (RFC 3597 §7).
  kept('NSEC', 47, '%\0\x01\x40'),
  kept('SVCB', 64, '\0\x01%'),
  kept('HTTPS', 65, '\0\x01%'),
  kept('TYPE65280', 65_280, '%'),
]

function lowered(type: string, number: number, rdata: string, isCompressed: boolean): SignedType {
  return { type, number, rdata, isCompressed, isLowered: true }
}

function kept(type: string, number: number, rdata: string): SignedType {
  return { type, number, rdata, isCompressed: false, isLowered: false }
}

const ZONE = nameOf('example.')
const VALIDITY = { inception: NOW - 3_600, expiration: NOW + 3_600 }
const key = new SigningKey({ algorithm: 13 })

function octets(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}

function uint32(value: number): Buffer {
  return Buffer.concat([uint16(value >>> 16), uint16(value & 0xffff)])
}

/** type(2) class(2) TTL(4) length(2) and the RDATA itself. */
function body(type: number, rdata: Buffer): Buffer {
  return Buffer.concat([uint16(type), uint16(1), uint32(600), uint16(rdata.length), rdata])
}

/** The signature's RDATA; in what is signed, its signer is in lower case (RFC 4034 §3.1.8.1). */
function signature(type: number, canonical: Buffer): Buffer {
  const fields = [uint16(type), Buffer.of(13, 2), uint32(600)]
  const times = [uint32(VALIDITY.expiration), uint32(VALIDITY.inception), uint16(key.tag)]
  const head = Buffer.concat([...fields, ...times])
  const record = Buffer.concat([octets('\x04host\x07example\0'), body(type, canonical)])
  const signed = key.sign(Buffer.concat([head, octets('\x07example\0'), record]))
  return Buffer.concat([head, octets('\x07ExamplE\0'), signed])
}

/** The answer to a question for the type at "Host.Example.". */
function answer(type: number, rdata: Buffer, canonical: Buffer): Buffer {
  const header = Buffer.from('000084000001000200000000', 'hex')
  const question = Buffer.concat([octets('\x04HOST\x07ExAmPlE\0'), uint16(type), uint16(1)])
  // An owner that is a pointer, and one that is written out, in other letters.
  const data = Buffer.concat([octets('\xc0\x0c'), body(type, rdata)])
  const sig = Buffer.concat([octets('\x04hOST\x07example\0'), body(46, signature(type, canonical))])
  return Buffer.concat([header, question, data, sig])
}

const keySet = {
  name: ZONE,
  owner: nameOctets(ZONE),
  type: RecordType.DNSKEY,
  class: 1,
  ttl: 600,
  rdata: [key.rdata],
}
const [keySignature] = new SetSigner({ zone: ZONE, keys: [key], ...VALIDITY }).sign(keySet)
const keyAnswer = messageOf(ZONE, RecordType.DNSKEY, {
  answers: [
    { ...keySet, name: keySet.owner, rdata: key.rdata },
    { ...keySet, name: keySet.owner, type: RecordType.RRSIG, rdata: keySignature! },
  ],
})

async function judge(bytes: Buffer): Promise<Verdict> {
  const rig = new VectorRig({
    now: NOW,
    anchors: [keyAnchor(ZONE, [key.rdata])],
    world: (question) => (question === 'example. DNSKEY' ? keyAnswer : null),
  })
  return await rig.judgeOctets(bytes)
}

describe('a signed set in mixed case (RFC 4034 §6.2)', () => {
  for (const { type, number, rdata, isCompressed, isLowered } of types) {
    const canonical = octets(rdata.replaceAll('%', isLowered ? LOWER : MIXED))

    it(`of type ${type} is what was signed`, async () => {
      const verdict = await judge(answer(number, octets(rdata.replaceAll('%', MIXED)), canonical))
      assert.equal(verdict.security, Security.Secure, verdict.fault?.text)
      assert.deepEqual([...verdict.ttls!], [600, 600])
    })

    it(`of type ${type} is ${isCompressed ? 'that' : 'refused, or is not that,'} with its names compressed`, async () => {
      const bytes = answer(number, octets(rdata.replaceAll('%', POINTED)), canonical)
      if (!rdata.includes('%')) return
      if (typeof signedOctets(bytes) === 'number') {
        assert.equal(signedOctets(bytes), AnswerFault.BadRdata)
        assert.equal(isCompressed, false)
        return
      }
      const { security } = await judge(bytes)
      assert.equal(security, isCompressed ? Security.Secure : Security.Bogus)
    })

    it(`of type ${type} is ${isLowered ? 'not' : 'only'} what its names in upper case make`, async () => {
      const other = octets(rdata.replaceAll('%', isLowered ? MIXED : LOWER))
      if (!rdata.includes('%')) return
      const verdict = await judge(answer(number, octets(rdata.replaceAll('%', MIXED)), other))
      assert.equal(verdict.security, Security.Bogus)
      assert.equal(verdict.fault!.code, 6)
    })
  }
})
