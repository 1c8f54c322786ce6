// Every bit of signed sets and of their signatures turned over, one at a time, for every algorithm and both
// kinds of denial. Nothing is proven then, whatever field it was in: owner, type, class, data, the fields of
// the signature, the signature itself. But for what nobody signs: the TTLs in front of the records, which
// shorten how long something is kept at the most, and the letter case of owners and signers (RFC 4034 §6.2).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Budget } from '../../../src/dnssec/budget.ts'
import { Dnskey, type ZoneKeys } from '../../../src/dnssec/dnskey.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import type { SignedMessage } from '../../../src/dnssec/rrset.ts'
import { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import type { ZoneSet } from '../../../src/dnssec/signer/zone-tree.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'
import { encodeMessage } from '../../../src/wire/codec/message-encode.ts'
import type { ResourceRecord } from '../../../src/wire/codec/message.ts'
import { Flag, HEADER_LENGTH, readUint16 } from '../../../src/wire/header.ts'
import { skipName } from '../../../src/wire/name.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { signedOctets } from '../vectors/signed.ts'
import { nameOf, NOW } from './attack-world.ts'

const TTL = 600

const ZONE = `
$TTL ${TTL}
$ORIGIN flip.example.
@      SOA  ns.invalid. h.invalid. 1 2 3 4 ${TTL}
       NS   ns.invalid.
www    A    192.0.2.1
       AAAA 2001:db8::1
host   A    192.0.2.2
       A    192.0.2.3
child  NS   ns.invalid.
       DS   4711 13 2 ${'5a'.repeat(32)}
`

const { A, DS, DNSKEY, NSEC, NSEC3 } = RecordType

const ALGORITHMS = [5, 7, 8, 10, 13, 14, 15, 16]

const VALIDITY = { inception: NOW - 3_600, expiration: NOW + 86_400 }

const HASHED = { iterations: 1, salt: Buffer.from('ab', 'hex'), optOut: false }

function zoneOf(key: SigningKey, isHashed: boolean): SignedZone {
  const { records, errors } = parseZone(ZONE)
  assert.deepEqual(errors, [])
  return new SignedZone({ records, keys: [key], ...VALIDITY, ...(isHashed && { nsec3: HASHED }) })
}

/** Sets, each of its own kind, with what they are called. */
function setsOf(plain: SignedZone, hashed: SignedZone): [string, SignedZone, ZoneSet][] {
  const at = (owner: string, type: number): ZoneSet => plain.tree.node(nameOf(owner))!.get(type)!
  const [nsec, nsec3] = [plain.denial!.sets[0]!, hashed.denial!.sets[0]!]
  assert.deepEqual([nsec.type, nsec3.type], [NSEC, NSEC3])
  return [
    ['data', plain, at('www.flip.example.', A)],
    ['several records', plain, at('host.flip.example.', A)],
    ['keys', plain, at('flip.example.', DNSKEY)],
    ['a delegation', plain, at('child.flip.example.', DS)],
    ['NSEC', plain, nsec],
    ['NSEC3', hashed, nsec3],
  ]
}

/** An answer of one set with its signature. */
function answerOf(name: Name, answers: readonly ResourceRecord[]): Buffer {
  const { type } = answers[0]!
  return Buffer.from(
    encodeMessage({
      id: 0,
      flags: Flag.QR,
      opcode: 0,
      rcode: 0,
      questions: [{ name: nameOctets(name), type, class: 1 }],
      answers,
      authorities: [],
      additionals: [],
      edns: null,
    }),
  )
}

/** For each octet the bits of it that nobody signs; null for what is before the answer section. */
function unsignedBits(octets: Uint8Array): (number | null)[] {
  const bits: (number | null)[] = Array.from({ length: octets.length }, () => 0)
  const end = octets.length
  const allowCase = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      if (/[A-Za-z]/.test(String.fromCharCode(octets[at]!))) bits[at] = 0x20
    }
  }
  let at = skipName(octets, 0, HEADER_LENGTH, end) + 4
  bits.fill(null, 0, at)
  while (at < end) {
    const behindOwner = skipName(octets, 0, at, end)
    allowCase(at, behindOwner)
    const type = readUint16(octets, behindOwner)
    bits.fill(0xff, behindOwner + 4, behindOwner + 8)
    const rdata = behindOwner + 10
    // Behind the other fields the signer's name.
    if (type === RecordType.RRSIG) allowCase(rdata + 18, skipName(octets, 0, rdata + 18, end))
    at = rdata + readUint16(octets, rdata - 2)
  }
  assert.equal(at, end)
  return bits
}

const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: true } })

/** How long what is proven of a message may be kept, in seconds; null when nothing is. */
async function provenFor(message: SignedMessage, zone: ZoneKeys): Promise<number | null> {
  let longest: number | null = null
  for (const set of message.answer) {
    const proof = await verifier.verify(set, zone, new Budget())
    if (!isFault(proof)) longest = Math.max(longest ?? 0, proof.ttl)
  }
  return longest
}

/** @returns how many bits were turned over that somebody signs */
async function assertAllShow(octets: Buffer, zone: ZoneKeys): Promise<number> {
  let count = 0
  for (const [at, unsigned] of unsignedBits(octets).entries()) {
    if (unsigned === null) continue
    for (let bit = 1; bit < 0x100; bit <<= 1) {
      octets[at]! ^= bit
      const message = signedOctets(octets)
      // oxlint-disable-next-line no-await-in-loop
      const ttl = typeof message === 'number' ? null : await provenFor(message, zone)
      octets[at]! ^= bit
      const isSigned = (unsigned & bit) === 0
      if (isSigned) count++
      const what = `octet ${at}, bit ${bit}`
      assert.ok(ttl === null || (!isSigned && ttl <= TTL), `${what}: proven for ${ttl} s`)
    }
  }
  return count
}

for (const algorithm of ALGORITHMS) {
  describe(`a bit turned over in what algorithm ${algorithm} signed`, () => {
    const key = new SigningKey({ algorithm, bits: 1_024 })
    const zone = { zone: nameOf('flip.example.'), keys: [new Dnskey(key.rdata)] }
    for (const [title, signer, set] of setsOf(zoneOf(key, false), zoneOf(key, true))) {
      it(`shows, whichever it is: ${title} (${formatType(set.type)})`, async () => {
        const records = signer.signed(set)
        const octets = answerOf(set.name, records)
        const honest = signedOctets(octets)
        assert.ok(typeof honest !== 'number')
        assert.equal(await provenFor(honest, zone), TTL)
        // Owners, types and classes are more than the letters of the signer, whose case nobody signs.
        const signed = records.reduce((sum, { rdata }) => sum + rdata.length * 8, 0)
        assert.ok((await assertAllShow(octets, zone)) >= signed)
      })
    }
  })
}
