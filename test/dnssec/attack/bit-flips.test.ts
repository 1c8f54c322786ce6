// One bit of a message turned over: no set in it may be proven then but one that says the same.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'

import { Budget } from '../../../src/dnssec/budget.ts'
import { Dnskey, readDnskeys, type ZoneKeys } from '../../../src/dnssec/dnskey.ts'
import { matchesDs, readDelegationSigner } from '../../../src/dnssec/ds.ts'
import { nameText } from '../../../src/dnssec/name.ts'
import type { Rrset, SignedMessage } from '../../../src/dnssec/rrset.ts'
import { isFault, type Proof, Verifier } from '../../../src/dnssec/verifier.ts'
import { encodeMessage } from '../../../src/wire/codec/message-encode.ts'
import type { Message } from '../../../src/wire/codec/message.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { mustSign, signedOctets } from '../vectors/signed.ts'
import { AttackWorld, nameOf, NOW } from './attack-world.ts'

const world = new AttackWorld()
const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })

const { A, AAAA, DNSKEY, DS, HTTPS, MX, SOA, TXT } = RecordType

/** Answers whose sets are all of one zone: every kind of set that validation hangs on. */
const fixed: readonly (readonly [zone: string, question: string, type: number])[] = [
  ['nsec.example.', 'mail.nsec.example.', A],
  ['nsec.example.', 'nsec.example.', MX],
  ['nsec.example.', 'nsec.example.', DNSKEY],
  ['nsec.example.', 'nope.nsec.example.', A],
  ['nsec.example.', 'x.wild.nsec.example.', TXT],
  ['nsec.example.', 'svc.nsec.example.', HTTPS],
  ['nsec3.example.', 'mail.nsec3.example.', AAAA],
  ['nsec3.example.', 'b.c.nsec3.example.', A],
  ['optout.example.', 'mail.optout.example.', A],
  ['optout.example.', 'plain.optout.example.', DS],
  ['example.', 'nsec.example.', DS],
  ['.', '.', SOA],
]

function keysOf(zone: string): ZoneKeys {
  const apex = nameOf(zone)
  const set = mustSign(world.answer(apex, DNSKEY)).answer[0]!
  return { zone: apex, keys: readDnskeys(set) }
}

/** Of these, sets that wildcards were expanded to prove nothing (RFC 4035 §5.4). */
const NEVER_EXPANDED: ReadonlySet<number> = new Set([DS, DNSKEY, RecordType.NSEC, RecordType.NSEC3])

/**
 * What a proven set says, apart from how long it may be kept. What a wildcard was expanded to nobody
 * signed: whether it may have been expanded at all is proven by other records.
 */
function meaning({ owner, type, class: recordClass, records }: Rrset, proof: Proof): string {
  const rdata = records.map((octets) => Buffer.from(octets).toString('hex'))
  return [nameText(proof.wildcard ?? owner), type, recordClass, ...rdata].join(' ')
}

async function provenSets(
  { answer, authority }: SignedMessage,
  zone: ZoneKeys,
): Promise<Map<string, number>> {
  const proven = new Map<string, number>()
  for (const set of [...answer, ...authority]) {
    const proof = await verifier.verify(set, zone, new Budget())
    if (isFault(proof) || (proof.wildcard !== null && NEVER_EXPANDED.has(set.type))) continue
    proven.set(meaning(set, proof), proof.ttl)
  }
  return proven
}

async function assertFlipsShow(
  message: Message,
  zone: ZoneKeys,
  bits: Iterable<number>,
): Promise<void> {
  const octets = Buffer.from(encodeMessage(message))
  const honest = await provenSets(mustSign(message), zone)
  for (const bit of bits) {
    const at = (bit >> 3) % octets.length
    octets[at]! ^= 1 << (bit & 7)
    const changed = signedOctets(octets)
    if (typeof changed !== 'number') {
      for (const [said, ttl] of await provenSets(changed, zone)) {
        assert.ok(honest.has(said), `bit ${bit}: ${said}`)
        assert.ok(ttl <= honest.get(said)!, `bit ${bit}: ${ttl} s`)
      }
    }
    octets[at]! ^= 1 << (bit & 7)
  }
}

describe('a bit turned over in a signed answer', () => {
  for (const [zone, question, type] of fixed) {
    it(`shows, whichever it is: ${question} ${formatType(type)}`, async () => {
      const message = world.answer(nameOf(question), type)
      const bits = encodeMessage(message).length * 8
      await assertFlipsShow(message, keysOf(zone), Array(bits).keys())
    })
  }

  it('shows in the answer to any question', async () => {
    const zones = ['nsec.example.', 'nsec3.example.', 'optout.example.', 'signed.test.']
    const labels = [
      '',
      'mail.',
      'www.',
      'a.b.c.',
      'b.c.',
      'x.wild.',
      'nope.',
      'a.moved.',
      'plain.',
      'svc.',
    ]
    const types = [A, AAAA, TXT, DS, MX, SOA, DNSKEY, HTTPS, RecordType.ANY]
    const keys = new Map(zones.map((zone) => [zone, keysOf(zone)]))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...zones),
        fc.constantFrom(...labels),
        fc.constantFrom(...types),
        fc.array(fc.nat(60_000), { minLength: 1, maxLength: 8 }),
        async (zone, label, type, bits) => {
          const message = world.answer(nameOf(label + zone), type)
          await assertFlipsShow(message, keys.get(zone)!, bits)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a bit turned over in a key or in what a parent says of it (RFC 4034 §5.1.4)', () => {
  for (const digestType of [1, 2, 4]) {
    it(`shows, whichever it is: digest ${digestType}`, () => {
      const apex = nameOf('nsec.example.')
      const zone = world.zones.get('nsec.example.')!
      const rdata = Uint8Array.from(zone.ds(digestType)[0]!.rdata)
      const key = Uint8Array.from(zone.keys[0]!.rdata)
      const fits = (): boolean => matchesDs(apex, new Dnskey(key), readDelegationSigner(rdata))
      assert.equal(fits(), true)
      for (const octets of [rdata, key]) {
        for (let bit = 0; bit < octets.length * 8; bit++) {
          octets[bit >> 3]! ^= 1 << (bit & 7)
          assert.equal(fits(), false, `bit ${bit}`)
          octets[bit >> 3]! ^= 1 << (bit & 7)
        }
      }
      assert.equal(fits(), true)
    })
  }
})
