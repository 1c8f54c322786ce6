// Examples of single signatures that RFCs print, as whole chains: DS in the parent, DNSKEY, answer. The
// parent is ours; keys and answers are theirs, and the signature over the keys, which none of them
// prints, is made with the private key that they do print.

import assert from 'node:assert/strict'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { describe, it } from 'node:test'

import { nameText, readName } from '../../../src/dnssec/name.ts'
import { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { Security, type Verdict } from '../../../src/dnssec/verdict.ts'
import { readRdata } from '../../../src/wire/codec/rdata-codec.ts'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { ExtendedError } from '../../../src/wire/edns.ts'
import { RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'
import { nameOf } from '../attack/attack-world.ts'
import { jwkOf } from '../private-key-file.ts'
import { type PrintedVector, printedVectors } from './printed.ts'
import { dsOf, messageOf, RootAbove, VectorRig } from './vector-rig.ts'

/** What an RFC prints, and what is missing to make a chain of it. */
class PrintedChain {
  readonly answer: Message
  readonly inception: number
  readonly expiration: number
  readonly key: SigningKey
  readonly zone: SignedZone
  readonly ds: Uint8Array
  readonly #apex: string

  constructor({ zone: text, privateKey }: PrintedVector) {
    const { records, errors } = parseZone(text.replaceAll(/^\s+(?=\S+ \d+ IN )/gm, ''))
    assert.deepEqual(errors, [])
    const one = (type: TypeName): ResourceRecord | undefined =>
      records.find((record) => record.type === RecordType[type])
    const dnskey = one('DNSKEY')!
    const { flags, algorithm, key } = readRdata('DNSKEY', dnskey.rdata)!
    const { inception, expiration } = readRdata('RRSIG', one('RRSIG')!.rdata)!
    this.inception = inception
    this.expiration = expiration
    this.key = new SigningKey({
      algorithm,
      flags,
      privateKey: privateKeyOf(algorithm, privateKey, key),
    })
    const apex = readName(dnskey.name, 0, 0)
    this.#apex = nameText(apex)
    this.ds = one('DS')?.rdata ?? dsOf(apex, dnskey.rdata)
    const data = records.slice(-2)
    this.answer = messageOf(readName(data[0]!.name, 0, 0), data[0]!.type, { answers: data })
    const soa = parseZone(`${this.#apex} 3600 SOA ns.invalid. h.invalid. 1 2 3 4 3600`).records
    const keys = [this.key]
    this.zone = new SignedZone({ records: [...soa, data[0]!], keys, inception, expiration })
  }

  /** Judges the answer in a world that a test may have changed. */
  async judge(
    changes: { answer?: Message; ds?: Uint8Array; keys?: Message; now?: number } = {},
  ): Promise<Verdict> {
    const { answer = this.answer, ds = this.ds, now = this.inception } = changes
    const apex = nameOf(this.#apex)
    const root = new RootAbove(apex, [ds], this.inception)
    const rig = new VectorRig({
      now,
      anchors: [root.anchor],
      world: (question) => {
        const [owner, type] = question.split(' ') as [string, TypeName]
        if (question === `${this.#apex} DNSKEY`) return changes.keys ?? this.keys()
        return root.answer(nameOf(owner), RecordType[type])
      },
    })
    return await rig.judge(answer)
  }

  keys(): Message {
    const { apex } = this.zone
    const { answer } = this.zone.answer(apex, RecordType.DNSKEY)
    return messageOf(apex, RecordType.DNSKEY, { answers: answer })
  }
}

/** @param fields of a private key file, in Base64 */
function privateKeyOf(
  algorithm: number,
  fields: Readonly<Record<string, string>>,
  publicKey: Uint8Array,
): KeyObject {
  const field = (name: string): string => Buffer.from(fields[name]!, 'base64').toString('base64url')
  return createPrivateKey({ key: jwkOf(algorithm, publicKey, field), format: 'jwk' })
}

/** The records with a bit of one's RDATA turned over. */
function flipped(message: Message, place: number, octet: number): Message {
  const answers = message.answers.map((record, i) => {
    if (i !== place) return record
    const rdata = Uint8Array.from(record.rdata)
    rdata[octet < 0 ? rdata.length + octet : octet]! ^= 1
    return { ...record, rdata }
  })
  return { ...message, answers }
}

function assertBogus({ security, fault }: Verdict, code: number, text: RegExp): void {
  assert.equal(security, Security.Bogus)
  assert.equal(fault?.code, code, fault?.text)
  assert.match(fault!.text, text)
}

for (const vector of printedVectors) {
  const chain = new PrintedChain(vector)
  describe(`a chain with ${vector.source}`, () => {
    it('is secure, while the signatures hold', async () => {
      for (const now of [chain.inception, chain.expiration]) {
        const { security, fault, ttls } = await chain.judge({ now })
        assert.equal(security, Security.Secure, fault?.text)
        const ttl = Math.min(3_600, chain.expiration - now)
        assert.deepEqual([...ttls!], [ttl, ttl])
      }
    })

    it('has the key that the private key makes, and where that is certain the signature', () => {
      const { answer, zone, key } = chain
      assert.ok(
        Buffer.from(key.rdata).equals(zone.tree.node(zone.apex)!.get(RecordType.DNSKEY)!.rdata[0]!),
      )
      const { name, type } = answer.answers[0]!
      const made = zone.answer(readName(name, 0, 0), type).answer
      const isSame = Buffer.from(made[1]!.rdata).equals(answer.answers[1]!.rdata)
      assert.equal(isSame, vector.isDeterministic)
    })

    it('is bogus with one octet of the data or of the signature changed', async () => {
      const isMx = chain.answer.answers[0]!.type === RecordType.MX
      const bad = [flipped(chain.answer, 0, isMx ? 1 : 3), flipped(chain.answer, 1, -1)]
      for (const answer of bad) {
        assertBogus(await chain.judge({ answer }), ExtendedError.DnssecBogus, /not match the data$/)
      }
    })

    it('is bogus with one octet of the DS record’s digest changed', async () => {
      const ds = Uint8Array.from(chain.ds)
      ds[ds.length - 1]! ^= 1
      assertBogus(
        await chain.judge({ ds }),
        ExtendedError.DnskeyMissing,
        /DNSKEY: no key in the set matches the DS of key/,
      )
    })

    it('is bogus with one octet of the key changed, or of the signature over it', async () => {
      const keys = flipped(chain.keys(), 0, -1)
      assertBogus(await chain.judge({ keys }), ExtendedError.DnskeyMissing, /no key in the set/)
      const badly = flipped(chain.keys(), 1, -1)
      assertBogus(
        await chain.judge({ keys: badly }),
        ExtendedError.DnssecBogus,
        /DNSKEY: .*not match/,
      )
    })

    it('is bogus after the expiration, and before the inception', async () => {
      const late = await chain.judge({ now: chain.expiration + 301 })
      assertBogus(late, ExtendedError.SignatureExpired, /DNSKEY: .* expired at/)
      const early = await chain.judge({ now: chain.inception - 301 })
      assertBogus(early, ExtendedError.SignatureNotYetValid, /DNSKEY: .* is not valid before/)
    })
  })
}
